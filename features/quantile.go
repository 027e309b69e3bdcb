package features

import "math"

// Quantile returns the p-quantile of the ascending values by linear
// interpolation between the two nearest: numpy's default, type 7 of Hyndman &
// Fan 1996. (gonum's stat.LinInterp is type 4.) It is NaN for no values.
func Quantile(sorted []float64, p float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	h := p * float64(n-1)
	i := int(math.Floor(h))
	if i+1 >= n {
		return sorted[n-1]
	}
	// numpy's lerp, which comes from the nearer side for exactness.
	a, b, t := sorted[i], sorted[i+1], h-math.Floor(h)
	if t >= 0.5 {
		return b - (b-a)*(1-t)
	}
	return a + (b-a)*t
}

package features

import "math"

// Quantile returns the p-quantile of the ascending values by linear
// interpolation between the two nearest: numpy's default, type 7 of Hyndman &
// Fan 1996. (gonum's stat.LinInterp is type 4.) It is NaN for no values.
func Quantile(sorted []float64, p float64) float64 {
	n := int64(len(sorted))
	if n == 0 {
		return math.NaN()
	}
	i, t := rank(p, n)
	return lerp(sorted[i], sorted[min(i+1, n-1)], t)
}

// rank returns which of n ascending values lies below their p-quantile, and
// how far towards the next that is.
func rank(p float64, n int64) (i int64, t float64) {
	h := p * float64(n-1)
	return int64(h), h - math.Floor(h)
}

// lerp is numpy's, which comes from the nearer side for exactness.
func lerp(a, b, t float64) float64 {
	if t >= 0.5 {
		return b - (b-a)*(1-t)
	}
	return a + (b-a)*t
}

package threshold

import (
	"fmt"
	"math"
)

const (
	tailShare = 0.02 // of the samples that the tail is fitted to, at least
	tailPeaks = 10   // distinct scores in the tail, at least, if there are more
)

// pot returns the score that risk of the samples exceed by the generalised
// Pareto distribution of the tail (Siffer, Fouque, Termier, Largouet: Anomaly
// Detection in Streams with Extreme Value Theory. KDD 2017). The tail begins
// above the highest score that leaves enough above it.
func (s points) pot(risk float64) (float64, string) {
	all := s.samples()
	k := len(s) - 2
	for k > 0 && (all-s[k].upTo < tailShare*all || len(s)-1-k < tailPeaks) {
		k--
	}
	start, above := s[k].value, all-s[k].upTo
	peaks := make([]peak, 0, len(s)-1-k)
	for i := k + 1; i < len(s); i++ {
		peaks = append(peaks, peak{s[i].value - start, s.weight(i) / above})
	}
	shape, scale := fitPareto(peaks)
	// The part r of the tail is above scale/shape·(r^−shape − 1).
	limit := start - scale*math.Log(risk*all/above)
	if shape != 0 {
		limit = start + scale*math.Expm1(-shape*math.Log(risk*all/above))/shape
	}
	limit = min(max(limit, start), math.MaxFloat64) // start, if all of the tail is less than risk
	return limit, fmt.Sprintf("exceeded by chance by %g %% of the samples, by a generalised Pareto distribution (shape %.3g, scale %.3g) of the %.4g %% of them above %.6g",
		100*risk, shape, scale, 100*above/all, start)
}

// A peak is how far scores are above the threshold, and their part of those
// that are.
type peak struct{ excess, part float64 }

// fitPareto returns the shape and scale of the generalised Pareto distribution
// of the highest likelihood among those of shape −1 or more; below, the
// likelihood has no bound. Grimshaw (Computing Maximum Likelihood Estimates for
// the Generalized Pareto Distribution. Technometrics 35(2), 1993) has reduced
// that to the roots of one function of x = shape/scale. Besides there are
// shape 0, the exponential distribution, and −1, the uniform one up to the
// highest peak. Roots are looked for between points of a grid, in O(peaks) for
// each of some hundred.
func fitPareto(peaks []peak) (shape, _ float64) {
	var mean, most float64
	least := math.Inf(1)
	for _, p := range peaks {
		mean += p.part * p.excess
		most, least = max(most, p.excess), min(least, p.excess)
	}
	y := make([]peak, len(peaks)) // with the mean 1
	for i, p := range peaks {
		y[i] = peak{p.excess / mean, p.part}
	}
	most, least = most/mean, least/mean

	best, scale := -1.0, 1.0 // mean log likelihood of shape 0
	if l := -math.Log(most); l > best {
		best, shape, scale = l, -1, most
	}
	try := func(x float64) {
		g := grimshaw(y, x)
		if l := -math.Log(g.shape/x) - g.shape - 1; g.shape > -1 && l > best {
			best, shape, scale = l, g.shape, g.shape/x
		}
	}
	search := func(xs []float64) {
		for i := 1; i < len(xs); i++ {
			a, b := xs[i-1], xs[i]
			fa, fb := grimshaw(y, a).slope, grimshaw(y, b).slope
			if math.Signbit(fa) == math.Signbit(fb) {
				continue
			}
			for range 60 {
				m := a + (b-a)/2
				if math.Signbit(grimshaw(y, m).slope) == math.Signbit(fa) {
					a = m
				} else {
					b = m
				}
			}
			try(a + (b-a)/2)
		}
	}
	// All roots lie above −1/most and below this (Grimshaw's bounds). Nearer to
	// 0 than the grid, shapes can't be told from 0.
	var below, beyond []float64
	for z := -9.0; z <= 21; z += 0.25 {
		below = append(below, -1/(most*(1+math.Exp(-z))))
	}
	end := 2 * (1 - least) / (least * least)
	for x := 1e-4; x < min(end, 1e12); x *= 1.3 {
		beyond = append(beyond, x)
	}
	search(below)
	search(append(beyond, end))
	return shape, scale * mean
}

// grimshaw works out, for x = shape/scale, the shape of the highest likelihood
// and Grimshaw's function, which is 0 where the likelihood has no slope.
func grimshaw(y []peak, x float64) (g struct{ shape, slope float64 }) {
	var inverse float64
	for _, p := range y {
		u := x * p.excess
		inverse += p.part / (1 + u)
		g.shape += p.part * math.Log1p(u)
	}
	g.slope = inverse*(1+g.shape) - 1
	return g
}

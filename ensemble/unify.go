package ensemble

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// A Calibration turns a method's score into a probability in 0…1 that never
// decreases with the score. NaN stays NaN.
type Calibration func(score float64) float64

// Apply returns the probability of each score.
func (c Calibration) Apply(scores []float64) []float64 {
	p := make([]float64, len(scores))
	for i, s := range scores {
		p[i] = c(s)
	}
	return p
}

// A Unifier learns a Calibration from scores alone. Unit is the pair of
// addresses of each record, numbers from 0: what a Unifier may count instead
// of records, as those of one pair are not independent; nil makes each record
// its own.
type Unifier struct {
	Name string
	Doc  string
	Fit  func(scores []float64, unit []int32) Calibration
}

// Unifiers are the ways to put scores on one scale without labels.
var Unifiers = []Unifier{
	{"tail", "1 less the share of pairs of addresses that have a record of at least that score", Tail},
	{"gaussian", "by the normal distribution of the scores' mean and deviation: erf((s−μ)/(σ√2)), at least 0 (Kriegel et al. 2011)", plain(Gaussian)},
	{"gamma", "by the gamma distribution of the same moments, beyond its value at the mean (Kriegel et al. 2011)", plain(Gamma)},
	{"ranks", "by the share of records with a lower score, those of an equal score counted half", plain(Ranks)},
	{"mixture", "by a mixture of an exponential distribution for ordinary scores and a normal one for anomalous ones (Gao & Tan 2006)", plain(Mixture)},
}

// finite returns the scores that are numbers, in order.
func finite(scores []float64) []float64 {
	out := make([]float64, 0, len(scores))
	for _, s := range scores {
		if !math.IsNaN(s) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

// moments returns mean and standard deviation, those of the largest finite
// magnitude where scores are infinite.
func moments(sorted []float64) (mean, sd float64) {
	n := float64(len(sorted))
	for _, s := range sorted {
		mean += bound(s) / n
	}
	for _, s := range sorted {
		sd += (bound(s) - mean) * (bound(s) - mean) / n
	}
	return mean, math.Sqrt(sd)
}

// bound keeps squares finite.
func bound(s float64) float64 { return max(-1e150, min(1e150, s)) }

func constant(p float64) Calibration {
	return func(s float64) float64 {
		if math.IsNaN(s) {
			return s
		}
		return p
	}
}

// Gaussian is Gaussian scaling: max(0, erf((s−μ)/(σ√2))). Scores that are all
// equal have probability 0.
//
// Kriegel, Kröger, Schubert, Zimek: Interpreting and unifying outlier scores.
// SDM 2011.
func Gaussian(scores []float64) Calibration {
	mean, sd := moments(finite(scores))
	if !(sd > 0) {
		return constant(0)
	}
	return func(s float64) float64 {
		if math.IsNaN(s) {
			return s
		}
		return max(0, math.Erf((bound(s)-mean)/(sd*math.Sqrt2)))
	}
}

// Gamma is gamma scaling: with F the gamma distribution that has the mean and
// variance of the scores (moved so that the lowest is 0), max(0, (F(s)−F(μ)) /
// (1−F(μ))). It suits scores that are skewed, such as distances. Same source
// as Gaussian.
func Gamma(scores []float64) Calibration {
	sorted := finite(scores)
	if len(sorted) == 0 {
		return constant(0)
	}
	low := bound(sorted[0])
	mean, sd := moments(sorted)
	mean -= low
	if !(sd > 0) || !(mean > 0) {
		return constant(0)
	}
	shape, scale := mean*mean/(sd*sd), sd*sd/mean
	at := mathext.GammaIncReg(shape, mean/scale)
	return func(s float64) float64 {
		x := bound(s) - low
		switch {
		case math.IsNaN(s):
			return s
		case x <= mean || at >= 1:
			return 0
		}
		return max(0, min(1, (mathext.GammaIncReg(shape, x/scale)-at)/(1-at)))
	}
}

// Ranks gives a score the share of scores below it, those equal to it counted
// half. A score between those learned from has the share below it.
func Ranks(scores []float64) Calibration {
	sorted := finite(scores)
	if len(sorted) == 0 {
		return constant(0)
	}
	return func(s float64) float64 {
		if math.IsNaN(s) {
			return s
		}
		below, atMost := places(sorted, s)
		return (float64(below) + float64(atMost)) / 2 / float64(len(sorted))
	}
}

// places returns how many of the sorted scores are below s, and how many are
// not above it.
func places(sorted []float64, s float64) (below, atMost int) {
	below, _ = slices.BinarySearchFunc(sorted, s, cmp.Compare[float64])
	atMost, _ = slices.BinarySearchFunc(sorted, s, func(x, s float64) int {
		if x <= s {
			return -1
		}
		return 1
	})
	return below, atMost
}

// Tail gives a score 1−q, with q the share of units that have a record with at
// least that score: the noisy-or of several is then 1 less the product of
// their q, the chance that all of them are so high in a unit that is like the
// others. Pairs are counted, and not records, because a pair with many records
// would have many high scores by one cause.
func Tail(scores []float64, unit []int32) Calibration {
	sorted := finite(highest(scores, unit))
	n := float64(len(sorted))
	if n == 0 {
		return constant(0)
	}
	return func(s float64) float64 {
		if math.IsNaN(s) {
			return s
		}
		below, _ := places(sorted, s)
		return 1 - max(1, n-float64(below))/n
	}
}

// highest returns the highest score of each unit, NaN where there is none.
func highest(scores []float64, unit []int32) []float64 {
	if unit == nil {
		return scores
	}
	out := make([]float64, slices.Max(append([]int32{-1}, unit...))+1)
	for u := range out {
		out[u] = math.NaN()
	}
	for i, s := range scores {
		if u := unit[i]; !(out[u] >= s) && !math.IsNaN(s) {
			out[u] = s
		}
	}
	return out
}

// plain makes a unifier of one that goes by records alone.
func plain(fit func([]float64) Calibration) func([]float64, []int32) Calibration {
	return func(scores []float64, _ []int32) Calibration { return fit(scores) }
}

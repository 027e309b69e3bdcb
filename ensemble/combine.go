package ensemble

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// A Combiner makes one probability of those that methods give.
type Combiner struct {
	Name string
	Doc  string
	New  func(ms []Method) Combination
}

// A Combination combines the probabilities of one record, one for each method
// (NaN for none), and says each method's share in the result: shares are not
// negative and sum to 1, or are all 0 where the result is 0. It keeps none of
// the slices.
type Combination func(p, share []float64) float64

// Combiners are the ways to combine without labels.
var Combiners = []Combiner{
	{"noisy-or", "the probability that at least one method is right: detectors weigh 1 each, less where they say the same; scores of tables speak as one, by their mean as of agreement, and weigh 0.03", func(ms []Method) Combination { return noisyOr(Weigh(ms)) }},
	{"average", "the mean of the methods' probabilities", func([]Method) Combination { return average(nil) }},
	{"agreement", "the mean, each method weighted by its mean rank correlation with the others, at least 0", func(ms []Method) Combination {
		return average(agreement(Correlations(ms), func(int) bool { return true }))
	}},
	{"maximum", "the highest of the methods' probabilities", func([]Method) Combination { return maximum }},
	{"aom", "the average of the maxima of groups of methods, those alike in a group (Aggarwal & Sathe 2015)", aom},
	{"moa", "the maximum of the averages of groups of methods, those alike in a group (Aggarwal & Sathe 2015)", moa},
}

// average returns the weighted mean; nil stands for equal weights.
func average(weight []float64) Combination {
	return func(p, share []float64) float64 {
		var sum, total float64
		for m, v := range p {
			share[m] = 0
			if math.IsNaN(v) {
				continue
			}
			w := 1.0
			if weight != nil {
				w = weight[m]
			}
			share[m] = w * v
			sum += w * v
			total += w
		}
		normalise(share, sum)
		if total == 0 {
			return 0
		}
		return sum / total
	}
}

// maximum gives all of the share to the first of the methods that are highest.
func maximum(p, share []float64) float64 {
	best := -1
	for m, v := range p {
		share[m] = 0
		if !math.IsNaN(v) && (best < 0 || v > p[best]) {
			best = m
		}
	}
	if best < 0 || p[best] <= 0 {
		return 0
	}
	share[best] = 1
	return p[best]
}

// noisyOr returns 1 − Π (1−p)^w over the claims and the one voice of scores,
// whose share is divided among those that it is the mean of.
func noisyOr(w *Weights) Combination {
	scores := make([]float64, len(w.Scores))
	return func(p, share []float64) float64 {
		var sum float64
		for m, v := range p {
			share[m] = 0
			if w.Claims[m] > 0 && !math.IsNaN(v) {
				share[m] = w.Claims[m] * evidence(v)
				sum += share[m]
			}
		}
		e := w.Voice * evidence(w.voice(p, scores))
		for m, s := range scores {
			share[m] += s * e
		}
		sum += e
		normalise(share, sum)
		return probability(sum)
	}
}

func normalise(share []float64, sum float64) {
	for m := range share {
		if sum > 0 {
			share[m] /= sum
		} else {
			share[m] = 0
		}
	}
}

func aom(ms []Method) Combination {
	group := groups(ms)
	return grouped(group, func(vs []float64) float64 { return slices.Max(vs) }, mean)
}

func moa(ms []Method) Combination {
	group := groups(ms)
	return grouped(group, mean, func(vs []float64) float64 { return slices.Max(vs) })
}

func mean(vs []float64) float64 { return stat.Mean(vs, nil) }

// grouped combines within groups by inner and the groups by outer. A method's
// share is what the result would lose without it, as part of what it would
// lose without any one.
func grouped(group []int, inner, outer func([]float64) float64) Combination {
	n := slices.Max(append(slices.Clone(group), -1)) + 1
	value := func(p []float64, without int) float64 {
		in := make([][]float64, n)
		for m, v := range p {
			if !math.IsNaN(v) {
				if m == without {
					v = 0
				}
				in[group[m]] = append(in[group[m]], v)
			}
		}
		var out []float64
		for _, vs := range in {
			if len(vs) > 0 {
				out = append(out, inner(vs))
			}
		}
		if len(out) == 0 {
			return 0
		}
		return outer(out)
	}
	return func(p, share []float64) float64 {
		whole, sum := value(p, -1), 0.0
		for m, v := range p {
			share[m] = 0
			if !math.IsNaN(v) {
				share[m] = max(0, whole-value(p, m))
				sum += share[m]
			}
		}
		normalise(share, sum)
		if sum == 0 && whole > 0 { // no single one matters: those that say so share it
			return averageShare(p, share, whole)
		}
		return whole
	}
}

func averageShare(p, share []float64, whole float64) float64 {
	average(nil)(p, share)
	return whole
}

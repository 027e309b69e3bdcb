// Package threshold turns scores into anomalies: a [Rule] says above which
// score a row is one, and why there, in words.
//
// Which one when:
//
//   - contamination: the highest scores, as many as are expected. The only
//     choice where the share of the anomalies is known, and a guess elsewhere:
//     it always finds some, and never more.
//   - iqr: Tukey's upper fence (1977), a quartile and 1.5 interquartile ranges.
//     For scores with a bulk and few beyond it; of normal ones it calls 0.35 %
//     anomalous, of long-tailed ones some percent. Can find none.
//   - mad: the median and 3.5 scaled median absolute deviations (Iglewicz and
//     Hoaglin 1993), for the same scores; up to half of them may be anomalies.
//   - pot: peaks over threshold (Siffer et al. 2017). A generalised Pareto
//     distribution is fitted to the highest scores, and the limit is what
//     would be exceeded by chance by the share --risk of the samples. For
//     long tails; the more samples the better. Can find none.
//
// Where most samples are alike, as the empty bins of address pairs, their
// scores are equal, and so are the quartiles: iqr then calls all other scores
// anomalous, and mad, which takes the mean absolute deviation instead, nearly
// so. Take pot or contamination.
//
// A row of weight w is w samples. All take O(n·log n) time and 16·n bytes.
package threshold

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"toolkit/algo"

	"github.com/spf13/pflag"
)

// A Kind is a way to draw the line.
type Kind string

// The kinds.
const (
	Contamination Kind = "contamination"
	IQR           Kind = "iqr"
	MAD           Kind = "mad"
	POT           Kind = "pot"
)

// Kinds are all of them.
var Kinds = []Kind{Contamination, IQR, MAD, POT}

const (
	fence     = 1.5    // interquartile ranges above the third quartile
	deviates  = 3.5    // deviations above the median
	madSigma  = 1.4826 // standard deviation of a normal distribution in MADs
	meanSigma = 1.2533 // and in mean absolute deviations: √(π/2)
)

// Rule is a Kind with its parameters.
type Rule struct {
	Kind          Kind
	Contamination float64 // share of the samples that is called anomalous, at most; above 0 and below 1
	Risk          float64 // pot: share of the samples that the limit is exceeded by, by chance; above 0 and below 0.02
}

// Default returns contamination of 2 %.
func Default() Rule { return Rule{Kind: Contamination, Contamination: 0.02, Risk: 0.001} }

// Flags declares the parameters.
func (r *Rule) Flags(fs *pflag.FlagSet) {
	fs.StringVar((*string)(&r.Kind), "threshold", string(r.Kind), "rule by which a score is anomalous: contamination (the highest), iqr, mad (far from the bulk) or pot (beyond the tail); cluster calls noise anomalous instead, of algorithms that find it")
	fs.Float64Var(&r.Contamination, "contamination", r.Contamination, "contamination: share of the samples that is called anomalous, at most")
	fs.Float64Var(&r.Risk, "risk", r.Risk, "pot: share of the samples that would be above the limit by chance")
}

// Check reports a parameter that is out of its range.
func (r *Rule) Check() error {
	switch {
	case !slices.Contains(Kinds, r.Kind):
		return &algo.ParamError{Name: "threshold", Value: r.Kind, Want: "contamination, iqr, mad or pot"}
	case !(r.Contamination > 0 && r.Contamination < 1):
		return &algo.ParamError{Name: "contamination", Value: r.Contamination, Want: "between 0 and 1"}
	case !(r.Risk > 0 && r.Risk < tailShare):
		return &algo.ParamError{Name: "risk", Value: r.Risk, Want: fmt.Sprintf("above 0 and below %v, the share of the samples that the tail is fitted to", tailShare)}
	}
	return nil
}

// Limit returns the score above which a row is anomalous, and the rule in
// words. weight is how many samples each score stands for, nil for 1 each.
// Where all scores are equal none is above the limit. It panics if there are
// no scores, or not as many weights.
func (r *Rule) Limit(scores, weight []float64) (limit float64, words string) {
	s := collapse(scores, weight)
	if len(s) == 1 {
		return s[0].value, "none: all scores are equal"
	}
	switch r.Kind {
	case IQR:
		limit, words = s.iqr()
	case MAD:
		limit, words = s.mad()
	case POT:
		limit, words = s.pot(r.Risk)
	default:
		limit, words = s.contamination(r.Contamination)
	}
	return limit, fmt.Sprintf("score above %.6g: %s", limit, words)
}

// A point is a distinct score; upTo is how many samples have it or a lower one.
type point struct{ value, upTo float64 }

// points are distinct scores in ascending order.
type points []point

func collapse(scores, weight []float64) points {
	if len(scores) == 0 || weight != nil && len(weight) != len(scores) {
		panic(fmt.Sprintf("threshold: %d scores, %d weights", len(scores), len(weight)))
	}
	p := make(points, len(scores))
	for i, v := range scores {
		p[i] = point{v + 0, 1} // +0 makes -0 a 0
		if weight != nil {
			p[i].upTo = weight[i]
		}
	}
	slices.SortFunc(p, func(a, b point) int { // by weight, too: sums of fractions in an order of their own
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.upTo, b.upTo))
	})
	k, sum := 0, 0.0
	for i, q := range p {
		if i > 0 && q.value != p[k].value {
			k++
		}
		sum += q.upTo
		p[k] = point{q.value, sum}
	}
	return p[:k+1]
}

// samples returns how many there are.
func (s points) samples() float64 { return s[len(s)-1].upTo }

// weight returns the samples of the k-th distinct score.
func (s points) weight(k int) float64 {
	if k == 0 {
		return s[0].upTo
	}
	return s[k].upTo - s[k-1].upTo
}

// contamination returns the lowest of the scores above which at most share of
// the samples lie.
func (s points) contamination(share float64) (float64, string) {
	words := fmt.Sprintf("the highest scores, of at most %g %% of the samples", 100*share)
	all := s.samples()
	k := len(s) - 1
	for k > 0 && all-s[k-1].upTo <= share*all {
		k--
	}
	return s[k].value, words
}

// at returns the k-th score, from 0, of all samples in ascending order.
func (s points) at(k float64) float64 {
	i, found := slices.BinarySearchFunc(s, k, func(p point, k float64) int { return cmp.Compare(p.upTo, k) })
	if found {
		i++
	}
	return s[min(i, len(s)-1)].value
}

// quantile returns the p-quantile of the samples: features.Quantile of as many
// copies of each score.
func (s points) quantile(p float64) float64 {
	h := max(0, p*(s.samples()-1))
	a, b, t := s.at(math.Floor(h)), s.at(math.Floor(h)+1), h-math.Floor(h)
	if t >= 0.5 {
		return b - (b-a)*(1-t)
	}
	return a + (b-a)*t
}

func (s points) iqr() (float64, string) {
	low, high := s.quantile(0.25), s.quantile(0.75)
	if high == low {
		return high, "the third quartile of the scores, as their interquartile range is 0"
	}
	return high + fence*(high-low), fmt.Sprintf("the third quartile of the scores and %g times their interquartile range, %.4g", fence, high-low)
}

func (s points) mad() (float64, string) {
	median := s.quantile(0.5)
	far, weight := make([]float64, len(s)), make([]float64, len(s))
	mean := 0.0
	for k, p := range s {
		far[k], weight[k] = math.Abs(p.value-median), s.weight(k)
		mean += far[k] * (weight[k] / s.samples())
	}
	if mad := collapse(far, weight).quantile(0.5); mad > 0 {
		return median + deviates*madSigma*mad, fmt.Sprintf("the median of the scores and %g times their scaled median absolute deviation, %.4g", deviates, madSigma*mad)
	}
	return median + deviates*meanSigma*mean, fmt.Sprintf("the median of the scores and %g times their scaled mean absolute deviation, %.4g, as half of them are equal", deviates, meanSigma*mean)
}

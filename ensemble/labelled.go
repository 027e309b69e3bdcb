package ensemble

import (
	"cmp"
	"math"
	"slices"
)

// A Calibrator learns a Calibration from labels.
type Calibrator struct {
	Name string
	Doc  string
	Fit  func(scores []float64, anomalous []bool) Calibration
}

// Calibrators are the ways to make probabilities of scores by labels.
var Calibrators = []Calibrator{
	{"isotonic", "the share of anomalous records as the best function of the score that never falls", Isotonic},
	{"platt", "a logistic function of the score", Platt},
}

// Isotonic returns the calibration that fits labels best of all those that do
// not decrease: least squares, by pooling adjacent violators, linear between
// the middles of the pools and constant beyond them. Scores of NaN are left
// out. Without a score it gives 0.
//
// Zadrozny, Elkan: Transforming classifier scores into accurate multiclass
// probability estimates. KDD 2002.
func Isotonic(scores []float64, anomalous []bool) Calibration {
	type pool struct{ low, high, sum, n float64 }
	order := make([]int, 0, len(scores))
	for i, s := range scores {
		if !math.IsNaN(s) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	var pools []pool
	for k := 0; k < len(order); {
		p := pool{low: scores[order[k]], high: scores[order[k]]}
		for ; k < len(order) && scores[order[k]] == p.low; k++ { // equal scores are one point
			p.n++
			if anomalous[order[k]] {
				p.sum++
			}
		}
		for len(pools) > 0 && pools[len(pools)-1].sum*p.n >= p.sum*pools[len(pools)-1].n {
			q := pools[len(pools)-1]
			pools = pools[:len(pools)-1]
			p = pool{q.low, p.high, q.sum + p.sum, q.n + p.n}
		}
		pools = append(pools, p)
	}
	if len(pools) == 0 {
		return constant(0)
	}
	return func(s float64) float64 {
		if math.IsNaN(s) {
			return s
		}
		i, _ := slices.BinarySearchFunc(pools, s, func(p pool, s float64) int { return cmp.Compare(p.high, s) })
		switch {
		case i == len(pools):
			return pools[i-1].sum / pools[i-1].n
		case s >= pools[i].low || i == 0:
			return pools[i].sum / pools[i].n
		}
		a, b := pools[i-1], pools[i]
		from, to := a.sum/a.n, b.sum/b.n
		return from + (to-from)*(s-a.high)/(b.low-a.high)
	}
}

// Platt returns the calibration 1/(1+exp(a·s+b)) that is likeliest for the
// labels, with Platt's targets, by Newton's method. Scores are standardised
// first; those of NaN are left out.
//
// Platt: Probabilistic outputs for support vector machines. 1999. Lin, Lin,
// Weng: A note on Platt's probabilistic outputs. Machine Learning 2007.
func Platt(scores []float64, anomalous []bool) Calibration {
	mean, sd := moments(finite(scores))
	if !(sd > 0) {
		sd = 1
	}
	var x, target []float64
	var positive, negative float64
	for i, s := range scores {
		if math.IsNaN(s) {
			continue
		}
		x = append(x, (bound(s)-mean)/sd)
		if anomalous[i] {
			positive++
		} else {
			negative++
		}
	}
	for i, s := range scores {
		switch {
		case math.IsNaN(s):
		case anomalous[i]:
			target = append(target, (positive+1)/(positive+2))
		default:
			target = append(target, 1/(negative+2))
		}
	}
	w := logistic(x, 1, target, nil, nil, nil, 1e-9) // a score that says the contrary says nothing here
	return func(s float64) float64 {
		if math.IsNaN(s) {
			return s
		}
		return sigmoid(w[0]*(bound(s)-mean)/sd + w[1])
	}
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

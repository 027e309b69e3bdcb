package ensemble

import (
	"math"

	"toolkit/algo"
)

// Folds is into how many parts records are cut where a calibration or a stack
// is learned from labels: each part is judged by what was learned from the
// others.
const Folds = 5

// Fold returns the fold of each of n records. Records of the same block (such
// as a pair of addresses) are in the same fold, as what is learned from some
// of a scan's records must not be tested on its others. Without blocks (nil)
// each record is its own. Folds are of about equal size in blocks.
func Fold(block []int32, n int, env algo.Env) []uint8 {
	rng := env.Rand("ensemble fold", 0)
	of := map[int32]uint8{}
	fold := make([]uint8, n)
	next := uint8(rng.IntN(Folds))
	for i := range fold {
		if block == nil {
			fold[i] = uint8(rng.IntN(Folds))
			continue
		}
		f, ok := of[block[i]]
		if !ok {
			f, next = next, (next+1)%Folds
			of[block[i]] = f
		}
		fold[i] = f
	}
	return fold
}

// CrossCalibrate returns the probability of each score by calibrations learned
// from labels of the other folds.
func CrossCalibrate(scores []float64, anomalous []bool, fold []uint8, fit func([]float64, []bool) Calibration) []float64 {
	out := make([]float64, len(scores))
	for f := range uint8(Folds) {
		var s []float64
		var l []bool
		for i, v := range scores {
			if fold[i] != f {
				s, l = append(s, v), append(l, anomalous[i])
			}
		}
		c := fit(s, l)
		for i, v := range scores {
			if fold[i] == f {
				out[i] = c(v)
			}
		}
	}
	return out
}

// A Stack is a logistic regression on the methods' probabilities, as logits. A
// method that has none of a record counts as its mean.
type Stack struct {
	Weight    []float64 // of each method's logit; not negative
	Intercept float64
	Mean      []float64 // of each method's logits
}

// FitStack learns a Stack from labels, with a ridge of 1 on the weights, which
// are not negative: methods whose weight would be are left out, the worst
// first. p[m][i] is method m's probability of record i.
func FitStack(p [][]float64, anomalous []bool) *Stack {
	s := &Stack{Weight: make([]float64, len(p)), Mean: make([]float64, len(p))}
	for m, ps := range p {
		var sum, n float64
		for _, v := range ps {
			if !math.IsNaN(v) {
				sum += logit(v)
				n++
			}
		}
		s.Mean[m] = sum / max(1, n)
	}
	target := make([]float64, len(anomalous))
	for i, a := range anomalous {
		if a {
			target[i] = 1
		}
	}
	used := make([]int, len(p))
	for m := range used {
		used[m] = m
	}
	for {
		x := make([][]float64, len(anomalous))
		flat := make([]float64, len(anomalous)*len(used))
		for i := range x {
			x[i] = flat[i*len(used) : (i+1)*len(used)]
			for k, m := range used {
				x[i][k] = s.logit(m, p[m][i])
			}
		}
		w := logistic(x, target, 1)
		worst := -1
		for k := range used {
			if w[k] < 0 && (worst < 0 || w[k] < w[worst]) {
				worst = k
			}
		}
		if worst < 0 {
			for k, m := range used {
				s.Weight[m] = w[k]
			}
			s.Intercept = w[len(used)]
			return s
		}
		used = append(used[:worst:worst], used[worst+1:]...)
	}
}

func (s *Stack) logit(m int, p float64) float64 {
	if math.IsNaN(p) {
		return 0
	}
	return logit(p) - s.Mean[m]
}

// Combine is a Combination: a method's share is what it adds to the logit, as
// part of all that is added.
func (s *Stack) Combine(p, share []float64) float64 {
	z, sum := s.Intercept, 0.0
	for m, v := range p {
		l := s.Weight[m] * s.logit(m, v)
		z += l
		share[m] = max(0, l)
		sum += share[m]
	}
	normalise(share, sum)
	return sigmoid(z)
}

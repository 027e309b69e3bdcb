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

// none is no fold.
const none = Folds

// calibrated returns m with probabilities by calibrations that are learned from
// labels: those of a record from the records of other folds than its own, and
// of none of the fold without.
func (m *Method) calibrated(anomalous []bool, fold []uint8, without uint8, fit func([]float64, []bool) Calibration) Method {
	out := Method{Name: m.Name, Claim: m.Claim, P: make([]float32, len(m.P))}
	for f := range uint8(Folds) {
		var s []float64
		var l []bool
		for i, v := range m.P {
			if fold[i] != f && fold[i] != without {
				s, l = append(s, float64(v)), append(l, anomalous[i])
			}
		}
		c := fit(s, l)
		for i, v := range m.P {
			if fold[i] == f {
				out.P[i] = float32(c(float64(v)))
			}
		}
	}
	return out
}

// A Stack is a logistic regression on what methods say. A method that has no
// probability of a record says nothing of it.
type Stack struct {
	Weight     []float64 // of each method; not negative
	Intercept  float64
	Calibrated []bool    // whether a method speaks in logits, and not by its evidence −ln(1−p)
	Mean       []float64 // of what each method says, if Calibrated
}

// stackRidge is how much weights are held near those before: records of a pair
// are alike, so that there are far fewer observations than records.
const stackRidge = 10

// stackSample is of how many records a stack is learned at the most. Of more,
// all that are anomalous are taken, up to half of it, and of the others every
// k-th, which then counts k times.
const stackSample = 1 << 16

// FitStack learns a Stack from the labels of the records that are not of the
// fold without. A ridge keeps weights near those before, which are what is
// known of methods without labels (see Weights): a detector that accuses none
// of the records that are learned from keeps its own. Weights are not negative.
// It takes O(n·m²) for n records, and 8·n·m bytes.
func FitStack(ms []Method, before []float64, calibrated []bool, anomalous []bool, fold []uint8, without uint8) *Stack {
	s := &Stack{Weight: make([]float64, len(ms)), Calibrated: calibrated, Mean: make([]float64, len(ms))}
	rows, weight := sampled(anomalous, func(i int) bool { return fold == nil || fold[i] != without })
	x, target := make([]float64, len(rows)*len(ms)), make([]float64, len(rows))
	for m := range ms {
		if calibrated[m] {
			var sum, n float64
			for k, i := range rows {
				if p := float64(ms[m].P[i]); !math.IsNaN(p) {
					sum += weight[k] * logit(p)
					n += weight[k]
				}
			}
			if n > 0 {
				s.Mean[m] = sum / n
			}
		}
		for k, i := range rows {
			x[k*len(ms)+m] = s.says(m, float64(ms[m].P[i]))
		}
	}
	for k, i := range rows {
		if anomalous[i] {
			target[k] = 1
		}
	}
	w := logistic(x, len(ms), target, weight, before, stackRidge)
	copy(s.Weight, w)
	s.Intercept = w[len(ms)]
	return s
}

// sampled returns the records to learn from, and how often each counts.
func sampled(anomalous []bool, keep func(i int) bool) (rows []int32, weight []float64) {
	var n [2]int
	class := func(i int) int {
		if anomalous[i] {
			return 1
		}
		return 0
	}
	for i := range anomalous {
		if keep(i) {
			n[class(i)]++
		}
	}
	step := [2]int{1, 1}
	if n[0]+n[1] > stackSample {
		step[1] = 1 + (n[1]-1)/(stackSample/2)
		step[0] = 1 + (n[0]-1)/(stackSample-n[1]/step[1])
	}
	var seen [2]int
	for i := range anomalous {
		if !keep(i) {
			continue
		}
		c := class(i)
		if seen[c]%step[c] == 0 {
			rows, weight = append(rows, int32(i)), append(weight, float64(step[c]))
		}
		seen[c]++
	}
	return rows, weight
}

func (s *Stack) says(m int, p float64) float64 {
	switch {
	case math.IsNaN(p):
		return 0
	case s.Calibrated[m]:
		return logit(p) - s.Mean[m]
	}
	return evidence(p)
}

// Combine is a Combination: a method's share is what it adds to the logit, as
// part of all that is added.
func (s *Stack) Combine(p, share []float64) float64 {
	z, sum := s.Intercept, 0.0
	for m, v := range p {
		l := s.Weight[m] * s.says(m, v)
		z += l
		share[m] = max(0, l)
		sum += share[m]
	}
	normalise(share, sum)
	return sigmoid(z)
}

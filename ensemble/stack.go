package ensemble

import (
	"slices"

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

// Learnable tells whether labels are enough to learn from: as many pairs of
// addresses with an anomalous record as there are folds, and as many with an
// ordinary one.
func Learnable(pair []int32, anomalous []bool) bool {
	var of [2]map[int32]bool
	of[0], of[1] = map[int32]bool{}, map[int32]bool{}
	for i, p := range pair {
		if c := class(anomalous[i]); len(of[c]) < Folds {
			of[c][p] = true
		}
	}
	return len(of[0]) == Folds && len(of[1]) == Folds
}

func class(anomalous bool) int {
	if anomalous {
		return 1
	}
	return 0
}

// calibrated returns m with probabilities by calibrations that are learned from
// labels: those of a record from the records of other folds than its own.
func (m *Method) calibrated(anomalous []bool, fold []uint8, fit func([]float64, []bool) Calibration) Method {
	out := Method{Name: m.Name, Claim: m.Claim, P: make([]float32, len(m.P))}
	for f := range uint8(Folds) {
		var s []float64
		var l []bool
		for i, v := range m.P {
			if fold[i] != f {
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

// A stacking is what a Stack hears of records: of claims and of the voice of
// scores their evidence −ln(1−p), of each score also its rank, from −1 for the
// lowest to 1 for the highest.
type stacking struct {
	claims  []bool
	said    [][]float32 // by method
	voice   []float32
	weights *Weights
}

// newStacking takes over what ms say: it changes their probabilities in place.
func newStacking(ms []Method, w *Weights) *stacking {
	d := &stacking{weights: w, voice: make([]float32, len(ms[0].P))}
	p, part := make([]float64, len(ms)), make([]float64, len(ms))
	for i := range d.voice {
		for m := range ms {
			p[m] = float64(ms[m].P[i])
		}
		d.voice[i] = float32(w.Voice * evidence(w.voice(p, part)))
	}
	for m := range ms {
		says := ms[m].P
		d.claims, d.said = append(d.claims, ms[m].Claim), append(d.said, says)
		if ms[m].Claim {
			for i, v := range says {
				says[i] = float32(evidence(float64(v)))
			}
			continue
		}
		ranks, n := midRanks(says), 0.0
		for _, r := range ranks {
			if r == r {
				n++
			}
		}
		for i, r := range ranks {
			says[i] = 0 // it says nothing of what it could not judge
			if r == r {
				says[i] = float32((2*r - n + 1) / n)
			}
		}
	}
	return d
}

// row returns what is heard of record i: of each method, and the voice.
func (d *stacking) row(i int, x []float64) {
	for m := range d.said {
		x[m] = float64(d.said[m][i])
	}
	x[len(d.said)] = float64(d.voice[i])
}

// A Stack is a logistic regression on a stacking.
type Stack struct {
	Weight    []float64 // of each method: of a claim not negative, of a score's rank of either sign
	Voice     float64   // of the voice of scores, not negative
	Intercept float64
}

// stackRidge is how much weights are held near those without labels, in pairs
// of addresses; docs/detection.md has the measurement.
const stackRidge = 30

// stackSample is of how many records a stack is learned at the most. Of more,
// all that are anomalous are taken, up to half of it, and of the others every
// k-th, which then counts k times.
const stackSample = 1 << 16

// fit learns a Stack from the labels of the records that are not of the fold
// without.
//
// Records of a pair of addresses are alike: they count together as many
// observations as there are pairs. A ridge keeps weights near what is known
// without labels (see Weights), so that few pairs change little, and a
// detector that accuses none of the records that are learned from keeps its
// own. Ranks begin at 0, and their weights may be negative: where attacks are
// most of the traffic, what is ordinary is what is anomalous by its labels.
// The intercept makes the mean of all probabilities the share of anomalous
// records, so that folds with more of them and with less are judged alike.
//
// It takes O(n·m²) for n records, and 8·n·m bytes.
func (d *stacking) fit(rec Records, fold []uint8, without uint8) *Stack {
	k := len(d.said) + 1
	rows, weight := sampled(rec.Anomalous, func(i int) bool { return fold[i] != without })
	pairs := map[int32]bool{}
	x, target := make([]float64, len(rows)*k), make([]float64, len(rows))
	var total float64
	for j, i := range rows {
		d.row(int(i), x[j*k:])
		target[j] = float64(class(rec.Anomalous[i]))
		pairs[rec.Pair[i]] = true
		total += weight[j]
	}
	for j := range weight {
		weight[j] *= float64(len(pairs)) / total
	}
	prior, free := append(slices.Clone(d.weights.Claims), 1), make([]bool, k)
	for m, claim := range d.claims {
		free[m] = !claim
	}
	w := logistic(x, k, target, weight, prior, free, stackRidge)
	s := &Stack{Weight: w[:k-1], Voice: w[k-1]}
	s.Intercept = d.intercept(s, rec.Anomalous)
	return s
}

// intercept returns the one with which the mean probability is the share of
// records that are anomalous.
func (d *stacking) intercept(s *Stack, anomalous []bool) float64 {
	z, x := make([]float64, len(anomalous)), make([]float64, len(d.said)+1)
	var share float64
	for i, a := range anomalous {
		d.row(i, x)
		z[i] = dot(s.Weight, x) + s.Voice*x[len(d.said)]
		share += float64(class(a)) / float64(len(z))
	}
	low, high := -slices.Max(z)-maxLogit, -slices.Min(z)+maxLogit
	for range 60 {
		var mean float64
		at := (low + high) / 2
		for _, v := range z {
			mean += sigmoid(v+at) / float64(len(z))
		}
		if mean < share {
			low = at
		} else {
			high = at
		}
	}
	return low
}

// maxLogit is that of a probability as near to 1 as makes no difference.
const maxLogit = 30

// judge returns the probability of record i: a method's share is what it adds
// to the logit, as part of all that is added.
func (d *stacking) judge(s *Stack, i int, x, share []float64) float64 {
	d.row(i, x)
	z, sum := s.Intercept, 0.0
	voice := s.Voice * x[len(share)]
	for m := range share {
		add := s.Weight[m] * x[m]
		z += add
		share[m] = max(0, add)
		sum += share[m]
	}
	var ranks float64
	for m, w := range d.weights.Scores {
		ranks += w * (1 + x[m])
	}
	if ranks > 0 { // the voice is theirs who rank the record high
		for m, w := range d.weights.Scores {
			share[m] += voice * w * (1 + x[m]) / ranks
		}
		sum += voice
	}
	normalise(share, sum)
	return sigmoid(z + voice)
}

// sampled returns the records to learn from, and how often each counts.
func sampled(anomalous []bool, keep func(i int) bool) (rows []int32, weight []float64) {
	var n [2]int
	for i, a := range anomalous {
		if keep(i) {
			n[class(a)]++
		}
	}
	step := [2]int{1, 1}
	if n[0]+n[1] > stackSample {
		step[1] = 1 + (n[1]-1)/(stackSample/2)
		step[0] = 1 + (n[0]-1)/(stackSample-n[1]/step[1])
	}
	var seen [2]int
	for i, a := range anomalous {
		if !keep(i) {
			continue
		}
		c := class(a)
		if seen[c]%step[c] == 0 {
			rows, weight = append(rows, int32(i)), append(weight, float64(step[c]))
		}
		seen[c]++
	}
	return rows, weight
}

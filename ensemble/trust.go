package ensemble

import (
	"math"

	"toolkit/algo"
)

// Records says of each record what is needed to judge it: numbers from 0.
type Records struct {
	Source []int32 // of its source address
	Pair   []int32 // of its source and destination addresses

	// Anomalous is what labels say. It is nil where trust must not depend on
	// them.
	Anomalous []bool
}

// Options are the choices of a Trust.
type Options struct {
	Context     float64     // share of the evidence of a record that is its pair's; see Method.Context
	Calibrate   *Calibrator // nil for none
	Combine     *Combiner   // nil for a stack, learned from labels
	FalseAlarms float64     // share of the ordinary records that may be flagged
}

// A Trust is the probability of each record to be anomalous, as many methods
// see it together.
type Trust struct {
	Methods   []string
	P         []float64
	Share     [][]float32 // of each method in each record's P: they sum to 1, or are 0
	Threshold float64     // the lowest P of those flagged; +Inf if none is
	Expected  float64     // share of the ordinary records that are flagged: by labels if Learned, else if P is true
	Learned   bool        // whether P was learned from labels
}

// Bytes returns about how much memory a Trust of so many records and methods
// takes, with the columns that its shares become.
func Bytes(records, methods int) int64 { return int64(records) * (int64(methods)*(4+4+8) + 96) }

// NewTrust combines what methods say. It changes their probabilities in place.
//
// With labels, each record is judged by what was learned from the others: folds
// are made of pairs of addresses. The trust of a stack can be calibrated too;
// for other combinations it is what methods say that is.
func NewTrust(ms []Method, rec Records, o Options, env algo.Env) *Trust {
	n := len(rec.Pair)
	t := &Trust{P: make([]float64, n)}
	weigh(ms, rec.Source)
	// How far methods say the same is told before pairs are brought in.
	var combine Combination
	var before *Weights
	if o.Combine != nil {
		combine = o.Combine.New(ms)
	} else {
		before = Weigh(ms)
	}
	for m := range ms {
		ms[m].Context(rec.Pair, o.Context)
		t.Methods = append(t.Methods, ms[m].Name)
		t.Share = append(t.Share, make([]float32, n))
	}
	if o.Calibrate == nil && o.Combine != nil {
		t.combine(ms, combine)
		t.Threshold, t.Expected = Threshold(t.P, o.FalseAlarms)
		return t
	}
	fold := Fold(rec.Pair, n, env)
	if o.Combine != nil {
		for m := range ms {
			ms[m] = ms[m].calibrated(rec.Anomalous, fold, o.Calibrate.Fit)
		}
		t.combine(ms, combine)
	} else {
		t.stack(ms, before, rec, fold)
		if o.Calibrate != nil {
			all := Unify("", t.P, func(p float64) float64 { return p })
			for i, p := range all.calibrated(rec.Anomalous, fold, o.Calibrate.Fit).P {
				t.P[i] = float64(p)
			}
		}
	}
	t.Learned = true
	t.Threshold, t.Expected = learnedThreshold(t.P, rec.Anomalous, o.FalseAlarms)
	return t
}

// combine fills in P and Share.
func (t *Trust) combine(ms []Method, combine Combination) {
	p, share := make([]float64, len(ms)), make([]float64, len(ms))
	for i := range t.P {
		for m := range ms {
			p[m] = float64(ms[m].P[i])
		}
		t.P[i] = combine(p, share)
		for m, s := range share {
			t.Share[m][i] = float32(s)
		}
	}
}

// stack fills in P and Share, of each fold by the stack of the others.
func (t *Trust) stack(ms []Method, before *Weights, rec Records, fold []uint8) {
	d := newStacking(ms, before)
	x, share := make([]float64, len(ms)+1), make([]float64, len(ms))
	for f := range uint8(Folds) {
		s := d.fit(rec, fold, f)
		for i := range t.P {
			if fold[i] != f {
				continue
			}
			t.P[i] = d.judge(s, i, x, share)
			for m, v := range share {
				t.Share[m][i] = float32(v)
			}
		}
	}
}

// A Rolled is the trust of groups of records, such as hosts.
type Rolled struct {
	P       []float64
	Share   [][]float32 // of each method
	Records []int64
	Flagged []int64   // records at or above the threshold
	Highest []float64 // P of a record
}

// Roll rolls trust up to n groups; group says of which each record is, numbers
// from 0. A group's probability is not below that of any of its records, and
// rises with what different methods say of different records: with e the
// evidence −ln(1−P) of a record and s a method's share in it, it is
// 1 − exp(−Σ of each method's highest e·s).
func (t *Trust) Roll(group []int32, n int) *Rolled {
	r := &Rolled{P: make([]float64, n), Records: make([]int64, n), Flagged: make([]int64, n), Highest: make([]float64, n)}
	for i, g := range group {
		r.Records[g]++
		r.Highest[g] = max(r.Highest[g], t.P[i])
		if t.P[i] >= t.Threshold {
			r.Flagged[g]++
		}
	}
	sum := make([]float64, n)
	for m := range t.Methods {
		most := make([]float32, n)
		for i, g := range group {
			most[g] = max(most[g], float32(evidence(t.P[i]))*t.Share[m][i])
		}
		for g, e := range most {
			sum[g] += float64(e)
		}
		r.Share = append(r.Share, most)
	}
	for g, e := range sum {
		r.P[g] = max(r.Highest[g], probability(e))
		for m := range r.Share {
			if e > 0 {
				r.Share[m][g] /= float32(e)
			}
		}
	}
	return r
}

// Reliable tells how true the probabilities are, by labels: the bins of a
// reliability diagram and the Brier score.
func (t *Trust) Reliable(anomalous []bool) (bins []Bin, brier float64) {
	return Reliability(t.P, anomalous, reliabilityBins), Brier(t.P, anomalous)
}

// reliabilityBins are tenths, as is usual.
const reliabilityBins = 10

// Flagged tells whether record i is flagged.
func (t *Trust) Flagged(i int) bool { return t.P[i] >= t.Threshold && !math.IsInf(t.Threshold, 1) }

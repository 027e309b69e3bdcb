package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"

	"toolkit/algo"
)

// By hand: of four sources two have a flagged record, or one, which has most
// of the records. What another detector says of the same source takes it out
// of the count, unless the two always say the same.
func TestWeigh(t *testing.T) {
	source := []int32{0, 0, 1, 1, 2, 2, 3, 3, 3, 3}
	flags := func(of ...int) []bool {
		f := make([]bool, len(source))
		for _, i := range of {
			f[i] = true
		}
		return f
	}
	weighed := func(source []int32, flagged ...[]bool) []Method {
		var ms []Method
		for _, f := range flagged {
			ms = append(ms, Claimed("m", f))
		}
		weigh(ms, source)
		return ms
	}
	near := func(what string, got float32, want float64) {
		t.Helper()
		if math.Abs(float64(got)-want) > 1e-6 {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	two := flags(0, 1, 2)
	m := weighed(source, two)[0]
	near("two of four sources", m.P[0], 0.5)
	near("a record that is not flagged", m.P[3], 0)
	many := []int32{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3}
	near("one of four sources with 10 of 12 records, of which a third counts more", weighed(many, []bool{true, true, true, true, true, true, true, true, true, true, false, false}[:12])[0].P[0], 0.5)
	near("one of four sources, all its 9 of 12 records", weighed(many, []bool{true, true, true, true, true, true, true, true, true, false, false, false})[0].P[0], 0.75)
	near("a detector without alerts", weighed(source, flags())[0].P[0], 0)
	// Of the sources 0…3 the first accuses 0 and 1, the second 1 and 2: they
	// don't correlate. Each leaves half of 1 and of another to the other:
	// (1 + ½)/(1 + ½ + ½ + 1) of the sources.
	ms := weighed(source, two, flags(2, 4))
	near("the first of two detectors", ms[0].P[0], 0.5)
	near("the second of two detectors", ms[1].P[4], 0.5)
	// The second accuses 1 alone, by half as likely as not what the first
	// says (r² = 1/3): of 1 is left ¼ to the power of ⅔.
	u := math.Pow(0.25, 2./3)
	ms = weighed(source, two, flags(2))
	near("the first, one of whose sources the second accuses", ms[0].P[0], 1-(1+u)/(3+u))
	ms = weighed(source, two, two)
	near("two that say the same", ms[0].P[0], 0.5)
}

// Context moves evidence to the mean of the pair: −ln(1−p) of 0.75 and 0 is
// 2·ln 2 and 0, of which the mean is ln 2.
func TestContext(t *testing.T) {
	m := said([]float64{0.75, 0, 0.3, math.NaN()})[0]
	m.Context([]int32{0, 0, 1, 0}, 1)
	for i, want := range []float64{0.5, 0.5, 0.3} {
		if math.Abs(float64(m.P[i])-want) > 1e-6 {
			t.Errorf("record %d: %v, want %v", i, m.P[i], want)
		}
	}
	if m.P[3] == m.P[3] {
		t.Errorf("a record without a probability got %v", m.P[3])
	}
}

// Records of a pair that is scanned, with a noisy detector beside it.
func scanned(r *rand.Rand, n int) (flags [2][]bool, rec Records) {
	for i := range n {
		pair := int32(i % 200)
		bad := pair < 4
		rec.Pair, rec.Source = append(rec.Pair, pair), append(rec.Source, pair/2)
		rec.Anomalous = append(rec.Anomalous, bad)
		flags[0] = append(flags[0], bad && r.Float64() < 0.9)
		flags[1] = append(flags[1], r.Float64() < 0.5)
	}
	return flags, rec
}

// Labels play no part unless they are learned from.
func TestLabelsUnused(t *testing.T) {
	flags, rec := scanned(rand.New(rand.NewPCG(1, 1)), 4000)
	trust := func(rec Records) *Trust {
		ms := []Method{Claimed("scan", flags[0]), Claimed("noise", flags[1])}
		return NewTrust(ms, rec, Options{Combine: &Combiners[0], Context: 0.5, FalseAlarms: 0.01}, algo.Env{Seed: 1})
	}
	with := trust(rec)
	without := trust(Records{Source: rec.Source, Pair: rec.Pair})
	for i := range with.P {
		if with.P[i] != without.P[i] {
			t.Fatalf("record %d: %v with labels, %v without", i, with.P[i], without.P[i])
		}
	}
	var flagged, right int
	for i := range with.P {
		if with.Flagged(i) {
			flagged++
			if rec.Anomalous[i] {
				right++
			}
		}
	}
	if flagged != right || right < 79 { // of 80
		t.Errorf("%d flagged, %d of them right", flagged, right)
	}
}

// What is learned from labels is true, and finds what is to be found.
func TestLabelled(t *testing.T) {
	flags, rec := scanned(rand.New(rand.NewPCG(2, 2)), 4000)
	for name, o := range map[string]Options{
		"isotonic":       {Combine: &Combiners[3], Calibrate: &Calibrators[0]},
		"stack":          {},
		"isotonic stack": {Calibrate: &Calibrators[0]},
		"platt stack":    {Calibrate: &Calibrators[1]},
	} {
		o.FalseAlarms, o.Context = 0.01, 0.5
		ms := []Method{Claimed("scan", flags[0]), Claimed("noise", flags[1])}
		tr := NewTrust(ms, rec, o, algo.Env{Seed: 1})
		if _, brier := tr.Reliable(rec.Anomalous); brier > 0.01 {
			t.Errorf("%s: Brier score %v", name, brier)
		}
		for i, p := range tr.P {
			sum := tr.Share[0][i] + tr.Share[1][i]
			if math.IsNaN(p) || sum != 0 && math.Abs(float64(sum)-1) > 1e-5 {
				t.Fatalf("%s: record %d: trust %v, shares sum to %v", name, i, p, sum)
			}
		}
	}
}

// A record's fold tells nothing of its label to what judges it: labels that
// have nothing to do with the scores can't be learned, in a stack of
// calibrations neither.
func TestStackLeaksNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var rec Records
	ms := make([]Method, 12)
	for i := range 3000 {
		rec.Pair, rec.Source = append(rec.Pair, int32(i/10)), append(rec.Source, int32(i/20))
		rec.Anomalous = append(rec.Anomalous, r.IntN(2) == 0)
		for m := range ms {
			ms[m].P = append(ms[m].P, r.Float32())
		}
	}
	tr := NewTrust(ms, rec, Options{Calibrate: &Calibrators[0], FalseAlarms: 0.01}, algo.Env{Seed: 1})
	if _, brier := tr.Reliable(rec.Anomalous); brier < 0.245 {
		t.Errorf("Brier score %v of labels that nobody can know", brier)
	}
}

// A group is as anomalous as its worst record at the least, and more so by
// other methods that accuse other records of it; sums are by hand.
func TestRoll(t *testing.T) {
	tr := &Trust{Methods: []string{"a", "b"}, P: []float64{0.5, 0.75, 0, 0.5}, Share: [][]float32{{1, 0, 0, 0.5}, {0, 1, 0, 0.5}}, Threshold: 0.6}
	r := tr.Roll([]int32{0, 0, 0, 1}, 2)
	if want := 1 - 0.5*0.25; math.Abs(r.P[0]-want) > 1e-6 || math.Abs(r.P[1]-0.5) > 1e-6 {
		t.Errorf("trust %v, want %v and 0.5", r.P, want)
	}
	if math.Abs(float64(r.Share[0][0])-1./3) > 1e-6 || math.Abs(float64(r.Share[1][0])-2./3) > 1e-6 {
		t.Errorf("shares %v", r.Share)
	}
	if r.Records[0] != 3 || r.Flagged[0] != 1 || r.Flagged[1] != 0 || r.Highest[0] != 0.75 {
		t.Errorf("%+v", r)
	}
}

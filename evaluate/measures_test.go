package evaluate

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

type measures struct {
	Clusters []struct {
		A, B                              []int32
		NMI, H, C, V, FMI, Rand, ARI, AMI float64
		Pairs                             [2][2]int64
	}
	Scores []struct {
		Y, F, G                      []int
		S, T, FPR, TPR               []float64
		MCC, Kappa, Spearman, BestF1 float64
	}
}

func readMeasures(t *testing.T) (m measures) {
	t.Helper()
	data, err := os.ReadFile("testdata/measures.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Clusters) < 10 || len(m.Scores) < 4 {
		t.Fatalf("%d and %d cases", len(m.Clusters), len(m.Scores))
	}
	return m
}

// Reference: testdata/measures.json, by the versions of scikit-learn and scipy
// named in it.
func TestMeasuresAsScikitLearn(t *testing.T) {
	m := readMeasures(t)
	check := func(what string, i int, got, want float64) {
		t.Helper()
		if !closeTo(got, want, 1e-12) {
			t.Errorf("%s of case %d: %v, want %v", what, i, got, want)
		}
	}
	for i, c := range m.Clusters {
		k := NewContingency(c.A, c.B)
		h, complete := k.HomogeneityCompleteness()
		check("NMI", i, k.NMI(), c.NMI)
		check("homogeneity", i, h, c.H)
		check("completeness", i, complete, c.C)
		check("V", i, k.VMeasure(), c.V)
		check("Fowlkes-Mallows", i, k.FowlkesMallows(), c.FMI)
		check("Rand", i, k.Rand(), c.Rand)
		if p := k.Pairs(); p != (Pairs{Together: c.Pairs[1][1], OnlyA: c.Pairs[1][0], OnlyB: c.Pairs[0][1], Apart: c.Pairs[0][0]}) {
			t.Errorf("pairs of case %d: %+v, want %v", i, p, c.Pairs)
		}
	}
	for i, c := range m.Scores {
		y, f := bools(c.Y), bools(c.F)
		rec := &Records{Pair: make([]int32, len(y)), Label: make([]int32, len(y)), Labels: []string{"benign", "bad"}}
		for k, v := range c.Y {
			rec.Label[k] = int32(v)
		}
		ev := Evaluate(rec, []View{{Name: "a", Flagged: f, Score: c.S}, {Name: "b", Flagged: bools(c.G), Score: c.T}}, Options{})
		d := ev.Methods[0].Detection
		check("MCC", i, *d.MCC, c.MCC)
		check("kappa", i, *ev.Agreement[0].Kappa, c.Kappa)
		check("Spearman", i, *ev.Ranks[0].Spearman, c.Spearman)
		check("best F1", i, d.Best.F1, c.BestF1)
		// Every point drawn is one of the curve's.
		for _, p := range d.Curve {
			if !slices.ContainsFunc(c.FPR, func(x float64) bool { return closeTo(x, p.FalseAlarm, 1e-12) }) || !slices.ContainsFunc(c.TPR, func(x float64) bool { return closeTo(x, p.Recall, 1e-12) }) {
				t.Errorf("case %d: point %+v is not on the curve", i, p)
			}
		}
		if last := d.Curve[len(d.Curve)-1]; last.Recall != 1 || last.FalseAlarm != 1 || len(d.Curve) > curvePoints+2 {
			t.Errorf("case %d: %d points, the last %+v", i, len(d.Curve), last)
		}
	}
}

func bools(v []int) []bool {
	out := make([]bool, len(v))
	for i, x := range v {
		out[i] = x != 0
	}
	return out
}

// Rows of a weight count as so many records, in every measure.
func TestWeightedContingency(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		var a, b, allA, allB []int32
		var w []float64
		for range 1 + r.IntN(20) {
			x, y, k := r.Int32N(5)-1, r.Int32N(4)-1, 1+r.IntN(4)
			a, b, w = append(a, x), append(b, y), append(w, float64(k))
			for range k {
				allA, allB = append(allA, x), append(allB, y)
			}
		}
		got, want := NewWeightedContingency(a, b, w), NewContingency(allA, allB)
		if got.Pairs() != want.Pairs() || !closeTo(got.ARI(), want.ARI(), 1e-12) || !closeTo(got.NMI(), want.NMI(), 1e-12) || !closeTo(got.AMI(), want.AMI(), 1e-9) || !closeTo(got.VMeasure(), want.VMeasure(), 1e-12) {
			t.Fatalf("%v, %v by %v: %+v, want %+v", a, b, w, got.Pairs(), want.Pairs())
		}
	}
}

// Precision of the k highest, worked out by hand: of two records of equal
// score, one of them anomalous, of which one is among the k, half counts.
func TestPrecisionAt(t *testing.T) {
	score, y := []float64{9, 8, 8, 7, math.NaN()}, []bool{true, true, false, false, true}
	got := precisionAt(rankBools(score, y).steps, []int64{1, 2, 3, 5, 9})
	want := []PrecisionAt{{1, 1}, {2, 0.75}, {3, 2.0 / 3}, {5, 0.6}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestRecallAt(t *testing.T) {
	score, y := []float64{9, 8, 7, 6, 5, 4}, []bool{true, true, false, true, false, false}
	for alpha, want := range map[float64]float64{0: 2.0 / 3, 0.34: 1, 0.33: 2.0 / 3} {
		if got := recallAt(rankBools(score, y).steps, alpha); *got != want {
			t.Errorf("recall at %v: %v, want %v", alpha, *got, want)
		}
	}
}

// Attacks by hand: host 0 scans twice, more than ten minutes apart; host 1
// once, at the same time. The first alert of the second scan comes 10 s late.
func TestEvents(t *testing.T) {
	rec := &Records{
		Pair: make([]int32, 8), Host: []int32{0, 0, 0, 0, 1, 2, 2, 2},
		Label: []int32{0, 0, 0, 0, 0, -1, -1, -1}, Labels: []string{"scan"},
		Time: []int64{1000, 1010, 2000, 2010, 1000, 1000, 3000, 4000},
	}
	ev := Evaluate(rec, []View{{Name: "m", Flagged: []bool{true, false, false, true, false, true, true, false}}}, Options{})
	if want := []Event{{"scan", 1000, 1010, 2}, {"scan", 2000, 2010, 2}, {"scan", 1000, 1000, 1}}; !slices.Equal(ev.Events, want) {
		t.Fatalf("events %+v, want %+v", ev.Events, want)
	}
	e := ev.Methods[0].Detection.Events
	if e.Found != 2 || e.Of != 3 || *e.MedianDelay != 0 || *e.Outcomes[1].Delay != 10 || e.Outcomes[2].Delay != nil || e.QuietWindows != 2 || e.FalseWindows != 1 {
		t.Errorf("%+v", e)
	}
	if w := ev.Methods[0].Flagged.Windows; w != 3 {
		t.Errorf("flagged in %d windows, want 3", w)
	}
}

// The top lists of two methods, by hand.
func TestTopOverlap(t *testing.T) {
	n := 200 // so that the lists have two
	a, b := make([]float64, n), make([]float64, n)
	a[3], a[5], b[5], b[9] = 2, 1, 2, 1
	ev := Evaluate(&Records{Pair: make([]int32, n)}, []View{{Name: "a", Score: a}, {Name: "b", Score: b}}, Options{})
	if r := ev.Ranks[0]; r.TopK != 2 || *r.Overlap != 0.5 {
		t.Errorf("%+v", r)
	}
	// All are equal: each is in the list with a chance of 2 in 200.
	ev = Evaluate(&Records{Pair: make([]int32, n)}, []View{{Name: "a", Score: make([]float64, n)}, {Name: "b", Score: b}}, Options{})
	if r := ev.Ranks[0]; !closeTo(*r.Overlap, 0.01, 1e-12) || r.Spearman != nil {
		t.Errorf("%+v, overlap %v", r, *r.Overlap)
	}
}

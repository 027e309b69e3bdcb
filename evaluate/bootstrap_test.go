package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The figures of a sample are those of the records, each as often as its block
// is drawn.
func TestBootstrapEqualsRepetition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	n := 60
	block, score, y := make([]int32, n), make([]float64, n), make([]bool, n)
	for i := range n {
		block[i], score[i], y[i] = r.Int32N(12), float64(r.IntN(8)), r.IntN(3) == 0
	}
	b := newBootstrap(block, 20, 7)
	runs := b.runs(score, func(i int) bool { return y[i] })
	for s, draw := range b.draws {
		var drawn int
		for _, d := range draw {
			drawn += int(d)
		}
		if drawn != len(draw) {
			t.Fatalf("%d blocks drawn of %d", drawn, len(draw))
		}
		var score2 []float64
		var y2 []bool
		for i := range n {
			for range draw[block[i]] {
				score2, y2 = append(score2, score[i]), append(y2, y[i])
			}
		}
		roc, pr := areas(steps(runs, draw))
		if !closeTo(orNaN(roc), orNaN(AUROC(score2, y2)), 1e-12) || !closeTo(orNaN(pr), orNaN(AveragePrecision(score2, y2)), 1e-12) {
			t.Errorf("sample %d: %v and %v, want %v and %v", s, orNaN(roc), orNaN(pr), orNaN(AUROC(score2, y2)), orNaN(AveragePrecision(score2, y2)))
		}
	}
}

// An interval of independent records has the width that theory gives: ±1.96
// times √(p(1−p)/n) for a recall.
func TestIntervalWidth(t *testing.T) {
	n := 4000
	rec := &Records{Label: make([]int32, n), Labels: []string{"bad", "benign"}}
	v := View{Name: "m"}
	for i := range n {
		rec.Pair = append(rec.Pair, int32(i))
		rec.Label[i] = int32(i % 2)
		v.Flagged = append(v.Flagged, i%10 == 0 || i%10 == 2 || i%10 == 4)
	}
	ev := Evaluate(rec, []View{v}, Options{Bootstrap: 400, Seed: 1})
	got := ev.Methods[0].Detection.Intervals.Recall
	half := 1.96 * math.Sqrt(0.6*0.4/2000)
	if math.Abs(got.Low-(0.6-half)) > half/5 || math.Abs(got.High-(0.6+half)) > half/5 {
		t.Errorf("interval %+v, want 0.6 ± %v", got, half)
	}
}

// A method that knows is told from one that doesn't, and not from its twin.
func TestTests(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	n := 2000
	rec := &Records{Labels: []string{"bad", "benign"}}
	good, twin, none := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		rec.Pair = append(rec.Pair, int32(i/2))
		rec.Label = append(rec.Label, int32(min(1, i%10)))
		good[i] = r.NormFloat64()
		if i%10 == 0 {
			good[i] += 2
		}
		twin[i], none[i] = good[i]+0.01*r.NormFloat64(), r.NormFloat64()
	}
	ev := Evaluate(rec, []View{{Name: "good", Score: good}, {Name: "twin", Score: twin}, {Name: "none", Score: none}}, Options{Bootstrap: 100, Seed: 1})
	for _, x := range ev.Tests {
		if x.Method == "none" && x.Holm > 1e-6 || x.Method != "none" && x.Holm < 0.05 {
			t.Errorf("%+v", x)
		}
	}
	if len(ev.Tests) != 2 {
		t.Errorf("%d tests", len(ev.Tests))
	}
}

// By hand: p-values 0.01, 0.04, 0.03, 0.005 become
// 0.03, 0.06, 0.06, 0.02.
func TestHolm(t *testing.T) {
	tests := []Test{{P: 0.01}, {P: 0.04}, {P: 0.03}, {P: 0.005}}
	holm(tests)
	for i, want := range []float64{0.03, 0.06, 0.06, 0.02} {
		if !closeTo(tests[i].Holm, want, 1e-12) {
			t.Errorf("p = %v: corrected %v, want %v", tests[i].P, tests[i].Holm, want)
		}
	}
}

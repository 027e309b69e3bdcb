package hbos

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"

	"toolkit/algo"
	"toolkit/features"
)

// A model that learns on from further rows is that of all rows at once, if
// the first rows have their range.
func TestUpdate(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		x := traffic(4+r.IntN(300), 3, seed)
		n, d := x.Dims()
		for j := range d { // the first two rows have the range of all
			lo, hi := x.X.At(0, j), x.X.At(0, j)
			for i := range n {
				lo, hi = min(lo, x.X.At(i, j)), max(hi, x.X.At(i, j))
			}
			x.X.Set(0, j, lo)
			x.X.Set(1, j, hi)
		}
		for i := range n {
			x.Weight = append(x.Weight, float64(1+r.IntN(4)*i%5))
		}
		rows := func(lo, hi int) *features.Matrix {
			var at []int
			for i := lo; i < hi; i++ {
				at = append(at, i)
			}
			part := pick(x, at)
			part.Weight = x.Weight[lo:hi]
			return part
		}
		for _, h := range []HBOS{{PyOD, 10, 0.1, 0.5}, {PyOD, 7, 0.9, 0}, {Static, 10, 0.1, 0.5}} {
			first := 2 + r.IntN(n-2)
			second := first + r.IntN(n-first)
			want := fit(t, h, x, 1)
			m := fit(t, h, rows(0, first), 1).Model
			if second > first {
				learnOn(t, m, rows(first, second))
			}
			m, err := load(m.State()) // and goes on after having been kept
			if err != nil {
				t.Fatal(err)
			}
			if second < n {
				learnOn(t, m, rows(second, n))
			}
			if !reflect.DeepEqual(m.State(), want.Model.State()) {
				t.Fatalf("seed %d, %+v: another model after learning on", seed, h)
			}
		}
	}
}

func learnOn(t *testing.T, m algo.Model, x *features.Matrix) {
	t.Helper()
	if err := m.(algo.Updater).Update(context.Background(), x); err != nil {
		t.Fatal(err)
	}
}

// A value becomes less strange as more like it come; one outside the bins
// stays as strange as what was never seen, and counts nowhere.
func TestUpdateShares(t *testing.T) {
	x := matrix(1, 0, 0, 0, 0, 0, 0, 0, 0, 9, 10)
	x.X.Set(8, 0, 0)
	m := fit(t, HBOS{Static, 10, 0.1, 0.5}, x, 1).Model.(*Model)
	five := matrix(1, 5, 5, 5, 500)
	before := apply(t, m, five).Scores
	learnOn(t, m, five)
	after := apply(t, m, five).Scores
	if after[0] >= before[0] || after[3] <= after[0] {
		t.Errorf("scores %v, %v before; want 5 less strange than before, and 500 stranger than 5", after, before)
	}
	if total := m.hists[0].total(); total != 13 {
		t.Errorf("%v samples are counted, want 13", total)
	}
}

func TestUpdateErrors(t *testing.T) {
	x := traffic(100, 3, 1)
	m := fit(t, HBOS{Dynamic, 10, 0.1, 0.5}, x, 1).Model.(*Model)
	if err := m.Update(context.Background(), x); err == nil {
		t.Error("dynamic mode: no error")
	}
	m = fit(t, Default(), x, 1).Model.(*Model)
	was := m.State()
	if err := m.Update(context.Background(), traffic(10, 2, 1)); err == nil {
		t.Error("other columns: no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := m.Update(ctx, x); err != context.Canceled {
		t.Errorf("cancelled: error %v", err)
	}
	if !reflect.DeepEqual(m.State(), was) {
		t.Error("the model has changed")
	}
}

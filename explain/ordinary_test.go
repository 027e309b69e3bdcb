package explain

import (
	"math"
	"testing"

	"toolkit/features"
)

func TestWeightedQuantiles(t *testing.T) {
	v := &features.Column{Field: features.Field{Type: features.Float}, Floats: []float64{3, 1, 2, math.NaN()}}
	w := &features.Column{Field: features.Field{Type: features.Int}, Ints: []int64{1, 98, 1, 50}}
	o := OrdinaryOf(v, w, nil)
	f := func(p, want float64) {
		t.Helper()
		if got := o.Quantile(p); got != want {
			t.Errorf("quantile %v = %v, want %v", p, got, want)
		}
	}
	f(0, 1)
	f(.98, 1)
	f(.99, 2)
	f(.995, 3)
	f(1, 3)
	if o.Total() != 100 || o.With(2) != .01 || o.Rank(1) != .49 || o.With(7) != 0 {
		t.Errorf("total %v, with(2) %v, rank(1) %v", o.Total(), o.With(2), o.Rank(1))
	}
	if got := OrdinaryOf(v, w, func(int) bool { return false }).Quantile(.5); !math.IsNaN(got) {
		t.Errorf("median of nothing is %v", got)
	}
}

package kmeans

import (
	"context"
	"math"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// A model that has learned on has the means of all samples that each centre was
// given, as those of a fit of all rows at once where clusters are far apart; and
// judges by them after having been kept.
func TestUpdate(t *testing.T) {
	x, _ := algotest.Blobs(300, 3, 1)
	x.Weight = make([]float64, 300)
	for i := range x.Weight {
		x.Weight[i] = float64(1 + i%3)
	}
	part := func(lo, hi int) *features.Matrix {
		return &features.Matrix{Names: x.Names, X: x.X.Slice(lo, hi, 0, 3).(*mat.Dense), Weight: x.Weight[lo:hi]}
	}
	method := Default()
	method.K = K{Min: 3, Max: 3}
	fit := func(x *features.Matrix) *Model {
		r, err := algo.Fit(context.Background(), &method, x, algo.Env{})
		if err != nil {
			t.Fatal(err)
		}
		return r.Model.(*Model)
	}
	got, want := fit(part(0, 40)), fit(x)
	for _, block := range [][2]int{{40, 41}, {41, 200}, {200, 300}} {
		if err := got.Update(context.Background(), part(block[0], block[1])); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := load(got.State())
	if err != nil {
		t.Fatal(err)
	}
	for c := range want.samples { // both are numbered by the first rows
		if got.samples[c] != want.samples[c] {
			t.Errorf("cluster %d has %v samples, want %v", c, got.samples[c], want.samples[c])
		}
		for j, v := range want.centre(int32(c)) {
			if g := loaded.(*Model).centre(int32(c))[j]; math.Abs(g-v) > 1e-12 {
				t.Errorf("centre %d is %v in column %d, want %v", c, g, j, v)
			}
		}
	}
	before := got.State()
	far := part(0, 1)
	far = far.With(far.Names, mat.NewDense(1, 3, []float64{1e200, 1, 1}))
	if err := got.Update(context.Background(), far); err == nil {
		t.Error("a row too far away: no error")
	}
	if err := got.Update(context.Background(), far.With([]string{"a", "b", "c"}, far.X)); err == nil {
		t.Error("other columns: no error")
	}
	if after := got.State(); after.Column("f0").Floats[0] != before.Column("f0").Floats[0] {
		t.Error("the model has changed after an error")
	}
}

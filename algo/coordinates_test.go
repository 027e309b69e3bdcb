package algo_test

import (
	"math"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/cluster/kmeans"
	"toolkit/features/scale"
	"toolkit/outlier/hbos"
)

// What algorithms say of the whole is in the units of what the chain was
// given: centres are means of its columns, bins go from least to greatest.
func TestTablesInOwnUnits(t *testing.T) {
	x, _ := algotest.Blobs(300, 2, 1)
	n, d := x.Dims()
	for i := range n {
		for j := range d {
			x.X.Set(i, j, 1000+50*x.X.At(i, j))
		}
	}
	fit := func(a *algo.Algorithm) *algo.Result {
		steps, err := scale.New("log1p,standard")
		if err != nil {
			t.Fatal(err)
		}
		r, err := algo.Fit(t.Context(), algo.NewChain(append(steps, algo.NewStep(a))...), x, algo.Env{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	bins := fit(hbos.Algorithm).Tables[0]
	low, high := math.Inf(1), math.Inf(-1)
	for i := range n {
		low, high = min(low, x.X.At(i, 0)), max(high, x.X.At(i, 0))
	}
	first, last := bins.Column("low").Floats[0], bins.Column("high").Floats[9]
	if math.Abs(first-low) > 1e-6*low || math.Abs(last-high) > 1e-6*high {
		t.Errorf("bins of %s from %v to %v, want %v to %v", bins.Column("column").String(0), first, last, low, high)
	}
	r := fit(kmeans.Algorithm)
	for _, table := range r.Tables {
		if table.Name != "centres" {
			continue
		}
		for c, v := range table.Column("f0").Floats {
			if v < low || v > high {
				t.Errorf("centre %d is at %v, rows from %v to %v", c, v, low, high)
			}
		}
	}
	// The model is as it was: it judges coordinates.
	again, err := r.Model.Apply(t.Context(), x)
	if err != nil || again.Labels[0] != r.Labels[0] {
		t.Errorf("the model gives label %v, want %d: %v", again, r.Labels[0], err)
	}
}

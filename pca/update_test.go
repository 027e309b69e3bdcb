package pca

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// part returns rows lo to hi-1 of x.
func part(x *features.Matrix, lo, hi int) *features.Matrix {
	_, d := x.Dims()
	p := &features.Matrix{Names: x.Names, X: x.X.Slice(lo, hi, 0, d).(*mat.Dense)}
	if x.Weight != nil {
		p.Weight = x.Weight[lo:hi]
	}
	return p
}

// A model that learns block after block is that of all rows, wherever they
// are cut, and also if it is kept and read between.
func TestUpdate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(2, 60).Draw(t, "n"), rapid.IntRange(1, 5).Draw(t, "d")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		x := matrix(mat.NewDense(n, d, nil), nil)
		x.X.Apply(func(_, j int, _ float64) float64 { return 1e6 + float64(1+j*j)*r.NormFloat64() }, x.X)
		if rapid.Bool().Draw(t, "weighted") {
			for range n {
				x.Weight = append(x.Weight, float64(1+r.IntN(5)))
			}
		}
		_, want := fit(t, x, "0.9")
		lo := rapid.IntRange(1, n-1).Draw(t, "cut")
		_, got := fit(t, part(x, 0, lo), "0.9")
		for lo < n {
			hi := rapid.IntRange(lo+1, n).Draw(t, "cut")
			var err error
			if err = got.Update(context.Background(), part(x, lo, hi)); err != nil {
				t.Fatal(err)
			}
			loaded, err := load(got.State())
			if err != nil {
				t.Fatal(err)
			}
			got, lo = loaded.(*model), hi
		}
		if got.kept != want.kept || got.weight != want.weight {
			t.Errorf("%d kept of weight %v, want %d of %v", got.kept, got.weight, want.kept, want.weight)
		}
		for k := range d {
			if math.Abs(got.variance[k]-want.variance[k]) > 1e-12*want.variance[0] || !near(got.mean[k], want.mean[k], 1e-14) {
				t.Errorf("variance %d is %v, want %v; mean %v, want %v", k, got.variance[k], want.variance[k], got.mean[k], want.mean[k])
			}
		}
		if math.Abs(got.limitQ-want.limitQ) > 1e-9*want.limitQ+1e-12*want.total || !near(got.limitT2, want.limitT2, 1e-9) && !math.IsNaN(want.limitT2) {
			t.Errorf("limits %v and %v, want %v and %v", got.limitQ, got.limitT2, want.limitQ, want.limitT2)
		}
	})
}

// Cut where the fit cuts, blocks give the same to the last bit.
func TestUpdateByChunks(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	x := matrix(mat.NewDense(2*chunkRows+100, 3, nil), nil)
	x.X.Apply(func(_, j int, _ float64) float64 { return math.Exp(float64(j) * r.NormFloat64()) }, x.X)
	_, all := fit(t, x, "0.9")
	_, m := fit(t, part(x, 0, chunkRows), "0.9")
	for _, p := range []*features.Matrix{part(x, chunkRows, 2*chunkRows), part(x, 2*chunkRows, 2*chunkRows+100)} {
		if err := m.Update(context.Background(), p); err != nil {
			t.Fatal(err)
		}
	}
	var got, want bytes.Buffer
	if err := m.State().WriteArrow(&got); err != nil {
		t.Fatal(err)
	}
	if err := all.State().WriteArrow(&want); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("the model of three blocks differs from that of all rows")
	}
}

func TestUpdateErrors(t *testing.T) {
	x := rows([]float64{1, 2}, []float64{3, 5}, []float64{4, 4})
	_, m := fit(t, x, "1")
	before := slices.Clone(m.sums.cross)
	other := rows([]float64{1, 2})
	other.Names = []string{"f1", "f0"}
	if err := m.Update(context.Background(), other); err == nil || !strings.Contains(err.Error(), "[f0 f1]") {
		t.Errorf("other columns: error %v, want one that names f0 and f1", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := m.Update(ctx, x); err != context.Canceled {
		t.Errorf("cancelled: error %v", err)
	}
	if err := m.Update(context.Background(), rows([]float64{1e300, 1}, []float64{-1e300, 1})); err == nil || !strings.Contains(err.Error(), "column f0") {
		t.Errorf("squares beyond float64: error %v, want one of column f0", err)
	}
	if !slices.Equal(m.sums.cross, before) {
		t.Errorf("an error changed the model")
	}
	p := with("1")
	p.Solver = randomized
	r, err := algo.Fit(context.Background(), p, x, algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Model.(algo.Updater).Update(context.Background(), x); err == nil || !strings.Contains(err.Error(), "--solver exact") {
		t.Errorf("randomized: error %v, want one that names --solver exact", err)
	}
}

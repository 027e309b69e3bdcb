package iforest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// table returns n rows of d columns; each is one of about kinds rows, or its
// own if kinds is 0.
func table(n, d, kinds int) *features.Matrix {
	r := rand.New(rand.NewPCG(1, 2))
	x := &features.Matrix{X: mat.NewDense(n, d, nil)}
	for j := range d {
		x.Names = append(x.Names, fmt.Sprintf("x%d", j))
	}
	for i := range n {
		if kinds > 0 && i >= kinds {
			x.X.SetRow(i, x.X.RawRowView(int(float64(kinds)*math.Pow(r.Float64(), 4))))
			continue
		}
		for j := range d {
			x.X.Set(i, j, r.NormFloat64())
		}
	}
	return x
}

func BenchmarkFit(b *testing.B) {
	for _, c := range []struct{ n, kinds, extension int }{
		{342_093, 44_000, 0}, {342_093, 0, 0}, {342_093, 0, 1}, {10_000, 0, 0},
	} {
		x := table(c.n, 8, c.kinds)
		b.Run(fmt.Sprintf("n=%d/kinds=%d/extension=%d", c.n, c.kinds, c.extension), func(b *testing.B) {
			f := Default()
			f.Extension = c.extension
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.Fit(context.Background(), x, algo.Env{Workers: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

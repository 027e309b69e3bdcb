package lof

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

// tails returns n distinct rows of 8 columns around one place, with long
// tails.
func tails(n int) *features.Matrix {
	r := rand.New(rand.NewPCG(1, 0))
	x := &features.Matrix{Names: make([]string, 8), X: mat.NewDense(n, 8, nil)}
	for i := range n {
		far := math.Exp(r.NormFloat64())
		for j := range 8 {
			x.X.Set(i, j, far*r.NormFloat64())
		}
	}
	return x
}

func BenchmarkLOF(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 50_000} {
		x, m := tails(n), Default()
		b.Run(fmt.Sprintf("n=%dk/d=8", n/1000), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Fit(context.Background(), x, algo.Env{Workers: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

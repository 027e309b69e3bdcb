package pca

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"toolkit/algo"

	"gonum.org/v1/gonum/mat"
)

func BenchmarkPCA(b *testing.B) {
	for _, d := range []int{8, 57} {
		for _, n := range []int{10_000, 100_000, 1_000_000} {
			if n*d > 20e6 {
				continue
			}
			b.Run(fmt.Sprintf("n=%dk/d=%d", n/1000, d), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 0))
				x := mat.NewDense(n, d, nil)
				x.Apply(func(_, _ int, _ float64) float64 { return math.Exp(r.NormFloat64()) }, x)
				m := matrix(x, nil)
				for b.Loop() {
					if _, err := algo.Fit(context.Background(), with("2"), m, algo.Env{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

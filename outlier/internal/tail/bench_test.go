package tail_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/ecod"

	"gonum.org/v1/gonum/mat"
)

// Traffic is whole numbers, nine tenths of the rows zero; normal values all
// differ.
func BenchmarkECOD(b *testing.B) {
	for _, kind := range []string{"traffic", "normal"} {
		for _, n := range []int{10_000, 100_000, 342_093} {
			r := rand.New(rand.NewPCG(1, 1))
			x := mat.NewDense(n, 8, nil)
			for i := range n {
				if kind == "traffic" && r.IntN(10) > 0 {
					continue
				}
				for j := range 8 {
					v := r.NormFloat64()
					if kind == "traffic" {
						v = math.Floor(math.Exp(float64(j) * v))
					}
					x.Set(i, j, v)
				}
			}
			m := &features.Matrix{Names: []string{"a", "b", "c", "d", "e", "f", "g", "h"}, X: x}
			b.Run(fmt.Sprintf("%s/n=%dk/d=8", kind, n/1000), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := algo.Fit(context.Background(), ecod.Algorithm.New(), m, algo.Env{Workers: 1}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n*8), "ns/value")
			})
		}
	}
}

package evaluate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// BenchmarkSilhouette is of distinct rows in 8 clusters, as k-means makes them
// of the pairs of a large log.
func BenchmarkSilhouette(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 44_000} {
		r := rand.New(rand.NewPCG(1, 0))
		x, labels := &features.Matrix{X: mat.NewDense(n, 8, nil)}, make([]int32, n)
		for i := range n {
			labels[i] = int32(r.IntN(8))
			for j := range 8 {
				x.X.Set(i, j, float64(labels[i])+r.NormFloat64())
			}
		}
		b.Run(fmt.Sprintf("n=%dk", n/1000), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := InternalScores(context.Background(), x, labels, Exact, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDBCV is of such clusters, too.
func BenchmarkDBCV(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 44_000} {
		r := rand.New(rand.NewPCG(1, 0))
		x, labels := &features.Matrix{X: mat.NewDense(n, 8, nil)}, make([]int32, n)
		for i := range n {
			labels[i] = int32(r.IntN(8))
			for j := range 8 {
				x.X.Set(i, j, 4*float64(labels[i])+math.Exp(2*r.NormFloat64()))
			}
		}
		c := newClustered(x, labels)
		b.Run(fmt.Sprintf("n=%dk", n/1000), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := c.dbcv(context.Background(), 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

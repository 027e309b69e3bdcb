package hdbscan_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"toolkit/algo"
	"toolkit/cluster/hdbscan"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// traffic returns n rows like those of address pairs, in deviations: sums of
// bytes and small counts with heavy tails, that go up and down together, after
// rows of zeros.
func traffic(zeros, n, d int) *features.Matrix {
	r := rand.New(rand.NewPCG(uint64(n), uint64(d)))
	x := mat.NewDense(zeros+n, d, nil)
	m := &features.Matrix{X: x}
	for i := zeros; i < zeros+n; i++ {
		busy := r.NormFloat64()
		for j := range d {
			if j < 2 {
				x.Set(i, j, math.Floor(math.Exp(7+1.5*busy+r.NormFloat64()))/1e4)
			} else {
				x.Set(i, j, math.Floor(math.Exp(0.7*busy+0.7*r.NormFloat64()))/2)
			}
		}
	}
	for j := range d {
		m.Names = append(m.Names, fmt.Sprintf("f%d", j))
	}
	return m
}

func BenchmarkHDBSCAN(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		for _, d := range []int{2, 4, 8} {
			x := traffic(0, n, d)
			b.Run(fmt.Sprintf("n=%dk/d=%d", n/1000, d), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					m := hdbscan.Default()
					if _, err := algo.Fit(context.Background(), &m, x, algo.Env{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

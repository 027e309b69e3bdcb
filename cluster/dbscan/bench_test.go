package dbscan_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"toolkit/algo"
	"toolkit/cluster/dbscan"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// traffic returns n rows like those of address pairs: sums of bytes and small
// counts with heavy tails, that go up and down together, after rows of zeros;
// columns standardised.
func traffic(zeros, n, d int) *features.Matrix {
	r := rand.New(rand.NewPCG(uint64(n), uint64(d)))
	x := mat.NewDense(zeros+n, d, nil)
	m := &features.Matrix{X: x}
	for i := zeros; i < zeros+n; i++ {
		busy := r.NormFloat64()
		for j := range d {
			if j < 2 {
				x.Set(i, j, math.Floor(math.Exp(7+1.5*busy+r.NormFloat64())))
			} else {
				x.Set(i, j, math.Floor(math.Exp(0.7*busy+0.7*r.NormFloat64())))
			}
		}
	}
	for j := range d {
		var mean, square float64
		for i := range zeros + n {
			mean += x.At(i, j) / float64(zeros+n)
		}
		for i := range zeros + n {
			square += (x.At(i, j) - mean) * (x.At(i, j) - mean) / float64(zeros+n)
		}
		for i := range zeros + n {
			x.Set(i, j, (x.At(i, j)-mean)/math.Sqrt(square))
		}
		m.Names = append(m.Names, fmt.Sprintf("f%d", j))
	}
	return m
}

func run(b *testing.B, x *features.Matrix, m dbscan.Method) {
	b.ReportAllocs()
	for b.Loop() {
		r, err := algo.Fit(context.Background(), &m, x, algo.Env{})
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range []string{"clusters", "noise", "eps"} {
			v, _ := r.Stat(name)
			b.ReportMetric(v, name)
		}
	}
}

func BenchmarkDBSCAN(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		for _, d := range []int{4, 8} {
			x := traffic(0, n, d)
			for _, eps := range []float64{0.1, 0.5, 1} {
				b.Run(fmt.Sprintf("n=%dk/d=%d/eps=%v", n/1000, d, eps), func(b *testing.B) {
					run(b, x, dbscan.Method{Eps: eps, MinSamples: 5})
				})
			}
			b.Run(fmt.Sprintf("n=%dk/d=%d/eps=auto", n/1000, d), func(b *testing.B) { run(b, x, dbscan.Default()) })
		}
	}
}

// The sizes of the tables of an hour of office traffic: address pairs in bins
// of 10 s, most of them zero, and flow tuples.
func BenchmarkTables(b *testing.B) {
	for _, c := range []struct {
		name     string
		zeros, n int
		d        int
		eps      float64
	}{
		{"ip_pairs", 294_759, 47_335, 8, 1},
		{"flow_tuples", 0, 47_334, 4, 0.5},
		{"flow_tuples", 0, 47_334, 23, 0.5},
		{"batches", 0, 10_000, 57, 0.5},
	} {
		x := traffic(c.zeros, c.n, c.d)
		b.Run(fmt.Sprintf("table=%s/n=%d/d=%d/eps=%v", c.name, c.zeros+c.n, c.d, c.eps), func(b *testing.B) {
			run(b, x, dbscan.Method{Eps: c.eps, MinSamples: 2})
		})
	}
}

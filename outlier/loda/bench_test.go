package loda

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"toolkit/algo"
)

func BenchmarkLODA(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 342_093} {
		x := normal(rand.New(rand.NewPCG(1, 1)), n, 8)
		b.Run(fmt.Sprintf("n=%dk/d=8", n/1000), func(b *testing.B) {
			l := Default()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := algo.Fit(context.Background(), &l, x, algo.Env{Workers: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

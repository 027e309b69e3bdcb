package hst

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"toolkit/algo"
)

func BenchmarkFit(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 342_093} {
		x := small(rand.New(rand.NewPCG(1, 0)), n, 8, 1)
		b.Run(fmt.Sprintf("n=%d/d=8", n), func(b *testing.B) {
			h := Default()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.Fit(context.Background(), x, algo.Env{Workers: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkUpdate(b *testing.B) {
	x := small(rand.New(rand.NewPCG(1, 0)), 250, 8, 1)
	h := Default()
	r, err := h.Fit(context.Background(), x, algo.Env{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Model.(algo.Updater).Update(context.Background(), x); err != nil {
			b.Fatal(err)
		}
	}
}

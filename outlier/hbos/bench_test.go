package hbos

import (
	"context"
	"fmt"
	"testing"

	"toolkit/algo"
)

func BenchmarkHBOS(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		x := traffic(n, 8, 1)
		for _, h := range []HBOS{{PyOD, 10, 0.1, 0.5}, {PyOD, Auto, 0.1, 0.5}, {Static, 10, 0.1, 0.5}, {Dynamic, 10, 0.1, 0.5}} {
			b.Run(fmt.Sprintf("n=%dk/d=8/mode=%s/bins=%s", n/1000, h.Mode, &h.Bins), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := h.Fit(context.Background(), x, algo.Env{Workers: 1}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n*8), "ns/value")
			})
		}
	}
}

package spectral_test

import (
	"context"
	"fmt"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/cluster/spectral"
)

func Benchmark(b *testing.B) {
	for _, n := range []int{1000, 5000, 20_000} {
		x, _ := algotest.Blobs(n, 8, 1)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := spectral.Default()
			m.K, m.Gamma = 3, 0.01
			for b.Loop() {
				if _, err := algo.Fit(context.Background(), &m, x, algo.Env{Workers: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

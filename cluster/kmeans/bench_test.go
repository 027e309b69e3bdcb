package kmeans_test

import (
	"context"
	"testing"

	"toolkit/algo"
	"toolkit/cluster/kmeans"
)

// One start with 8 clusters of rows that are nearly all distinct.
func BenchmarkKMeans(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"n=1k", 1_000}, {"n=10k", 10_000}, {"n=100k", 100_000}, {"n=1M", 1_000_000}} {
		b.Run(size.name+"/d=8/k=8", func(b *testing.B) {
			x := heavy(size.n, 8, 1)
			m := kmeans.Default()
			set(b, &m, "k", "8", "n-init", "1")
			b.SetBytes(int64(size.n * 8 * 8))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := algo.Fit(context.Background(), &m, x, algo.Env{Seed: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

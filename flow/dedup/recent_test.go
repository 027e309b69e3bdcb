package dedup

import (
	"math/rand/v2"
	"testing"

	"toolkit/flow"
)

// Of few records a Recent counts what a Filter does, whatever the cut into
// batches; of many it never counts more.
func TestRecent(t *testing.T) {
	for seed := range uint64(20) {
		for _, n := range []int{60, 9_000} {
			list := records(rand.New(rand.NewPCG(5, seed)), n)
			whole := &flow.Batch{}
			for _, rec := range list {
				whole.Append(rec)
			}
			var all Filter
			if err := all.Count(whole); err != nil {
				t.Fatal(err)
			}
			for _, size := range []int{7, len(list)} {
				src := func(yield func(*flow.Batch, error) bool) {
					for i := 0; i < whole.Len(); i += size {
						if !yield(whole.Slice(i, min(i+size, whole.Len())), nil) || !yield(nil, &flow.SyntaxError{}) {
							return
						}
					}
				}
				var r Recent
				passed := 0
				for b, err := range r.Source(src) {
					if err == nil {
						passed += b.Len()
					}
				}
				if passed != n || r.N > all.N || n == 60 && r.N != all.N || r.N == 0 {
					t.Errorf("seed %d, %d records in batches of %d: %d repeats of %d, %d passed on", seed, n, size, r.N, all.N, passed)
				}
			}
		}
	}
}

func BenchmarkRecent(b *testing.B) {
	batch := &flow.Batch{}
	for _, rec := range records(rand.New(rand.NewPCG(4, 4)), flow.BatchSize) {
		batch.Append(rec)
	}
	r := new(Recent)
	b.ReportAllocs()
	for b.Loop() {
		r.Add(batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch.Len()), "ns/record")
}

package algo

import (
	"context"
	"sync"
	"sync/atomic"
)

// Each calls f(0) to f(n-1), from up to workers goroutines at once, and
// returns when all are done. When ctx is done it calls no more of them and
// returns ctx.Err(). For the same result whatever workers is, f(i) writes
// what is its own, and the caller puts it together in the order of i.
func Each(ctx context.Context, workers, n int, f func(i int)) error {
	var next atomic.Int64
	work := func() {
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			f(i)
		}
	}
	var wg sync.WaitGroup
	for range min(workers, n) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return ctx.Err()
}

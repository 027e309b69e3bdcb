package near

import (
	"context"
	"sync"
	"sync/atomic"
)

// Each calls do for runs lo to hi−1 of about grain numbers that together are
// 0 to n−1, from that many goroutines at once, lower runs first. When ctx is
// done it calls do no more and returns ctx.Err(). step, if it is not nil, is
// told how many numbers are done, by one goroutine at a time.
func Each(ctx context.Context, n, grain, workers int, step func(done int), do func(lo, hi int)) error {
	var next atomic.Int64
	var mu sync.Mutex
	done := 0
	work := func() {
		for ctx.Err() == nil {
			hi := int(next.Add(int64(grain)))
			lo := hi - grain
			if hi = min(hi, n); lo >= n {
				return
			}
			do(lo, hi)
			if step != nil {
				mu.Lock()
				done += hi - lo
				step(done)
				mu.Unlock()
			}
		}
	}
	var wg sync.WaitGroup
	for range min(workers, (n+grain-1)/grain) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return ctx.Err()
}

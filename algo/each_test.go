package algo_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"toolkit/algo"
)

func TestEach(t *testing.T) {
	for _, workers := range []int{1, 3, 100} {
		for _, n := range []int{0, 1, 2, 50} {
			calls := make([]int, n)
			if err := algo.Each(context.Background(), workers, n, func(i int) { calls[i]++ }); err != nil {
				t.Errorf("%d workers, n = %d: %v", workers, n, err)
			}
			for i, c := range calls {
				if c != 1 {
					t.Errorf("%d workers, n = %d: f(%d) called %d times", workers, n, i, c)
				}
			}
		}
	}
}

// At once is at most as many as there are workers.
func TestEachWorkers(t *testing.T) {
	var running, most atomic.Int64
	err := algo.Each(context.Background(), 3, 1000, func(int) {
		now := running.Add(1)
		for {
			was := most.Load()
			if now <= was || most.CompareAndSwap(was, now) {
				break
			}
		}
		running.Add(-1)
	})
	if err != nil || most.Load() > 3 {
		t.Errorf("%d at once, error %v, want at most 3", most.Load(), err)
	}
}

func TestEachStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var calls atomic.Int64
	err := algo.Each(ctx, 2, 1000, func(i int) {
		if calls.Add(1); i == 10 {
			cancel()
		}
	})
	// The other worker may have taken one more before it saw the end.
	if !errors.Is(err, context.Canceled) || calls.Load() == 1000 {
		t.Errorf("error %v after %d calls, want %v and fewer than all", err, calls.Load(), context.Canceled)
	}
}

package kmeans

import (
	"sync"
	"sync/atomic"

	"toolkit/algo"
)

// share calls do(i, crew) for i from 0 to n-1, several at once; if there are
// more workers than calls, each has several in its crew. It returns the first
// error, after which it calls no more. Of total steps it reports those after
// from.
func share(env algo.Env, n, from, total int, do func(i int, c *crew) error) error {
	atOnce := max(1, min(env.NumWorkers(), n))
	outer := newCrew(atOnce)
	defer outer.dismiss()
	var mu sync.Mutex // of done and env.Step
	done := from
	var failed atomic.Pointer[error]
	outer.do(n, func(i int) {
		if failed.Load() != nil {
			return
		}
		inner := newCrew(env.NumWorkers() / atOnce)
		defer inner.dismiss()
		if err := do(i, inner); err != nil {
			failed.CompareAndSwap(nil, &err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		done++
		env.Step(int64(done), int64(total))
	})
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// A crew shares out numbered pieces of work among goroutines. Which goroutine
// does a piece, and when, must not matter to it.
type crew struct {
	start chan struct{}
	done  sync.WaitGroup
	next  atomic.Int64
	n     int
	f     func(i int)
}

// newCrew returns a crew of that many, the caller of do among them. It must be
// dismissed.
func newCrew(workers int) *crew {
	c := &crew{start: make(chan struct{}, workers)}
	for range workers - 1 {
		go func() {
			for range c.start {
				c.work()
				c.done.Done()
			}
		}()
	}
	return c
}

// do calls f(0) to f(n-1) and returns when all calls have.
func (c *crew) do(n int, f func(i int)) {
	c.n, c.f = n, f
	c.next.Store(0)
	help := min(cap(c.start), n) - 1
	c.done.Add(max(help, 0))
	for range help {
		c.start <- struct{}{}
	}
	c.work()
	c.done.Wait()
}

func (c *crew) work() {
	for i := int(c.next.Add(1)) - 1; i < c.n; i = int(c.next.Add(1)) - 1 {
		c.f(i)
	}
}

func (c *crew) dismiss() { close(c.start) }

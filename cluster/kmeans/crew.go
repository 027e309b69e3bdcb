package kmeans

import (
	"sync"
	"sync/atomic"
)

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

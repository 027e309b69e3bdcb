package features

import (
	"sync/atomic"

	"toolkit/flow"
)

// Tables take in records behind whoever brings them, each in its own time: one
// that takes longer for some batches has others wait at the end alone. What they
// take in are copies, as batches hold until Add returns.
//
// Where what they hold comes near the limit, or a table looks up addresses, which
// those who bring records add to, all wait for each batch.

// copiesBehind is how many batches tables may be behind.
const copiesBehind = 4

// A copies are copies of batches that can be used again.
type copies struct {
	free chan *flow.Batch
	made int
}

// of returns a copy of b, once one is free.
func (c *copies) of(b *flow.Batch) *flow.Batch {
	if c.free == nil {
		c.free = make(chan *flow.Batch, copiesBehind)
	}
	if c.made < copiesBehind {
		c.made++
		c.free <- new(flow.Batch)
	}
	own := <-c.free
	b.CopyTo(own)
	return own
}

// behind has f called once all that was handed over before has been done.
func (t *gatheredTable) behind(f func()) {
	before, done := t.last, make(chan struct{})
	t.last = done
	go func() {
		defer close(done)
		if before != nil {
			<-before
		}
		f()
	}()
}

// wait waits for what has been handed over to t.
func (t *gatheredTable) wait() {
	if t.last != nil {
		<-t.last
	}
}

// wait waits for all tables.
func (x *Extractor) wait() {
	for _, t := range x.gathered {
		t.wait()
	}
}

// lags tells whether tables may be behind.
func (x *Extractor) lags() bool {
	const margin = 16 << 20 // more than so few batches take
	return !x.looksUp && len(x.gathered) > 0 && (x.limit <= 0 || x.held()+margin < x.room())
}

// hand hands b, which is one of copies if lag is set, to all tables.
func (x *Extractor) hand(b *flow.Batch, lag bool) {
	var left atomic.Int32
	left.Store(int32(len(x.gathered)))
	for _, t := range x.gathered {
		t.behind(func() {
			groups := t.Add(b)
			if x.maps(t) {
				t.groups.append(groups)
			}
			if err := t.Builder.Err(); err != nil {
				x.failed.CompareAndSwap(nil, &err)
			}
			t.holds.Store(t.Bytes() + t.groups.bytes())
			if left.Add(-1) == 0 && lag {
				x.copies.free <- b
			}
		})
	}
}

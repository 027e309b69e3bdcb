package track

import (
	"time"

	"toolkit/detect/state"
	"toolkit/flow"
)

// A Clock cuts the time of a stream into tumbling windows of Every
// nanoseconds, aligned to the epoch. It goes by the records alone: a window
// is closed by the first record after it, or sooner by Flush if that says that
// no record of it will come, so that what is said at the close of a window is
// the same either way.
type Clock struct {
	Every int64

	open bool
	end  int64
}

// At is called before each record, with its time. It calls close if that
// leaves a window.
func (c *Clock) At(now int64, close func(start, end int64)) {
	if c.open && now < c.end {
		return
	}
	c.close(close)
	c.open, c.end = true, (flow.FloorDiv(now, c.Every)+1)*c.Every
}

// Flush calls close if the open window ends at that time or before, or if it
// is zero.
func (c *Clock) Flush(now time.Time, close func(start, end int64)) {
	if now.IsZero() || now.UnixNano() >= c.end {
		c.close(close)
	}
}

func (c *Clock) close(close func(start, end int64)) {
	if c.open {
		c.open = false
		close(c.end-c.Every, c.end)
	}
}

// Save writes c.
func (c *Clock) Save(w *state.Writer) {
	w.Bool(c.open)
	w.Int(c.end)
}

// Load replaces c by what Save wrote; Every is a parameter.
func (c *Clock) Load(r *state.Reader) { c.open, c.end = r.Bool(), r.Int() }

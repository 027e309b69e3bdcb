package flow

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// A WindowMode says how a stream of records is cut into windows.
type WindowMode string

// The window modes.
const (
	// Tumbling windows are aligned to the Unix epoch: a record's window
	// depends on its time alone.
	Tumbling WindowMode = "tumbling"

	// Seed windows are those of the program that this toolkit grew from: a
	// window ends after every record whose second is a multiple of the
	// window's length, so that a busy second makes a window of each of its
	// records, and what is left at the end of the stream is never analysed.
	Seed WindowMode = "seed"
)

// WindowModes are the names that a WindowMode can have.
var WindowModes = []string{string(Tumbling), string(Seed)}

// Check reports a mode that isn't one.
func (m WindowMode) Check() error {
	if m == Tumbling || m == Seed {
		return nil
	}
	return fmt.Errorf("window mode %q, want tumbling or seed", m)
}

// Windows cuts one stream of records into windows. In Seed mode it must see
// every record of the stream in order.
type Windows struct {
	size int64 // nanoseconds
	mode WindowMode

	// Seed mode: the number of the open window, whether it has a record, and
	// the time of the first record of each.
	open    int64
	started bool
	starts  []int64
}

// NewWindows returns windows of that length. It panics if the length or the
// mode is none.
func NewWindows(size time.Duration, mode WindowMode) *Windows {
	if size <= 0 || mode.Check() != nil {
		panic(fmt.Sprintf("flow: windows of %v in mode %q", size, mode))
	}
	return &Windows{size: int64(size), mode: mode}
}

// Number puts into dst the number of the window of each record of b: that of
// its time since the epoch in windows, or in Seed mode the place of its
// window in the stream, from 0. dst has the length of b.
func (w *Windows) Number(dst []int64, b *Batch) {
	if w.mode == Tumbling {
		var at, from int64 // the last window, and when it begins
		for i, t := range b.Time {
			if i == 0 || uint64(t-from) >= uint64(w.size) { // a division takes long
				at = FloorDiv(t, w.size)
				from = at * w.size
			}
			dst[i] = at
		}
		return
	}
	seconds := max(w.size/int64(time.Second), 1)
	for i, t := range b.Time {
		if !w.started {
			w.started, w.starts = true, append(w.starts, t)
		}
		dst[i] = w.open
		if FloorDiv(t, int64(time.Second))%seconds == 0 {
			w.open++
			w.started = false
		}
	}
}

// Bounds returns the times at which window n begins and ends, in Unix
// nanoseconds. Seed windows begin with their first record and are taken to
// last as long as others.
func (w *Windows) Bounds(n int64) (start, end int64) {
	start = n * w.size
	if w.mode == Seed {
		start = w.starts[n]
	}
	return start, start + w.size
}

// Analysed tells, at the end of the stream, whether window n is one that is
// analysed: all are but the last one of Seed mode, if it was never ended.
func (w *Windows) Analysed(n int64) bool { return w.mode == Tumbling || n < w.open }

// Passed tells whether all records of window n have come once no more come
// from before that time, in Unix nanoseconds.
func (w *Windows) Passed(n, now int64) bool {
	if w.mode == Seed {
		return n < w.open
	}
	return (n+1)*w.size <= now
}

// AppendBinary appends what w has seen of the stream, so that other Windows of
// the same length and mode can go on from there. It never fails.
func (w *Windows) AppendBinary(dst []byte) ([]byte, error) {
	dst = binary.AppendVarint(dst, w.open)
	started := int64(0)
	if w.started {
		started = 1
	}
	dst = binary.AppendVarint(dst, started)
	for _, t := range w.starts {
		dst = binary.AppendVarint(dst, t)
	}
	return dst, nil
}

// UnmarshalBinary takes in what AppendBinary wrote.
func (w *Windows) UnmarshalBinary(data []byte) error {
	var vs []int64
	for len(data) > 0 {
		v, n := binary.Varint(data)
		if n <= 0 {
			return errWindows
		}
		vs, data = append(vs, v), data[n:]
	}
	// In Seed mode each window has a start: those that ended and the open one.
	if len(vs) < 2 || vs[1] < 0 || vs[1] > 1 || int64(len(vs)-2) != vs[0]+vs[1] {
		return errWindows
	}
	w.open, w.started, w.starts = vs[0], vs[1] == 1, vs[2:]
	return nil
}

var errWindows = errors.New("state of windows is damaged")

// FloorDiv returns a/b, b above 0, rounded down: times before 1970 belong to the
// unit of time that they are in, as later ones do.
func FloorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

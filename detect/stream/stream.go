// Package stream runs detectors over a stream of records: the batches of a
// [flow.Source], from a file or without an end.
//
// A [Stream] puts the records in the order of time and shows them to the
// watchers, tells these the time, and hands on their alerts. What it does
// depends on the records alone, not on how they are cut into batches nor on
// how many goroutines there are, so that a command over a file, a live stream
// and one that was interrupted all give the same alerts.
package stream

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"toolkit/detect"
	"toolkit/flow"
)

// Unbounded is the lateness of a stream whose records may come in any order.
const Unbounded time.Duration = -1

// Options say how a Stream works.
type Options struct {
	// Late is how much older than the latest record before it a record may
	// be. One that is older still is counted and not shown; or, if its
	// connection was not over by then, shown with a later time.
	Late time.Duration

	// Memory bounds what is held back to put records in order, in bytes,
	// about; 0 is no bound. Where it does not suffice, the oldest records are
	// shown before Late has passed.
	Memory int64

	Workers int // goroutines that watchers run in; 0 counts as 1

	// Tick, if not nil, is called after the alerts of each round with the
	// time from which on records may still come, at the end of the stream with
	// the zero time.
	Tick func(now time.Time)
}

// A Watched is a watcher at work in a Stream.
type Watched struct {
	Name    string // of its detector, put into its alerts
	Watcher detect.Watcher

	// New returns a watcher with the parameters and the limit of Watcher that
	// has seen nothing; for streams that are renumbered.
	New func() (detect.Watcher, error)

	// Report is called of each alert by the goroutine that calls Add or End:
	// in rounds, in which watchers come in the order of the list.
	Report func(*detect.Alert)

	input   bool            // wants the order of the input
	cost    time.Duration   // of its last turn in a worker
	pending []*detect.Alert // of this round
}

// A Stream is watchers at work on one stream of records.
type Stream struct {
	opt     Options
	watched []*Watched
	input   []*Watched // those that want the order of the input
	sorter  *sorter
	records int64
}

// slots of time that records are put in order by, and after which the
// watchers are told the time.
const (
	liveSlot = time.Second
	fileSlot = time.Minute
)

// New returns a Stream that has seen nothing.
func New(watched []*Watched, opt Options) *Stream {
	slot, room := liveSlot, math.MaxInt/2
	if opt.Late < 0 {
		slot = fileSlot
	}
	if opt.Memory > 0 {
		room = int(opt.Memory / recordBytes)
	}
	s := &Stream{opt: opt, watched: watched, sorter: newSorter(slot, opt.Late, room)}
	for _, w := range watched {
		u, ok := w.Watcher.(detect.Unordered)
		if w.input = ok && u.InputOrder(); w.input {
			s.input = append(s.input, w)
		}
	}
	return s
}

// Add takes in the next records of the input, and reports what the watchers
// have to say so far. It does not keep b.
func (s *Stream) Add(b *flow.Batch) {
	s.records += int64(b.Len())
	shown := 0
	show := func(row int) {
		if row > shown {
			part := b.Slice(shown, row)
			s.each(s.input, part.Len(), func(w *Watched) { w.Watcher.Watch(part, w.report) })
			shown = row
		}
	}
	s.sorter.add(b, func(row int) {
		show(row)
		s.release(false, time.Unix(0, s.sorter.frontier).UTC())
	})
	show(b.Len())
}

// End tells the watchers that the stream has ended.
func (s *Stream) End() { s.release(true, time.Time{}) }

// Records returns how many records have come.
func (s *Stream) Records() int64 { return s.records }

// Late returns how many records have been too late to be put in order.
func (s *Stream) Late() int64 { return s.sorter.dropped }

// Needed returns the lateness that would have kept all late records, 0 if more
// memory would have.
func (s *Stream) Needed() time.Duration { return time.Duration(s.sorter.needed) }

// Moved returns how many records were shown with a later time than theirs, as
// their connection had begun too long before.
func (s *Stream) Moved() int64 { return s.sorter.moved }

// Held returns how many records are held back.
func (s *Stream) Held() int {
	n := 0
	for _, b := range s.sorter.slots {
		n += b.Len()
	}
	return n
}

// Evicted returns how many entries watchers have forgotten for want of room.
func (s *Stream) Evicted() int64 {
	var n int64
	for _, w := range s.watched {
		n += w.Watcher.Usage().Evicted
	}
	return n
}

// release shows the watchers what the sorter gives, and the time.
func (s *Stream) release(all bool, now time.Time) {
	var last *flow.Batch
	s.sorter.take(all, func(b *flow.Batch) {
		if last != nil {
			s.round(last, time.Unix(0, last.Time[last.Len()-1]).UTC())
		}
		last = b
	})
	s.round(last, now)
}

// round shows the watchers a batch, unless it is nil, and the time, and
// reports.
func (s *Stream) round(b *flow.Batch, now time.Time) {
	n := 0
	if b != nil {
		n = b.Len()
	}
	s.each(s.watched, n, func(w *Watched) {
		if b != nil && !w.input {
			w.Watcher.Watch(b, w.report)
		}
		w.Watcher.Flush(now, w.report)
	})
	for _, w := range s.watched {
		for _, a := range w.pending {
			w.Report(a)
		}
		clear(w.pending)
		w.pending = w.pending[:0]
	}
	if s.opt.Tick != nil {
		s.opt.Tick(now)
	}
}

func (w *Watched) report(a *detect.Alert) {
	a.Detector = w.Name
	w.pending = append(w.pending, a)
}

// parallelRecords is how many records are worth other goroutines.
const parallelRecords = 256

// each calls f of each watcher, which has so many records to look at: in
// goroutines that take one watcher after another, first those that took the
// longest the last time, so that all come to an end together.
func (s *Stream) each(ws []*Watched, records int, f func(*Watched)) {
	workers := min(s.opt.Workers, len(ws))
	if workers <= 1 || records < parallelRecords {
		for _, w := range ws {
			f(w)
		}
		return
	}
	var (
		next  atomic.Int64
		wg    sync.WaitGroup
		turns = slices.Clone(ws)
	)
	slices.SortStableFunc(turns, func(a, b *Watched) int { return cmp.Compare(b.cost, a.cost) })
	work := func() {
		for i := next.Add(1) - 1; i < int64(len(turns)); i = next.Add(1) - 1 {
			began := time.Now()
			f(turns[i])
			turns[i].cost = time.Since(began)
		}
	}
	for range workers - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
}

// Package window judges windows of time by those before them, and finds the
// address that makes the difference: what the detectors have in common that
// learn from windows as they close.
package window

import (
	"time"

	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
	"toolkit/flow"
)

// A Row is what is kept of a record until its window closes.
type Row struct {
	Time, Number     int64
	Up, Down         int64
	Src, Dst         flow.Host
	SrcPort, DstPort uint16
	Proto            flow.Proto
	State            flow.State
}

// rowBytes is what a Row takes.
const rowBytes = 48

// A Buffer keeps the records of the open window, in Rows: what is called at its
// end may put them in another order.
type Buffer struct {
	Rows []Row

	clock   track.Clock
	most    int // rows to keep; 0 for no limit
	evicted int64
}

// Watch takes in the records of b, and calls close with those of a window
// when it ends.
func (f *Buffer) Watch(b *flow.Batch, every time.Duration, close func(start, end int64)) {
	f.clock.Every = int64(every)
	end := func(start, end int64) {
		close(start, end)
		f.Rows = f.Rows[:0]
	}
	for i, now := range b.Time {
		f.clock.At(now, end)
		if f.most > 0 && len(f.Rows) >= f.most {
			f.evicted++
			continue
		}
		f.Rows = append(f.Rows, Row{
			now, b.Number(i), b.BytesUp[i], b.BytesDown[i], b.Src[i], b.Dst[i], b.SrcPort[i], b.DstPort[i], b.Proto[i], b.State[i],
		})
	}
}

// Flush calls close if the window ends at that time, or the stream, if it is
// zero.
func (f *Buffer) Flush(now time.Time, close func(start, end int64)) {
	f.clock.Flush(now, func(start, end int64) {
		close(start, end)
		f.Rows = f.Rows[:0]
	})
}

// Save writes f.
func (f *Buffer) Save(w *state.Writer) {
	f.clock.Save(w)
	w.Int(f.evicted)
	w.Len(len(f.Rows))
	for _, r := range f.Rows {
		w.Host(r.Src)
		w.Host(r.Dst)
		for _, v := range []int64{r.Time, r.Number, r.Up, r.Down, int64(r.SrcPort), int64(r.DstPort), int64(r.Proto), int64(r.State)} {
			w.Int(v)
		}
	}
}

// Load replaces f by what Save wrote.
func (f *Buffer) Load(r *state.Reader) {
	f.clock.Load(r)
	f.evicted = r.Int()
	f.Rows = f.Rows[:0]
	for range r.Len(18) {
		row := Row{Src: r.Host(), Dst: r.Host(), Time: r.Int(), Number: r.Int(), Up: r.Int(), Down: r.Int()}
		row.SrcPort, row.DstPort, row.Proto = uint16(r.Int()), uint16(r.Int()), flow.Proto(r.Int())
		s := r.Int()
		if s < 0 || s >= int64(flow.NumStates) {
			r.Fail()
			return
		}
		row.State = flow.State(s)
		f.Rows = append(f.Rows, row)
	}
}

// Limit bounds what is kept to about so many bytes: records beyond it are left
// out of their window.
func (f *Buffer) Limit(bytes int64) {
	if bytes > 0 {
		f.most = int(max(1, bytes/(2*rowBytes)))
	}
}

// Usage says how much is kept.
func (f *Buffer) Usage() detect.Usage {
	return detect.Usage{Entries: int64(len(f.Rows)), Bytes: rowBytes * int64(cap(f.Rows)), Evicted: f.evicted}
}

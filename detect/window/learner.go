package window

import (
	"math"
	"slices"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/features"
	"toolkit/flow"

	"gonum.org/v1/gonum/mat"
)

// A Judge has learned from windows and judges others.
type Judge interface {
	// Judge returns how strange a window is: above 1 is too strange, and then
	// there are reasons.
	Judge(vector []float64) (score float64, reasons []algo.Reason)
}

// A Kind is what a window is described by and how it is judged.
type Kind struct {
	Names  []string
	Vector func(rows []Row, to *Scratch) []float64 // of a window with a row, a number for each name
	Learn  func(past *features.Matrix) Judge       // nil if nothing can be learned of it
}

// A Learner judges each window that closes by those before it. Its exported
// fields are parameters.
type Learner struct {
	Every time.Duration // length of windows
	Warm  int           // windows to learn from before any is judged
	Past  int           // the last windows that are learned from
	Least int           // records of a window that is judged or learned from

	kind    *Kind // a variable of its package
	buffer  Buffer
	scratch Scratch
	hosts   *flow.Hosts
	past    [][]float64
	fresh   int // windows since the judge has learned
	judge   Judge
	learned bool
}

// Default returns a Learner with default parameters.
func Default(k *Kind) Learner {
	return Learner{Every: 10 * time.Second, Warm: 30, Past: 360, Least: 10, kind: k}
}

// relearn is after how many windows is learned anew.
const relearn = 10

// Check reports a parameter that is out of its range; prefix is that of flags.
func (l *Learner) Check(prefix string) error {
	switch {
	case l.Every <= 0:
		return &algo.ParamError{Name: prefix + "-window", Value: l.Every, Want: "above 0"}
	case l.Warm < 10:
		return &algo.ParamError{Name: prefix + "-warm-up", Value: l.Warm, Want: "at least 10"}
	case l.Past < l.Warm:
		return &algo.ParamError{Name: prefix + "-past", Value: l.Past, Want: "at least the warm-up"}
	}
	return nil
}

// Watch implements detect.Watcher.
func (l *Learner) Watch(b *flow.Batch, report func(*detect.Alert)) {
	l.hosts = b.Hosts
	l.buffer.Watch(b, l.Every, func(start, end int64) { l.close(start, end, report) })
}

// Flush implements detect.Watcher.
func (l *Learner) Flush(now time.Time, report func(*detect.Alert)) {
	l.buffer.Flush(now, func(start, end int64) { l.close(start, end, report) })
}

// close judges the window and learns from it: without the records of the
// address that is accused, so that an attack that goes on does not become
// ordinary.
func (l *Learner) close(start, end int64, report func(*detect.Alert)) {
	rows := l.buffer.Rows
	if len(rows) < l.Least {
		return
	}
	if l.judge == nil && len(l.past) >= l.Warm && (!l.learned || l.fresh >= relearn) || l.judge != nil && l.fresh >= relearn {
		l.learn(len(l.past))
		l.fresh = 0
	}
	v := l.vector(rows)
	if l.judge != nil {
		if score, reasons := l.judge.Judge(v); score > 1 {
			if c := l.culprit(rows); c != nil {
				c.alert.Start, c.alert.End = time.Unix(0, start).UTC(), time.Unix(0, end).UTC()
				c.alert.Score, c.alert.Reasons = score, reasons
				report(c.alert)
				v = c.vector
			}
		}
	}
	l.past = append(l.past, v)
	l.fresh++
	if over := len(l.past) - l.Past - relearn; over > 0 {
		l.past = slices.Delete(l.past, 0, over)
	}
}

func (l *Learner) vector(rows []Row) []float64 {
	defer l.scratch.reset()
	return l.kind.Vector(rows, &l.scratch)
}

// learn learns from the last of the first n windows kept.
func (l *Learner) learn(n int) {
	rows := l.past[max(0, n-l.Past):n]
	x := mat.NewDense(len(rows), len(l.kind.Names), nil)
	for i, r := range rows {
		x.SetRow(i, r)
	}
	l.judge, l.learned = l.kind.Learn(&features.Matrix{Names: l.kind.Names, X: x}), true
}

// Limit implements detect.Watcher.
func (l *Learner) Limit(bytes int64) { l.buffer.Limit(bytes) }

// Usage implements detect.Watcher.
func (l *Learner) Usage() detect.Usage {
	u := l.buffer.Usage()
	u.Entries += int64(len(l.past))
	u.Bytes += int64(len(l.past)*(8*len(l.kind.Names)+24)) + l.scratch.bytes()
	return u
}

// Save implements detect.Watcher. A judge is not written: it is learned again
// from the same windows.
func (l *Learner) Save(w *state.Writer) {
	l.buffer.Save(w)
	w.Len(len(l.past))
	for _, v := range l.past {
		w.Floats(v)
	}
	w.Int(int64(l.fresh))
	w.Bool(l.learned)
}

// Load implements detect.Watcher.
func (l *Learner) Load(r *state.Reader) {
	l.hosts = r.Hosts
	l.buffer.Load(r)
	l.past = nil
	for range r.Len(1 + 8*len(l.kind.Names)) {
		v := r.Floats()
		if len(v) != len(l.kind.Names) || slices.ContainsFunc(v, func(f float64) bool { return math.IsNaN(f) || math.IsInf(f, 0) }) {
			r.Fail()
			return
		}
		l.past = append(l.past, v)
	}
	fresh := r.Int()
	if l.learned = r.Bool(); r.Err() != nil {
		return
	}
	if fresh < 0 || l.learned && int(fresh) >= len(l.past) {
		r.Fail()
		return
	}
	if l.fresh = int(fresh); l.learned {
		l.learn(len(l.past) - l.fresh)
	}
}

// Package responses finds sources whose connections are not answered.
// Detector.Doc says what it does.
package responses

import (
	"math"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/bound"
	"toolkit/detect/state"
	"toolkit/detect/track"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector finds sources without answers.
var Detector = &detect.Detector{
	Name: "responses",
	Doc: `sources whose new connections are not answered

In each window of 5 min, the connections (addresses, ports, protocol) that a
source opens are counted, and those of them of which no record shows an answer:
all are in state new. A refusal is an answer. The source is accused if so many
of so many would go unanswered with a probability below 1e-6, by Chernoff's
bound of the binomial tail, where one in five does ordinarily (Jung et al. 2004).
So nine of nine are enough, 40 of 80 are, and 20 of 50 are not. Multicast and
broadcast don't count. The score is the bound's −ln.

It finds scans of what is not there, floods, spoofing, and what is of use to
operators and no attack: clients of a service that is down, who try again and
again, and rules that drop. An alert names the service if it is one.

Missed: failures that are refused (see scan); sources with much that works
besides; records without a state.`,
	Refs: []string{"Jung, Paxson, Berger, Balakrishnan: Fast Portscan Detection Using Sequential Hypothesis Testing. IEEE Symposium on Security and Privacy, 2004",
		"Hoeffding: Probability Inequalities for Sums of Bounded Random Variables. Journal of the American Statistical Association 58, 1963"},
	New: func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Window   time.Duration
	Ordinary float64 // share of connections without an answer
	False    float64 // probability that ordinary ones are as many

	hosts   *flow.Hosts
	clock   track.Clock
	conns   track.Table[track.Key, bool] // whether one is without an answer
	sources track.Table[flow.Host, source]
}

// A source is what one has opened in the present window.
type source struct {
	opened, silent int64
	dst            flow.Host // of the first one without an answer
	port           uint16
	services       int32 // how often the service was another
	last           int64
	records        track.Records
}

// Default returns the detector with its default parameters.
func Default() Watcher { return Watcher{Window: 5 * time.Minute, Ordinary: 0.2, False: 1e-6} }

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.DurationVar(&w.Window, "responses-window", w.Window, "window in which a source's connections are counted")
	fs.Float64Var(&w.Ordinary, "responses-ordinary", w.Ordinary, "share of connections without an answer that is ordinary")
	fs.Float64Var(&w.False, "responses-false", w.False, "probability that as many are without an answer by chance")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case w.Window <= 0:
		return &algo.ParamError{Name: "responses-window", Value: w.Window, Want: "above 0"}
	case !(w.Ordinary > 0 && w.Ordinary < 1):
		return &algo.ParamError{Name: "responses-ordinary", Value: w.Ordinary, Want: "above 0 and below 1"}
	case !(w.False > 0 && w.False < 1):
		return &algo.ParamError{Name: "responses-false", Value: w.False, Want: "above 0 and below 1"}
	}
	return nil
}

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.hosts, w.clock.Every = b.Hosts, int64(w.Window)
	for i, now := range b.Time {
		w.clock.At(now, func(start, _ int64) { w.close(start, report) })
		silent, fresh := w.conns.Touch(track.Key{Src: b.Src[i], Dst: b.Dst[i], SrcPort: b.SrcPort[i], DstPort: b.DstPort[i], Proto: b.Proto[i]}, now)
		isNew := b.State[i] == flow.New
		if !fresh && !*silent || isNew && flow.Group(b.Hosts.Addr(b.Dst[i])) {
			continue
		}
		s, first := w.sources.Touch(b.Src[i], now)
		if first {
			s.dst = track.NoHost
		}
		switch {
		case fresh:
			if s.opened++; !isNew {
				continue
			}
			*silent = true
			s.silent++
		case !isNew:
			*silent = false
			s.silent--
			continue
		}
		switch {
		case s.records.N == 0:
			s.dst, s.port = b.Dst[i], b.DstPort[i]
		case s.dst != b.Dst[i] || s.port != b.DstPort[i]:
			s.services++
		}
		s.last = now
		s.records.Add(b.Number(i))
	}
}

// Flush implements detect.Watcher.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	w.clock.Flush(now, func(start, _ int64) { w.close(start, report) })
}

func (w *Watcher) close(start int64, report func(*detect.Alert)) {
	level := math.Log(w.False)
	for h, s := range w.sources.All {
		chance := bound.Binomial(s.opened, s.silent, w.Ordinary)
		if chance > level {
			continue
		}
		a := &detect.Alert{
			Start: time.Unix(0, start).UTC(), End: time.Unix(0, s.last).UTC(),
			Subject: detect.Subject{Src: w.hosts.Addr(h)},
			Score:   -chance,
			Reasons: []algo.Reason{{Column: "unanswered", Value: float64(s.silent), Low: math.Inf(-1), High: math.Floor(float64(s.opened) * bound.Share(s.opened, w.Ordinary, level))},
				{Column: "num_conns", Value: float64(s.opened), Low: math.Inf(-1), High: math.Inf(1)}},
			Records: s.records.Take(),
		}
		if s.services == 0 {
			a.Subject.Dst, a.Subject.DstPort = w.hosts.Addr(s.dst), s.port
		}
		detect.SortRecords(a)
		report(a)
	}
	w.conns.Clear()
	w.sources.Clear()
}

// Limit implements detect.Watcher.
func (w *Watcher) Limit(bytes int64) {
	w.conns.Max = track.Room(bytes*3/4, &w.conns, 0)
	w.sources.Max = track.Room(bytes/4, &w.sources, 128)
}

// Usage implements detect.Watcher.
func (w *Watcher) Usage() (u detect.Usage) {
	u.Entries, u.Bytes, u.Evicted = track.Usage(&w.conns, &w.sources)
	for _, s := range w.sources.All {
		u.Bytes += s.records.Bytes()
	}
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.clock.Save(to)
	w.conns.Save(to, track.SaveKey, func(to *state.Writer, silent *bool) { to.Bool(*silent) })
	w.sources.Save(to, track.SaveHost, func(to *state.Writer, s *source) {
		to.Int(s.opened)
		to.Int(s.silent)
		track.Key{Src: track.NoHost, Dst: s.dst, DstPort: s.port}.Save(to)
		to.Int(int64(s.services))
		to.Int(s.last)
		s.records.Save(to)
	})
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.hosts, w.clock.Every = from.Hosts, int64(w.Window)
	w.clock.Load(from)
	w.conns.Load(from, track.LoadKey, func(from *state.Reader, silent *bool) { *silent = from.Bool() })
	w.sources.Load(from, (*state.Reader).Host, func(from *state.Reader, s *source) {
		s.opened, s.silent = from.Int(), from.Int()
		k := track.LoadKey(from)
		s.dst, s.port = k.Dst, k.DstPort
		s.services, s.last = int32(from.Int()), from.Int()
		s.records.Load(from)
	})
}

// Package flood finds floods of half-open connections. Detector.Doc says what
// it does.
package flood

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

// Detector finds floods.
var Detector = &detect.Detector{
	Name: "flood",
	Doc: `many half-open or unanswered connections to one service

In each window of 10 s, the records to a service (address, port and protocol)
that are new (no answer) or connecting (answered, never opened) are counted. The
service is flooded if there are at least 50, which is what the SYN flood rules of
intrusion detection systems are usually set to (50 to 100 in 10 s), and if so many
of all its records would be so with a probability below 1e-6 where one of five
fails ordinarily (Chernoff's bound of the binomial tail). The score is half-open
connections a second. An alert tells of a service in a window, and of the source
where it is one.

Missed: floods of complete connections or of requests; those spread over many
services of a host; records without a state, as of one-way NetFlow.`,
	Refs: []string{
		"Eddy: TCP SYN Flooding Attacks and Common Mitigations. RFC 4987, 2007",
		"Hoeffding: Probability Inequalities for Sums of Bounded Random Variables. Journal of the American Statistical Association 58, 1963",
	},
	New: func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Window time.Duration
	Least  int64   // half-open connections a window
	False  float64 // probability that ordinary failures are as many

	hosts    *flow.Hosts
	clock    track.Clock
	services track.Table[track.Key, service]
}

// A service is what came to one in the present window.
type service struct {
	half, all int64
	src       flow.Host
	sources   int32 // how often the source was another than src; 0 for one source
	last      int64
	records   track.Records
}

// ordinary is the share of failures that is taken for ordinary: 1 less the
// probability of success that Jung et al. (2004) assume.
const ordinary = 0.2

// Default returns the detector with its default parameters.
func Default() Watcher { return Watcher{Window: 10 * time.Second, Least: 50, False: 1e-6} }

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.DurationVar(&w.Window, "flood-window", w.Window, "window in which connections to a service are counted")
	fs.Int64Var(&w.Least, "flood-least", w.Least, "half-open connections in a window from which on there may be a flood")
	fs.Float64Var(&w.False, "flood-false", w.False, "probability that as many are half-open by chance")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case w.Window <= 0:
		return &algo.ParamError{Name: "flood-window", Value: w.Window, Want: "above 0"}
	case w.Least < 1:
		return &algo.ParamError{Name: "flood-least", Value: w.Least, Want: "1 or more"}
	case !(w.False > 0 && w.False < 1):
		return &algo.ParamError{Name: "flood-false", Value: w.False, Want: "above 0 and below 1"}
	}
	return nil
}

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.hosts, w.clock.Every = b.Hosts, int64(w.Window)
	for i, now := range b.Time {
		w.clock.At(now, func(start, end int64) { w.close(start, report) })
		s, fresh := w.services.Touch(track.Key{Src: track.NoHost, Dst: b.Dst[i], DstPort: b.DstPort[i], Proto: b.Proto[i]}, now)
		if s.all++; fresh {
			s.src = track.NoHost
		}
		if st := b.State[i]; st != flow.New && st != flow.Connecting {
			continue
		}
		if s.half == 0 {
			s.src = b.Src[i]
		} else if s.src != b.Src[i] {
			s.sources++
		}
		s.half++
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
	for k, s := range w.services.All {
		if s.half < w.Least || bound.Binomial(s.all, s.half, ordinary) > level {
			continue
		}
		a := &detect.Alert{
			Start: time.Unix(0, start).UTC(), End: time.Unix(0, s.last).UTC(),
			Subject: detect.Subject{Dst: w.hosts.Addr(k.Dst), DstPort: k.DstPort, Proto: k.Proto},
			Score:   float64(s.half) / w.Window.Seconds(),
			Reasons: []algo.Reason{
				{Column: "half_open", Value: float64(s.half), Low: math.Inf(-1), High: float64(w.Least - 1)},
				{Column: "half_open_share", Value: float64(s.half) / float64(s.all), Low: math.Inf(-1), High: bound.Share(s.all, ordinary, level)},
			},
			Records: s.records.Take(),
		}
		if s.sources == 0 {
			a.Subject.Src = w.hosts.Addr(s.src)
		}
		detect.SortRecords(a)
		report(a)
	}
	w.services.Clear()
}

// Limit implements detect.Watcher.
func (w *Watcher) Limit(bytes int64) { w.services.Max = track.Room(bytes, &w.services, 32) }

// Usage implements detect.Watcher.
func (w *Watcher) Usage() (u detect.Usage) {
	u.Entries, u.Bytes, u.Evicted = track.Usage(&w.services)
	for _, s := range w.services.All {
		u.Bytes += s.records.Bytes()
	}
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.clock.Save(to)
	w.services.Save(to, track.SaveKey, func(to *state.Writer, s *service) {
		to.Int(s.half)
		to.Int(s.all)
		track.Key{Src: s.src, Dst: track.NoHost}.Save(to)
		to.Int(int64(s.sources))
		to.Int(s.last)
		s.records.Save(to)
	})
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.hosts, w.clock.Every = from.Hosts, int64(w.Window)
	w.clock.Load(from)
	w.services.Load(from, track.LoadKey, func(from *state.Reader, s *service) {
		s.half, s.all, s.src, s.sources, s.last = from.Int(), from.Int(), track.LoadKey(from).Src, int32(from.Int()), from.Int()
		s.records.Load(from)
	})
}

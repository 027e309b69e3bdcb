// Package exfiltration finds unusual amounts of data that leave a host.
// Detector.Doc says what it does.
package exfiltration

import (
	"math"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/track"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector finds exfiltration.
var Detector = &detect.Detector{
	Name: "exfiltration",
	Doc: `much data to a destination that is new to a host

In each window of 10 min, the bytes that a source has sent to a destination and
got from it are added up. Three things together make an alert. The amount: at
least 10 MB, and twice the 0.99-quantile of what the source has sent to its
destinations in windows before (from a sketch; while there are fewer than 100 of
them, of what all sources have). Quartiles would not do: most amounts are those
of queries, and say nothing of transfers.
The asymmetry: at least 10 times what came back. And the novelty: the source
first met the destination within the last hour, or has been accused of it. What
has been accused does not become ordinary. The score is the decimal logarithm of
the amount over that bound.

Missed: what is sent in small portions, or to a destination that is used
anyway (a cloud drive), and sources that only ever exfiltrate. A first backup, or
an upload of a video, looks the same.`,
	Refs: []string{
		"Marchetti, Pierazzi, Colajanni, Guido: Analysis of high volumes of network traffic for Advanced Persistent Threat detection. Computer Networks 109, 2016",
	},
	New: func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Window time.Duration
	Bytes  int64         // up, at least
	Ratio  float64       // bytes up by bytes down, at least
	New    time.Duration // how long a destination is new
	Memory time.Duration // how long pairs and sources are remembered

	hosts   *flow.Hosts
	clock   track.Clock
	pairs   track.Table[track.Key, pair]
	sources track.Table[flow.Host, track.Sketch]
	all     track.Sketch // of all sources
	active  []track.Key  // pairs with records in the present window, in the order of the first
}

// A pair is what is known of a source and a destination.
type pair struct {
	since   int64 // of the first record
	accused bool
	active  bool // has records in the present window, which the rest is about
	up      int64
	down    int64
	first   int64
	last    int64
	records track.Records
}

// leastHistory is how many amounts make a source's own history.
const leastHistory = 100

// A bound of amounts is times the quantile of those before.
const (
	quantile = 0.99
	times    = 2
)

// Default returns the detector with its default parameters.
func Default() Watcher {
	return Watcher{Window: 10 * time.Minute, Bytes: 10e6, Ratio: 10, New: time.Hour, Memory: 24 * time.Hour}
}

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.DurationVar(&w.Window, "exfiltration-window", w.Window, "window in which bytes are added up")
	fs.Int64Var(&w.Bytes, "exfiltration-bytes", w.Bytes, "bytes up in a window, at the least")
	fs.Float64Var(&w.Ratio, "exfiltration-ratio", w.Ratio, "bytes up for each byte down, at the least")
	fs.DurationVar(&w.New, "exfiltration-new", w.New, "how long a destination is new to a source")
	fs.DurationVar(&w.Memory, "exfiltration-memory", w.Memory, "how long a pair is remembered after its last record")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case w.Window <= 0:
		return &algo.ParamError{Name: "exfiltration-window", Value: w.Window, Want: "above 0"}
	case w.Bytes < 1:
		return &algo.ParamError{Name: "exfiltration-bytes", Value: w.Bytes, Want: "1 or more"}
	case !(w.Ratio > 0) || math.IsInf(w.Ratio, 0):
		return &algo.ParamError{Name: "exfiltration-ratio", Value: w.Ratio, Want: "above 0"}
	case w.New <= 0:
		return &algo.ParamError{Name: "exfiltration-new", Value: w.New, Want: "above 0"}
	case w.Memory < w.New:
		return &algo.ParamError{Name: "exfiltration-memory", Value: w.Memory, Want: "at least as long as exfiltration-new"}
	}
	return nil
}

func (w *Watcher) begin(hosts *flow.Hosts) {
	w.hosts, w.clock.Every = hosts, int64(w.Window)
	w.pairs.Idle, w.sources.Idle = int64(w.Memory), int64(w.Memory)
}

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.begin(b.Hosts)
	for i, now := range b.Time {
		w.clock.At(now, func(start, _ int64) { w.close(start, report) })
		k := track.Key{Src: b.Src[i], Dst: b.Dst[i]}
		p, fresh := w.pairs.Touch(k, now)
		if fresh {
			p.since = now
		}
		if !p.active {
			p.active, p.first = true, now
			w.active = append(w.active, k)
		}
		p.up += b.BytesUp[i]
		p.down += b.BytesDown[i]
		p.last = now
		p.records.Add(b.Number(i))
	}
}

// Flush implements detect.Watcher.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	w.clock.Flush(now, func(start, _ int64) { w.close(start, report) })
}

// close judges the pairs of the window that began at start, all by what was
// before it.
func (w *Watcher) close(start int64, report func(*detect.Alert)) {
	for _, k := range w.active {
		if p := w.pairs.Get(k); p != nil && p.active {
			if a := w.judge(k, p); a != nil {
				report(a)
				p.up = -1 // is not learned
				p.accused = true
			}
		}
	}
	for _, k := range w.active {
		p := w.pairs.Get(k)
		if p == nil || !p.active {
			continue
		}
		if p.up >= 0 {
			w.learn(k.Src, float64(p.up), start)
		}
		*p = pair{since: p.since, accused: p.accused}
	}
	w.active = w.active[:0]
}

// learn adds an amount to a source's history and to that of all.
func (w *Watcher) learn(src flow.Host, up float64, at int64) {
	s, _ := w.sources.Touch(src, at)
	for _, s := range []*track.Sketch{s, &w.all} {
		if s.Add(up); s.N >= 1<<20 {
			s.Halve()
		}
	}
}

// judge returns an alert, or nil.
func (w *Watcher) judge(k track.Key, p *pair) *detect.Alert {
	up, down := float64(p.up), float64(p.down)
	if p.up < w.Bytes || up < w.Ratio*down || !p.accused && p.first-p.since > int64(w.New) {
		return nil
	}
	history := w.sources.Get(k.Src)
	if history == nil || history.N < leastHistory {
		history = &w.all
	}
	if history.N < leastHistory {
		return nil
	}
	fence := times * history.Quantile(quantile)
	if up <= fence {
		return nil
	}
	a := &detect.Alert{
		Start: time.Unix(0, p.first).UTC(), End: time.Unix(0, p.last).UTC(),
		Subject: detect.Subject{Src: w.hosts.Addr(k.Src), Dst: w.hosts.Addr(k.Dst)},
		Score:   math.Log10(up / fence),
		Reasons: []algo.Reason{
			{Column: "bytes_up", Value: up, Low: math.Inf(-1), High: max(fence, float64(w.Bytes))},
			{Column: "bytes_ratio", Value: down / up, Low: 1 / w.Ratio, High: math.Inf(1)},
			{Column: "seconds_known", Value: float64(p.first-p.since) / 1e9, Low: w.New.Seconds(), High: math.Inf(1)},
		},
		Records: p.records.Take(),
	}
	if p.accused { // its age is no reason
		a.Reasons = a.Reasons[:2]
	}
	detect.SortRecords(a)
	return a
}

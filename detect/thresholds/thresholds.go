// Package thresholds learns what is usual for each host. Detector.Doc says
// what it does.
package thresholds

import (
	"math"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/track"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector holds hosts to what they did before.
var Detector = &detect.Detector{
	Name: "thresholds",
	Doc: `hosts that do much more than they ever did

Each host has thresholds of its own, for what it does as a source (out) and for
what is done to it as a destination (in): records, bytes up and down, distinct
peers and distinct destination ports in windows of a minute, of those in which it
has records. The logarithm of 1 + each is followed by an exponentially weighted
mean and mean absolute deviation (weight 0.05: about the last half hour), into which
what is above the threshold goes only as the threshold itself. The threshold is 8
deviations (1.25 mean absolute ones each), and at least a factor of 10, above the mean,
after 60 windows; and at least 100 records, 1 MB, 20 peers or 20 ports. Once the host has been known for a day, a value must be as far
above the mean of its hour of the day, too, which is learned alike: the backup
of every night is no surprise.

Kinds: out and in. The score is how many deviations the value is above the
mean, the most of all features. An alert has all records of the host in the
window. Distinct numbers are linear counts of 512 bits, right to about 10 % up to 1,500.

Missed: what rises slowly, what a host does in its first hour, and less than
10 times the usual. Found and mostly harmless: downloads, backups, updates.`,
	Refs: []string{
		"Roberts: Control Chart Tests Based on Geometric Moving Averages. Technometrics 1, 1959",
		"Whang, Vander-Zanden, Taylor: A Linear-Time Probabilistic Counting Algorithm for Database Applications. ACM TODS 15, 1990",
		"Brutlag: Aberrant Behavior Detection in Time Series for Network Monitoring. LISA, 2000",
	},
	New: func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Window     time.Duration
	Deviations float64
	Factor     float64 // a threshold by the mean, at the least
	WarmUp     int64   // windows
	Memory     time.Duration

	hosts  *flow.Hosts
	clock  track.Clock
	known  track.Table[track.Key, host]
	active []track.Key // with records in the present window
}

// The directions of a host, as Kind of its key.
const (
	out = 1
	in  = 2
)

// Default returns the detector with its default parameters.
func Default() Watcher {
	return Watcher{Window: time.Minute, Deviations: 8, Factor: 10, WarmUp: 60, Memory: 7 * 24 * time.Hour}
}

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.DurationVar(&w.Window, "thresholds-window", w.Window, "window in which a host's records are added up")
	fs.Float64Var(&w.Deviations, "thresholds-deviations", w.Deviations, "deviations above its mean that a host's threshold is")
	fs.Float64Var(&w.Factor, "thresholds-factor", w.Factor, "factor above its mean that a host's threshold is at the least")
	fs.Int64Var(&w.WarmUp, "thresholds-warmup", w.WarmUp, "windows with records after which a host is judged")
	fs.DurationVar(&w.Memory, "thresholds-memory", w.Memory, "how long a host is remembered after its last record")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case w.Window <= 0:
		return &algo.ParamError{Name: "thresholds-window", Value: w.Window, Want: "above 0"}
	case !(w.Deviations > 0) || math.IsInf(w.Deviations, 0):
		return &algo.ParamError{Name: "thresholds-deviations", Value: w.Deviations, Want: "above 0"}
	case !(w.Factor >= 1) || math.IsInf(w.Factor, 0):
		return &algo.ParamError{Name: "thresholds-factor", Value: w.Factor, Want: "1 or more"}
	case w.WarmUp < 1:
		return &algo.ParamError{Name: "thresholds-warmup", Value: w.WarmUp, Want: "1 or more"}
	case w.Memory <= w.Window:
		return &algo.ParamError{Name: "thresholds-memory", Value: w.Memory, Want: "longer than a window"}
	}
	return nil
}

func (w *Watcher) begin(hosts *flow.Hosts) {
	w.hosts, w.clock.Every, w.known.Idle = hosts, int64(w.Window), int64(w.Memory)
}

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.begin(b.Hosts)
	for i, now := range b.Time {
		w.clock.At(now, func(start, end int64) { w.close(start, end, report) })
		w.add(b, i, track.Key{Src: b.Src[i], Dst: track.NoHost, Kind: out}, b.Dst[i], now)
		w.add(b, i, track.Key{Src: b.Dst[i], Dst: track.NoHost, Kind: in}, b.Src[i], now)
	}
}

func (w *Watcher) add(b *flow.Batch, i int, k track.Key, peer flow.Host, now int64) {
	h, fresh := w.known.Touch(k, now)
	if fresh {
		h.since = now
	}
	if h.records.N == 0 {
		w.active = append(w.active, k)
	}
	h.up += b.BytesUp[i]
	h.down += b.BytesDown[i]
	h.peers.add(b.Hosts.Addr(peer))
	h.ports.addPort(b.DstPort[i])
	h.records.Add(b.Number(i))
}

// Flush implements detect.Watcher.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	w.clock.Flush(now, func(start, end int64) { w.close(start, end, report) })
}

func (w *Watcher) close(start, end int64, report func(*detect.Alert)) {
	for _, k := range w.active {
		h := w.known.Get(k)
		if h == nil || h.records.N == 0 {
			continue // forgotten meanwhile
		}
		score, reasons := w.judge(h, start)
		records := h.records.Take()
		h.up, h.down, h.peers, h.ports = 0, 0, counter{}, counter{}
		if len(reasons) == 0 {
			continue
		}
		a := &detect.Alert{Kind: "out", Start: time.Unix(0, start).UTC(), End: time.Unix(0, end).UTC(), Score: score, Reasons: reasons, Records: records}
		if k.Kind == out {
			a.Subject.Src = w.hosts.Addr(k.Src)
		} else {
			a.Kind, a.Subject.Dst = "in", w.hosts.Addr(k.Src)
		}
		detect.SortRecords(a)
		report(a)
	}
	w.active = w.active[:0]
}

// judge holds what h did in a window to what it did before, and learns it.
func (w *Watcher) judge(h *host, start int64) (score float64, reasons []algo.Reason) {
	h.windows++
	hour := int(flow.FloorDiv(start, int64(time.Hour)) % 24)
	if hour < 0 {
		hour += 24
	}
	seasoned := start-h.since >= int64(24*time.Hour)
	if seasoned && h.season == nil {
		h.season = new(season)
	}
	for f, v := range h.values() {
		x := math.Log1p(v)
		m := &h.marks[f]
		width := max(w.Deviations*meanAbsolute*m.deviation, math.Log(w.Factor))
		base := m.level
		if seasoned {
			base = max(base, h.season.level(hour, f))
		}
		if h.windows > w.WarmUp && x > base+width && v > least[f] {
			score = max(score, (x-base)*w.Deviations/width)
			reasons = append(reasons, algo.Reason{Column: names[f], Value: v, Low: math.Inf(-1), High: max(least[f], math.Expm1(base+width))})
		}
		if h.windows > w.WarmUp {
			x = min(x, m.level+width)
		}
		weight := max(forget, 1/float64(h.windows))
		m.deviation += weight * (math.Abs(x-m.level) - m.deviation)
		if h.windows == 1 {
			m.deviation = 0
		}
		m.level += weight * (x - m.level)
		if h.season != nil {
			h.season.learn(hour, f, x)
		}
	}
	return score, reasons
}

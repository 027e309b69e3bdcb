// Package windowhbos scores each pair of addresses of a window by histograms
// of those before. Detector.Doc says what it does.
package windowhbos

import (
	"math"
	"slices"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/window"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector scores pairs by decaying histograms.
var Detector = &detect.Detector{
	Name: "windowhbos",
	Doc: `pairs of addresses of rare numbers, by histograms that forget (HBOS)

In each window of ten seconds a pair of addresses has five numbers: records,
distinct destination ports, bytes up and bytes down a record, and records
without an answer or refused. Each number's logarithm has a histogram of
all pairs so far, in bins that grow by a half. A pair's score is the
sum over the numbers of ln(fullest bin / its bin), as in static HBOS, for numbers
above the fullest bin: pairs of less than usual are no news. Histograms have the same
bins everywhere, so they merge by adding, and they forget: what was counted
halves every hour.

A pair is strange if its score is more than 5 above the 99.9th percentile of past
scores, which are in such a histogram too: as if it were 150 times rarer.
Strange pairs are not learned from, so that what goes on does not become
ordinary. Nothing is judged before 1,000 pairs have been seen.

What is common each and rare together is not seen (a property of HBOS), nor is
what makes but a small pair in each window: slow scans, beacons, scans of many
addresses.`,
	Refs: []string{
		"Goldstein, Dengel: Histogram-based Outlier Score (HBOS): A fast Unsupervised Anomaly Detection Algorithm. KI-2012 Poster and Demo Track.",
	},
	New: func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Every    time.Duration
	HalfLife time.Duration
	Percent  float64 // percentile of past scores
	Margin   float64 // above it
	Warm     int     // pairs to learn from before any is judged

	buffer window.Buffer
	hosts  *flow.Hosts
	past   [numColumns]histogram
	scores histogram
	seen   int64
	last   int64 // start of the last window

	pairs, ports window.Set // of the window being judged, and the ports of pairs
}

// Default returns the detector with its default parameters.
func Default() Watcher {
	return Watcher{Every: 10 * time.Second, HalfLife: time.Hour, Percent: 99.9, Margin: 5, Warm: 1000}
}

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.DurationVar(&w.Every, "hbos-window", w.Every, "length of the windows whose pairs are scored")
	fs.DurationVar(&w.HalfLife, "hbos-half-life", w.HalfLife, "after how long what was seen of pairs counts half")
	fs.Float64Var(&w.Percent, "hbos-percentile", w.Percent, "percentile of past scores of pairs that a strange one is above")
	fs.Float64Var(&w.Margin, "hbos-margin", w.Margin, "by how much it is above")
	fs.IntVar(&w.Warm, "hbos-warm-up", w.Warm, "pairs to learn from before any is judged")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case w.Every <= 0:
		return &algo.ParamError{Name: "hbos-window", Value: w.Every, Want: "above 0"}
	case w.HalfLife <= 0:
		return &algo.ParamError{Name: "hbos-half-life", Value: w.HalfLife, Want: "above 0"}
	case !(w.Percent > 0 && w.Percent <= 100):
		return &algo.ParamError{Name: "hbos-percentile", Value: w.Percent, Want: "above 0 and at most 100"}
	case !(w.Margin >= 0) || math.IsInf(w.Margin, 0):
		return &algo.ParamError{Name: "hbos-margin", Value: w.Margin, Want: "at least 0"}
	case w.Warm < 1:
		return &algo.ParamError{Name: "hbos-warm-up", Value: w.Warm, Want: "at least 1"}
	}
	return nil
}

var columns = [numColumns]string{"ln_num_conns", "ln_dst_ports", "ln_bytes_up_per_conn", "ln_bytes_dw_per_conn", "ln_failed"}

const numColumns = 5

// A pair is one of a window.
type pair struct {
	src, dst               flow.Host
	records, ports, failed int64
	up, down               int64
	values                 [numColumns]float64
}

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.hosts = b.Hosts
	w.buffer.Watch(b, w.Every, func(start, end int64) { w.close(start, end, report) })
}

// Flush implements detect.Watcher.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	w.buffer.Flush(now, func(start, end int64) { w.close(start, end, report) })
}

// close judges the pairs of a window by those of the windows before it, in the
// order of addresses, and then learns from them.
func (w *Watcher) close(start, end int64, report func(*detect.Alert)) {
	pairs := w.gather()
	if w.seen > 0 {
		factor := math.Exp2(-float64(start-w.last) / float64(w.HalfLife))
		for c := range w.past {
			w.past[c].decay(factor)
		}
		w.scores.decay(factor)
	}
	w.last = start
	var (
		now    [numColumns]histogram
		scores histogram
		limit  = math.Inf(1)
	)
	if w.seen >= int64(w.Warm) {
		limit = w.scores.quantile(w.Percent/100) + w.Margin
	}
	var usual [numColumns]usual
	for c := range w.past {
		usual[c] = w.past[c].usual()
	}
	for i := range pairs {
		p := &pairs[i]
		score, reasons := w.score(p, &usual)
		if score > limit {
			a := &detect.Alert{
				Start: time.Unix(0, start).UTC(), End: time.Unix(0, end).UTC(), Score: score,
				Subject: detect.Subject{Src: w.hosts.Addr(p.src), Dst: w.hosts.Addr(p.dst)},
				Reasons: append([]algo.Reason{{Column: "rarity", Value: score, Low: math.Inf(-1), High: limit}}, reasons...),
			}
			for _, r := range w.buffer.Rows {
				if r.Src == p.src && r.Dst == p.dst {
					a.Records = append(a.Records, r.Number)
				}
			}
			slices.Sort(a.Records)
			report(a)
			continue
		}
		for c, v := range p.values {
			now[c].add(v, 1)
		}
		scores.add(score, 1)
		w.seen++
	}
	for c := range now {
		w.past[c].merge(&now[c])
	}
	w.scores.merge(&scores)
}

// score returns how rare a pair's numbers are, and which.
func (w *Watcher) score(p *pair, of *[numColumns]usual) (score float64, reasons []algo.Reason) {
	var share [numColumns]float64
	for c, v := range p.values {
		if v > of[c].high {
			share[c] = w.past[c].rarity(v, of[c].most)
			score += share[c]
		}
	}
	for c, s := range share {
		if s > 0 {
			reasons = append(reasons, algo.Reason{Column: columns[c], Value: p.values[c], Low: of[c].low, High: of[c].high, Weight: s / score})
		}
	}
	algo.SortReasons(reasons)
	return score, reasons
}

// gather returns the pairs of the open window in the order of addresses.
func (w *Watcher) gather() []pair {
	defer w.pairs.Reset()
	defer w.ports.Reset()
	pairs := make([]pair, 0, 64)
	for i := range w.buffer.Rows {
		r := &w.buffer.Rows[i]
		n, fresh := w.pairs.Add(uint64(r.Src)<<32 | uint64(r.Dst))
		if fresh {
			pairs = append(pairs, pair{src: r.Src, dst: r.Dst})
		}
		p := &pairs[n]
		if _, fresh := w.ports.Add(uint64(n)<<16 | uint64(r.DstPort)); fresh {
			p.ports++
		}
		if r.State == flow.New || r.State == flow.Reset {
			p.failed++
		}
		p.records++
		p.up, p.down = p.up+r.Up, p.down+r.Down
	}
	ln := func(v float64) float64 { return math.Log1p(max(0, v)) }
	for i := range pairs {
		p := &pairs[i]
		n := float64(p.records)
		p.values = [numColumns]float64{ln(n), ln(float64(p.ports)), ln(float64(p.up) / n), ln(float64(p.down) / n), ln(float64(p.failed))}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := w.hosts.Addr(a.src).Compare(w.hosts.Addr(b.src)); c != 0 {
			return c
		}
		return w.hosts.Addr(a.dst).Compare(w.hosts.Addr(b.dst))
	})
	return pairs
}

// Limit implements detect.Watcher.
func (w *Watcher) Limit(bytes int64) { w.buffer.Limit(bytes) }

// Usage implements detect.Watcher.
func (w *Watcher) Usage() detect.Usage {
	u := w.buffer.Usage()
	u.Bytes += w.pairs.Bytes() + w.ports.Bytes()
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.buffer.Save(to)
	for c := range w.past {
		w.past[c].save(to)
	}
	w.scores.save(to)
	to.Int(w.seen)
	to.Int(w.last)
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.hosts = from.Hosts
	w.buffer.Load(from)
	for c := range w.past {
		w.past[c].load(from)
	}
	w.scores.load(from)
	w.seen, w.last = from.Int(), from.Int()
}

// Package beacon finds connections at regular intervals. Detector.Doc says
// what it does.
package beacon

import (
	"math"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/track"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector finds beacons.
var Detector = &detect.Detector{
	Name: "beacon",
	Doc: `connections at regular intervals and of regular size

Malware reports to its master like a clock. For each source, destination, port
and protocol the last 64 gaps between connections and the last 64 sizes (bytes
up) are kept. From 20 connections on they are scored as RITA does: gaps by the
mean of 1−|Bowley's skewness| and 1−MADM (the median absolute deviation by the
median), sizes likewise, and the score is the mean of both; but a skewness that
chance gives to so few symmetric numbers, up to 1.4/√n, does not count. A pair is a
beacon from a score of 0.85 on if MADM of the gaps is at most 0.25, which gaps that
are uniform within ±50 % of their mean have (jitter of up to half the interval, the
most that is usual in command-and-control frameworks) and those of independent
arrivals, 0.69, do not.

A destination that half of all sources and at least five use loses 0.15, as in
RITA: updates, time and monitoring are regular, too. Records of one connection
(the same source port again) are not connections: firewalls and exporters
report on long ones at fixed intervals. Multicast and broadcast are no
connections either. Connections less than a second after
another count with it, and pairs whose median gap is below 5 s are left alone: with times
in whole seconds any gaps of one or two look regular.

An alert has all records of the pair from the first on; another follows when
they have doubled, unless the score has fallen by 0.1 meanwhile. Missed: fewer than 20 connections; more jitter; beacons that
share port and address with irregular traffic, or change their address. Found
and mostly harmless: time, updates, polling mail, monitoring.`,
	Refs: []string{
		"Active Countermeasures: RITA, Real Intelligence Threat Analytics (beacon analysis), version 4, 2021",
		"Bowley: Elements of Statistics. King, 1901",
	},
	New: func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Score float64       // from which on a pair is a beacon
	Least int64         // connections
	Gap   time.Duration // median, at least
	Every time.Duration
	Idle  time.Duration

	hosts   *flow.Hosts
	clock   track.Clock
	pairs   track.Table[track.Key, pair]
	dsts    track.Table[flow.Host, int64] // how many pairs of source and service each has
	sources track.Table[flow.Host, struct{}]
	gaps    []float64
	sizes   []float64
}

// A pair is what is known of a source's connections to a service.
type pair struct {
	n           int64 // connections
	first, last int64 // times of the first and the last one
	sourcePort  uint16
	fresh       bool     // there was a connection since it was last judged
	told        int64    // records told of
	since       int64    // time of the first record not told of
	gaps, sizes []uint32 // rings of the last ones: milliseconds, bytes
	records     track.Records
}

const (
	ring          = 64
	mostSpread    = 0.25 // MADM of gaps uniform in ±50 % of their mean
	common        = 0.5  // share of sources
	commonSources = 5
	commonLoss    = 0.15
	clinging      = 0.1 // what a beacon may lose of its score and is still told of
)

// Default returns the detector with its default parameters.
func Default() Watcher {
	return Watcher{Score: 0.85, Least: 20, Gap: 5 * time.Second, Every: 10 * time.Minute, Idle: 24 * time.Hour}
}

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.Float64Var(&w.Score, "beacon-score", w.Score, "score from which on connections are a beacon")
	fs.Int64Var(&w.Least, "beacon-least", w.Least, "connections from which on they are scored")
	fs.DurationVar(&w.Gap, "beacon-gap", w.Gap, "median time between connections, at the least")
	fs.DurationVar(&w.Every, "beacon-every", w.Every, "how often pairs are scored")
	fs.DurationVar(&w.Idle, "beacon-idle", w.Idle, "how long a pair is remembered after its last record")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case !(w.Score > 0 && w.Score <= 1):
		return &algo.ParamError{Name: "beacon-score", Value: w.Score, Want: "above 0 and at most 1"}
	case w.Least < 4:
		return &algo.ParamError{Name: "beacon-least", Value: w.Least, Want: "4 or more"}
	case w.Gap < time.Second:
		return &algo.ParamError{Name: "beacon-gap", Value: w.Gap, Want: "a second or more"}
	case w.Every <= 0:
		return &algo.ParamError{Name: "beacon-every", Value: w.Every, Want: "above 0"}
	case w.Idle <= 0:
		return &algo.ParamError{Name: "beacon-idle", Value: w.Idle, Want: "above 0"}
	}
	return nil
}

func (w *Watcher) begin(hosts *flow.Hosts) {
	w.hosts, w.clock.Every = hosts, int64(w.Every)
	w.pairs.Idle, w.dsts.Idle, w.sources.Idle = int64(w.Idle), int64(w.Idle), int64(w.Idle)
}

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.begin(b.Hosts)
	for i, now := range b.Time {
		w.clock.At(now, func(_, _ int64) { w.close(report) })
		if !flow.Group(b.Hosts.Addr(b.Dst[i])) {
			w.add(b, i, now)
		}
	}
}

func (w *Watcher) add(b *flow.Batch, i int, now int64) {
	p, fresh := w.pairs.Touch(track.Key{Src: b.Src[i], Dst: b.Dst[i], DstPort: b.DstPort[i], Proto: b.Proto[i]}, now)
	if p.records.N == 0 {
		p.since = now
	}
	p.records.Add(b.Number(i))
	up := uint32(min(b.BytesUp[i], math.MaxUint32))
	switch {
	case fresh:
		n, _ := w.dsts.Touch(b.Dst[i], now)
		*n++
		w.sources.Touch(b.Src[i], now)
		p.first = now
	case b.SrcPort[i] == p.sourcePort && b.SrcPort[i] != 0:
		return // the same connection
	default:
		// Gaps of 0 are those of a burst, which counts as one connection.
		if now-p.last < int64(time.Second) {
			return
		}
		put(&p.gaps, p.n-1, uint32(min((now-p.last)/1e6, math.MaxUint32)))
	}
	put(&p.sizes, p.n, up)
	p.n++
	p.last, p.sourcePort, p.fresh = now, b.SrcPort[i], true
}

// put puts the n-th number in a ring.
func put(r *[]uint32, n int64, v uint32) {
	if len(*r) < ring {
		*r = append(*r, v)
	} else {
		(*r)[n%ring] = v
	}
}

// Flush implements detect.Watcher.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	w.clock.Flush(now, func(_, _ int64) { w.close(report) })
	if now.IsZero() {
		w.pairs.All(func(k track.Key, p *pair) bool {
			if p.told > 0 && p.records.N > 0 {
				w.judge(k, p, report)
			}
			return true
		})
	}
}

// close judges the pairs with new connections of which there is no alert
// yet, or half as much has been told as there is.
func (w *Watcher) close(report func(*detect.Alert)) {
	for k, p := range w.pairs.All {
		if p.fresh && p.n >= w.Least && p.records.N >= p.told {
			p.fresh = false
			w.judge(k, p, report)
		}
	}
}

func (w *Watcher) judge(k track.Key, p *pair, report func(*detect.Alert)) {
	w.gaps, w.sizes = floats(w.gaps, p.gaps), floats(w.sizes, p.sizes)
	gaps := shapeOf(w.gaps)
	if gaps.dispersion > mostSpread || gaps.median < float64(w.Gap.Milliseconds()) {
		return
	}
	sizes := shapeOf(w.sizes)
	score := (gaps.regular() + sizes.regular()) / 2
	used := int64(0)
	if n := w.dsts.Get(k.Dst); n != nil {
		used = *n
	}
	if used >= commonSources && float64(used) >= common*float64(w.sources.Len()) {
		score -= commonLoss
	}
	need := w.Score
	if p.told > 0 {
		need -= clinging
	}
	if score < need {
		return
	}
	p.told += p.records.N
	a := &detect.Alert{
		Start: time.Unix(0, p.since).UTC(), End: time.Unix(0, p.last).UTC(),
		Subject: detect.Subject{Src: w.hosts.Addr(k.Src), Dst: w.hosts.Addr(k.Dst), DstPort: k.DstPort, Proto: k.Proto},
		Score:   score,
		Reasons: []algo.Reason{
			{Column: "beacon_score", Value: score, Low: math.Inf(-1), High: need},
			{Column: "gap_seconds", Value: gaps.median / 1000, Low: math.Inf(-1), High: math.Inf(1)},
			{Column: "gap_madm", Value: gaps.dispersion, Low: mostSpread, High: math.Inf(1)},
			{Column: "num_conns", Value: float64(p.n), Low: math.Inf(-1), High: float64(w.Least)},
		},
		Records: p.records.Take(),
	}
	detect.SortRecords(a)
	report(a)
}

func floats(dst []float64, v []uint32) []float64 {
	dst = dst[:0]
	for _, x := range v {
		dst = append(dst, float64(x))
	}
	return dst
}

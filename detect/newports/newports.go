// Package newports finds pairs and addresses that come to use many new ports.
// Detector.Doc says what it does.
package newports

import (
	"math"
	"slices"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/track"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector finds new ports.
var Detector = &detect.Detector{
	Name: "newports",
	Doc: `many new destination ports of a pair or a source

For each pair of addresses, and for each source, the destination ports that it
has used are remembered until 10 minutes have passed without one that is new to
it. Ports that come one by one, minutes apart, so still add up, and ordinary use
of the same few is forgotten again. A pair is strange from 15 ports on, a source
from 25: the thresholds of port and address scans that Zeek has had. It does not
matter whether the ports answer. The score is the number of ports.

Kinds: pair and source. An alert comes at the end of a minute in which the number
of ports got above the threshold, and of those in which it has doubled since, and
when they are forgotten; it has the records that brought a new port.

Noisy by nature: passive FTP, RPC, peer-to-peer traffic, media, and records of
one direction, whose destination ports are those of clients. So it does not run
by default. Missed: ports that come more than 10 minutes apart; few ports on
each of many addresses (see scan).`,
	Refs: []string{"The Zeek Project: policy/misc/scan.zeek, version 3.0, 2019"},
	New:  func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Expiry time.Duration
	Pair   int // ports of a pair
	Source int // ports of a source

	hosts *flow.Hosts
	clock track.Clock
	users track.Table[track.Key, user]
}

// A user is a pair or a source, and the ports that it uses.
type user struct {
	ports   []uint16 // ascending
	fresh   int64    // time of the last new one
	told    int      // number of ports told of
	since   int64    // time of the first record to be told of
	pending bool     // there is something to tell
	records track.Records
}

// every is how often to look for what to tell.
const every = time.Minute

// Default returns the detector with its default parameters.
func Default() Watcher { return Watcher{Expiry: 10 * time.Minute, Pair: 15, Source: 25} }

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.DurationVar(&w.Expiry, "newports-expiry", w.Expiry, "time without a new port after which the ports used are forgotten")
	fs.IntVar(&w.Pair, "newports-pair", w.Pair, "ports of a pair of addresses that are strange")
	fs.IntVar(&w.Source, "newports-source", w.Source, "ports of a source that are strange")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case w.Expiry <= every:
		return &algo.ParamError{Name: "newports-expiry", Value: w.Expiry, Want: "above a minute"}
	case w.Pair < 2:
		return &algo.ParamError{Name: "newports-pair", Value: w.Pair, Want: "2 or more"}
	case w.Source < 2:
		return &algo.ParamError{Name: "newports-source", Value: w.Source, Want: "2 or more"}
	}
	return nil
}

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.begin(b.Hosts)
	w.users.Forget = func(k track.Key, u *user) { w.rest(k, u, report) }
	for i, now := range b.Time {
		w.clock.At(now, func(_, _ int64) { w.close(report) })
		if b.DstPort[i] == 0 {
			continue // not a port
		}
		w.add(track.Key{Src: b.Src[i], Dst: b.Dst[i]}, w.Pair, b, i, report)
		w.add(track.Key{Src: b.Src[i], Dst: track.NoHost}, w.Source, b, i, report)
	}
}

// add notes the port of row i of b.
func (w *Watcher) add(k track.Key, most int, b *flow.Batch, i int, report func(*detect.Alert)) {
	now := b.Time[i]
	u, _ := w.users.Touch(k, now)
	if len(u.ports) > 0 && now-u.fresh > int64(w.Expiry) {
		w.rest(k, u, report)
		*u = user{ports: u.ports[:0]} // nothing is pending: expiry is longer than a minute
	}
	at, known := slices.BinarySearch(u.ports, b.DstPort[i])
	if known {
		return
	}
	if u.records.N == 0 {
		u.since = now
	}
	u.ports = slices.Insert(u.ports, at, b.DstPort[i])
	u.fresh = now
	u.records.Add(b.Number(i))
	u.pending = u.pending || len(u.ports) >= max(most, 2*u.told)
}

// Flush implements detect.Watcher.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	w.clock.Flush(now, func(_, _ int64) { w.close(report) })
	if now.IsZero() {
		for k, u := range w.users.All {
			w.rest(k, u, report)
		}
	}
}

// rest tells of what has come since the last alert.
func (w *Watcher) rest(k track.Key, u *user, report func(*detect.Alert)) {
	if u.told > 0 && u.records.N > 0 {
		report(w.alert(k, u))
	}
}

func (w *Watcher) close(report func(*detect.Alert)) {
	for k, u := range w.users.All {
		if u.pending {
			report(w.alert(k, u))
		}
	}
}

func (w *Watcher) alert(k track.Key, u *user) *detect.Alert {
	u.told, u.pending = len(u.ports), false
	a := &detect.Alert{
		Kind: "source", Start: time.Unix(0, u.since).UTC(), End: time.Unix(0, u.fresh).UTC(),
		Subject: detect.Subject{Src: w.hosts.Addr(k.Src)},
		Score:   float64(len(u.ports)),
		Records: u.records.Take(),
	}
	most := w.Source
	if k.Dst != track.NoHost {
		a.Kind, a.Subject.Dst, most = "pair", w.hosts.Addr(k.Dst), w.Pair
	}
	a.Reasons = []algo.Reason{{Column: "num_dst_ports", Value: float64(len(u.ports)), Low: math.Inf(-1), High: float64(most - 1)}}
	detect.SortRecords(a)
	return a
}

func (w *Watcher) begin(hosts *flow.Hosts) {
	w.hosts, w.clock.Every, w.users.Idle = hosts, int64(every), int64(w.Expiry)
}

// Package longconn finds connections that last long. Detector.Doc says what
// it does.
package longconn

import (
	"math"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector finds long connections.
var Detector = &detect.Detector{
	Name: "longconn",
	Doc: `connections that last for hours

A tunnel or an interactive back door keeps its connection open. A connection
(addresses, ports, protocol) that lasts 4 hours, which is where RITA's severity
"low" begins ("medium" is 8 and "high" 12), is told of, and again each time that
its age has doubled. Its age is the duration that its source gives, or the time
from its first record to the end of its last, whichever is longer; after half an
hour without a record it is another (firewalls and exporters report on open ones at
least as often). It must have been answered with bytes, and datagrams must have
carried 10 kB an hour, less than the keep-alives of a VPN: a resolver's client that uses
a port again has no connection. ICMP has none either. The score is the age in hours.

An alert has the first record and all those since the last alert. Missed: what
connects anew. Found and mostly harmless: databases, VPNs, remote desktops, push
services, and datagram services that use one source port.`,
	Refs: []string{"Active Countermeasures: RITA, Real Intelligence Threat Analytics (long connections), version 5, 2024"},
	New:  func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Least time.Duration
	Idle  time.Duration // without a record, after which a connection is another

	hosts *flow.Hosts
	conns track.Table[track.Key, conn]
}

// A conn is a connection.
type conn struct {
	start   int64
	next    int64 // age at which to tell of it
	number  int64 // of its first record
	end     int64
	down    bool           // has been answered
	bytes   int64          // both ways
	records *track.Records // nil while it is young, as nearly all are
}

// leastRate is how many bytes an hour datagrams have to carry.
const leastRate = 10e3

// Default returns the detector with its default parameters.
func Default() Watcher { return Watcher{Least: 4 * time.Hour, Idle: 30 * time.Minute} }

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.DurationVar(&w.Least, "longconn-least", w.Least, "age from which on a connection is long")
	fs.DurationVar(&w.Idle, "longconn-idle", w.Idle, "time without a record after which the same ports are another connection")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case w.Least <= 0:
		return &algo.ParamError{Name: "longconn-least", Value: w.Least, Want: "above 0"}
	case w.Idle <= 0:
		return &algo.ParamError{Name: "longconn-idle", Value: w.Idle, Want: "above 0"}
	}
	return nil
}

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.begin(b.Hosts)
	for i, now := range b.Time {
		if b.Proto[i] == flow.ICMP || b.Proto[i] == flow.ICMPv6 {
			continue
		}
		k := track.Key{Src: b.Src[i], Dst: b.Dst[i], SrcPort: b.SrcPort[i], DstPort: b.DstPort[i], Proto: b.Proto[i]}
		end := now
		if b.Duration != nil {
			end += b.Duration[i]
		}
		c, fresh := w.conns.Touch(k, now)
		if fresh || now-c.end > int64(w.Idle) {
			*c, fresh = conn{}, true
			c.start, c.number, c.next = now, b.Number(i), int64(w.Least)
		}
		c.end = max(c.end, end)
		c.down = c.down || b.BytesDown[i] > 0
		c.bytes += b.BytesUp[i] + b.BytesDown[i]
		if age := end - c.start; age < c.next || !c.down || k.Proto != flow.TCP && float64(c.bytes) < leastRate*time.Duration(age).Hours() {
			if age > int64(w.Least)/2 && !fresh {
				c.add(b.Number(i))
			}
			continue
		}
		if !fresh {
			c.add(b.Number(i))
		}
		report(w.alert(k, c, end))
	}
}

func (c *conn) add(number int64) {
	if c.records == nil {
		c.records = new(track.Records)
	}
	c.records.Add(number)
}

func (w *Watcher) alert(k track.Key, c *conn, end int64) *detect.Alert {
	age := time.Duration(end - c.start)
	a := &detect.Alert{
		Start: time.Unix(0, c.start).UTC(), End: time.Unix(0, end).UTC(),
		Subject: detect.Subject{Src: w.hosts.Addr(k.Src), Dst: w.hosts.Addr(k.Dst), SrcPort: k.SrcPort, DstPort: k.DstPort, Proto: k.Proto},
		Score:   age.Hours(),
		Reasons: []algo.Reason{{Column: "hours", Value: age.Hours(), Low: math.Inf(-1), High: w.Least.Hours()}},
		Records: []int64{c.number},
	}
	if c.records != nil {
		a.Records = append(a.Records, c.records.Take()...)
	}
	for c.next <= int64(age) {
		c.next *= 2
	}
	detect.SortRecords(a)
	return a
}

// Flush implements detect.Watcher. Alerts come with the record that makes a
// connection long.
func (w *Watcher) Flush(time.Time, func(*detect.Alert)) {}

func (w *Watcher) begin(hosts *flow.Hosts) { w.hosts, w.conns.Idle = hosts, int64(w.Idle+w.Least) }

// Limit implements detect.Watcher.
func (w *Watcher) Limit(bytes int64) { w.conns.Max = track.Room(bytes, &w.conns, 0) }

// Usage implements detect.Watcher.
func (w *Watcher) Usage() (u detect.Usage) {
	u.Entries, u.Bytes, u.Evicted = track.Usage(&w.conns)
	for _, c := range w.conns.All {
		if c.records != nil {
			u.Bytes += c.records.Bytes()
		}
	}
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.conns.Save(to, track.SaveKey, func(to *state.Writer, c *conn) {
		to.Int(c.start)
		to.Int(c.next)
		to.Int(c.number)
		to.Int(c.end)
		to.Bool(c.down)
		to.Int(c.bytes)
		if to.Bool(c.records != nil); c.records != nil {
			c.records.Save(to)
		}
	})
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.begin(from.Hosts)
	w.conns.Load(from, track.LoadKey, func(from *state.Reader, c *conn) {
		c.start, c.next, c.number, c.end = from.Int(), from.Int(), from.Int(), from.Int()
		c.down, c.bytes = from.Bool(), from.Int()
		if from.Bool() {
			c.records = new(track.Records)
			c.records.Load(from)
		}
	})
}

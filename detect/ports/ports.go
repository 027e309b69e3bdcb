// Package ports counts the destination ports of addresses, and what goes over
// unusual ones. Detector.Doc says what it does.
package ports

import (
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector finds addresses of many ports.
var Detector = &detect.Detector{
	Name: "ports",
	Doc: `addresses with many distinct destination ports

In each window of ten minutes the distinct destination ports of each source,
and of each destination, are counted: those that are not popular (22, 53, 80,
123, 143, 443, 993, 8080), of records that are not answers (from a port below
1024 to one above). Kinds:

  too_many_ports        more than the 99th percentile of all sources, or of all
                        destinations, of the window, and at least 20
  more_than_100_ports   that

A finding is of an address, once a window, with the first record of each of its
ports; its score is their number. Sources and destinations are judged apart, since
a server of many clients and a client of many services are different things.
The percentile is that of whole windows: early in a stream nobody is accused
for being the first.

Scans slower than 20 ports in ten minutes are not seen, nor those of one port.

--seed-compat counts as the seed did: for each address, as source or
destination, all ports since the beginning, popular ones too. An address has
too many, once, when it has more than the 90th percentile as it is after the
last new port of any address, and every record of one with more than 100 is an
alert.

port_stats.arrow has bytes, records and addresses of each port that is not
popular; nothing is alerted of these.`,
	New: func() detect.Watcher { w := Default(); return &w },
	Variants: func(detect.Watcher) []detect.Variant {
		w := Default()
		w.quiet = true
		return detect.SeedVariant(&w, kinds[:]...)
	},
}

// kinds of findings.
var kinds = [2]string{"too_many_ports", "more_than_100_ports"}

// many is how many ports are too many for anyone.
const many = 100

// popular are the ports that everybody uses.
var popular = func() (is [1 << 16]bool) {
	for _, p := range []uint16{22, 53, 80, 123, 143, 443, 993, 8080} {
		is[p] = true
	}
	return is
}()

// ephemeral is the first port that is a client's rather than a service's.
const ephemeral = 1024

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Percentile float64       // of the counts of a window
	Least      int           // ports that can be too many
	Window     time.Duration // in which ports are counted

	clock track.Clock
	users track.Table[track.Key, user] // by address and role, or in the seed's way by address
	stats stats
	hosts *flow.Hosts

	seed  bool
	quiet bool    // no statistics: for a variant
	count []int64 // seed: addresses by their number of ports
	limit float64 // seed: the 90th percentile of it
}

// A user is an address in a role.
type user struct {
	ports   set
	records track.Records
	first   int64
	last    int64
	alerted bool // seed
}

// Roles, which keys know users by.
const (
	source = iota
	destination
)

var roles = [2]string{"source_ports", "destination_ports"}

// Default returns the detector with its default parameters.
func Default() Watcher {
	return Watcher{Percentile: 99, Least: 20, Window: 10 * time.Minute, limit: seedLimit}
}

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.Float64Var(&w.Percentile, "ports-percentile", w.Percentile, "percentile of the distinct ports of all addresses above which there are too many")
	fs.IntVar(&w.Least, "ports-least", w.Least, "distinct ports that are too many at the least")
	fs.DurationVar(&w.Window, "ports-window", w.Window, "how long distinct ports are counted")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case !(w.Percentile >= 0 && w.Percentile <= 100):
		return &algo.ParamError{Name: "ports-percentile", Value: w.Percentile, Want: "between 0 and 100"}
	case w.Least < 1:
		return &algo.ParamError{Name: "ports-least", Value: w.Least, Want: "at least 1"}
	case w.Window <= 0:
		return &algo.ParamError{Name: "ports-window", Value: w.Window, Want: "above 0"}
	}
	return nil
}

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.begin(b.Hosts)
	if !w.quiet {
		w.stats.add(b, w.seed)
	}
	if w.seed {
		w.watchSeed(b, report)
		return
	}
	close := func(start, end int64) { w.judge(start, end, report) }
	for i, now := range b.Time {
		w.clock.At(now, close)
		port := b.DstPort[i]
		if popular[port] || b.SrcPort[i] < ephemeral && port >= ephemeral || b.Proto[i] != flow.TCP && b.Proto[i] != flow.UDP {
			continue
		}
		w.add(track.Key{Src: b.Src[i], Dst: track.NoHost, Kind: source}, port, now, b.Number(i))
		w.add(track.Key{Src: track.NoHost, Dst: b.Dst[i], Kind: destination}, port, now, b.Number(i))
	}
}

func (w *Watcher) begin(hosts *flow.Hosts) { w.clock.Every, w.hosts = int64(w.Window), hosts }

func (w *Watcher) add(k track.Key, port uint16, now, number int64) {
	u, fresh := w.users.Touch(k, now)
	if fresh {
		u.first = now
	}
	u.last = now
	if u.ports.add(port) {
		u.records.Add(number)
	}
}

// Flush implements detect.Watcher.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	w.clock.Flush(now, func(start, end int64) { w.judge(start, end, report) })
}

// userBytes is about what the ports and the records of a user take.
const userBytes = 160

// Limit implements detect.Watcher. A fifth of the room is for statistics.
func (w *Watcher) Limit(bytes int64) {
	if bytes > 0 {
		w.users.Max = int(max(1, bytes/5*4/(w.users.EntryBytes()+userBytes)))
		w.stats.limit(bytes / 5)
	}
}

// Usage implements detect.Watcher.
func (w *Watcher) Usage() detect.Usage {
	u := w.stats.usage()
	u.Entries += int64(w.users.Len())
	u.Evicted += w.users.Evicted()
	u.Bytes += int64(w.users.Len()) * w.users.EntryBytes()
	for _, s := range w.users.All {
		u.Bytes += s.records.Bytes() + s.ports.bytes()
	}
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.clock.Save(to)
	w.users.Save(to, track.SaveKey, func(to *state.Writer, u *user) {
		u.ports.save(to)
		u.records.Save(to)
		to.Int(u.first)
		to.Int(u.last)
		to.Bool(u.alerted)
	})
	to.Float(w.limit)
	w.stats.save(to)
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.begin(from.Hosts)
	w.clock.Load(from)
	w.users.Load(from, track.LoadKey, func(from *state.Reader, u *user) {
		u.ports.load(from)
		u.records.Load(from)
		u.first, u.last, u.alerted = from.Int(), from.Int(), from.Bool()
	})
	w.limit = from.Float()
	w.stats.load(from)
	if w.seed {
		w.count = nil
		for _, u := range w.users.All {
			w.counted(u.ports.n, 1)
		}
	}
}

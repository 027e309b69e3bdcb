// Package basic looks at each record alone: ports that nobody should use,
// broadcasts, connections without a byte. Detector.Doc says what it does.
package basic

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/tally"
	"toolkit/detect/track"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector checks records one by one.
var Detector = &detect.Detector{
	Name: "basic",
	Doc: `records that are odd in themselves: ports, broadcasts, no bytes

Checks, each a kind of finding, chosen by --basic-checks:

  port        destination port 0, which is reserved, of a protocol that has
              ports; or 81 or 82, which the seed watched for Tor
  broadcast   to 255.255.255.255, or from 0.0.0.0, and not DHCP (UDP between
              ports 67 and 68) nor IGMP: a client without an address talks of
              nothing else
  zero_bytes  established or closed, and yet without a byte either way
  private     between two addresses that are not reachable from the Internet

The last two are off by default, as they were in the seed: records without
payload are ordinary where bytes are those of the payload, and most traffic
within a network is private. A finding is of a pair of addresses and a port,
with all its records of ten minutes; its score is their number.

With --seed-compat each record is an alert, and the check of broadcasts never
fires, since the seed compared identity of strings and not their text.`,
	New: func() detect.Watcher { w := Default(); return &w },
	Variants: func(detect.Watcher) []detect.Variant {
		w := Default()
		return detect.SeedVariant(&w, kinds[:2]...)
	},
}

// kinds of findings, by the number that keys know them by.
var kinds = []string{"port", "broadcast", "zero_bytes", "private"}

const (
	port = iota
	broadcast
	zeroBytes
	private
	numKinds
)

// odd are the ports of the first check.
func odd(p uint16) bool { return p == 0 || p == 81 || p == 82 }

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Checks []string      // of kinds
	Every  time.Duration // how long the records of a finding are one alert

	seed    bool
	on      [numKinds]bool
	private []byte // of each address: 0 for not known, 1 for no, 2 for yes
	special [2]flow.Host
	seen    int         // addresses among which the special ones have been looked for
	hosts   *flow.Hosts // what they are numbers in
	found   tally.Tally
}

// Default returns the detector with its default parameters.
func Default() Watcher { return Watcher{Checks: kinds[:2:2], Every: tally.Every} }

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&w.Checks, "basic-checks", w.Checks, "checks of single records, of "+strings.Join(kinds, ","))
	fs.DurationVar(&w.Every, "basic-every", w.Every, "how long odd records of one pair and port are one alert")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	if w.Every <= 0 {
		return &algo.ParamError{Name: "basic-every", Value: w.Every, Want: "above 0"}
	}
	for _, c := range w.Checks {
		if !slices.Contains(kinds, c) {
			return &algo.ParamError{Name: "basic-checks", Value: c, Want: "among " + strings.Join(kinds, ",")}
		}
	}
	return nil
}

// SeedCompat implements detect.Compatible.
func (w *Watcher) SeedCompat(on bool) { w.seed = on }

// InputOrder implements detect.Unordered: the seed took records as they came.
func (w *Watcher) InputOrder() bool { return w.seed }

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.found.Begin(w.Every, b.Hosts)
	if w.seed {
		w.watchSeed(b, report)
		return
	}
	for kind, name := range kinds {
		w.on[kind] = slices.Contains(w.Checks, name)
	}
	w.look(b.Hosts)
	tell := w.tell(report)
	for i, now := range b.Time {
		w.found.At(now, tell)
		ported := b.Proto[i] == flow.TCP || b.Proto[i] == flow.UDP
		k := track.Key{Src: b.Src[i], Dst: b.Dst[i], DstPort: b.DstPort[i], Proto: b.Proto[i]}
		if w.on[port] && ported && odd(k.DstPort) {
			w.add(k, port, now, b.Number(i))
		}
		if w.on[broadcast] && (k.Src == w.special[0] || k.Dst == w.special[1]) && !quiet(b, i) {
			w.add(k, broadcast, now, b.Number(i))
		}
		if w.on[zeroBytes] && b.BytesUp[i] == 0 && b.BytesDown[i] == 0 && ported && (b.State[i] == flow.Established || b.State[i] == flow.Closed) {
			w.add(k, zeroBytes, now, b.Number(i))
		}
		if w.on[private] && w.isPrivate(k.Src) && w.isPrivate(k.Dst) {
			w.add(k, private, now, b.Number(i))
		}
	}
}

func (w *Watcher) add(k track.Key, kind uint8, now, number int64) {
	k.Kind = kind
	w.found.Add(k, now, number)
}

// quiet tells whether a host without an address, or one that does not know
// its neighbours', may well send row i of b.
func quiet(b *flow.Batch, i int) bool {
	dhcp := func(p uint16) bool { return p == 67 || p == 68 }
	return b.Proto[i] == flow.IGMP || b.Proto[i] == flow.UDP && dhcp(b.SrcPort[i]) && dhcp(b.DstPort[i])
}

var specials = [2]netip.Addr{netip.IPv4Unspecified(), netip.AddrFrom4([4]byte{255, 255, 255, 255})}

// look finds the numbers of the special addresses among those that are new.
func (w *Watcher) look(hosts *flow.Hosts) {
	if hosts != w.hosts {
		w.hosts, w.seen, w.private = hosts, 0, w.private[:0]
		w.special = [2]flow.Host{track.NoHost, track.NoHost}
	}
	for ; w.seen < hosts.Len(); w.seen++ {
		for s, a := range specials {
			if hosts.Addr(flow.Host(w.seen)) == a {
				w.special[s] = flow.Host(w.seen)
			}
		}
	}
	if w.on[private] {
		w.private = append(w.private, make([]byte, hosts.Len()-len(w.private))...)
	}
}

func (w *Watcher) isPrivate(h flow.Host) bool {
	p := &w.private[h]
	if *p == 0 {
		*p = 1
		if flow.Private(w.hosts.Addr(h)) {
			*p = 2
		}
	}
	return *p == 2
}

// watchSeed does as the seed did.
func (w *Watcher) watchSeed(b *flow.Batch, report func(*detect.Alert)) {
	for i, now := range b.Time {
		if !odd(b.DstPort[i]) {
			continue
		}
		k := track.Key{Src: b.Src[i], Dst: b.Dst[i], DstPort: b.DstPort[i], Proto: b.Proto[i]}
		at := time.Unix(0, now).UTC()
		report(&detect.Alert{
			Kind: kinds[port], Start: at, End: at, Subject: tally.Subject(k, b.Hosts), Score: 1,
			Reasons: reasons(port, k, 1), Records: []int64{b.Number(i)},
		})
	}
}

// tell fills in alerts and reports them.
func (w *Watcher) tell(report func(*detect.Alert)) func(track.Key, *detect.Alert) {
	return func(k track.Key, a *detect.Alert) {
		a.Kind, a.Reasons = kinds[k.Kind], reasons(int(k.Kind), k, a.Score)
		report(a)
	}
}

func reasons(kind int, k track.Key, records float64) []algo.Reason {
	r := algo.Reason{Column: kinds[kind] + "_records", Value: records, Low: math.Inf(-1)}
	if kind == port {
		r = algo.Reason{Column: "dst_port", Value: float64(k.DstPort), Low: math.Inf(-1), High: math.Inf(1)}
	}
	return []algo.Reason{r}
}

// Flush implements detect.Watcher.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	w.found.Flush(now, w.tell(report))
}

// Limit implements detect.Watcher.
func (w *Watcher) Limit(bytes int64) { w.found.Limit(bytes) }

// Usage implements detect.Watcher.
func (w *Watcher) Usage() detect.Usage { return w.found.Usage() }

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) { w.found.Save(to) }

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) { w.found.Load(from) }

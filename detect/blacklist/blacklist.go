// Package blacklist finds traffic from and to addresses that someone warns of,
// and reads and fetches lists of them. Detector.Doc says what it does.
package blacklist

import (
	"fmt"
	"math"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/tally"
	"toolkit/detect/track"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector finds traffic of listed addresses.
var Detector = &detect.Detector{
	Name: "blacklist",
	Doc: `traffic from and to addresses that a list warns of

--blacklist names files of addresses and networks (CIDR), IPv4 and IPv6: one a
line or several separated by blanks or commas, with comments after # or ;.
toolkit blacklist update fetches some. Both ends of each record are looked up.
Kinds: src and dst, the end that is listed. A finding is of a pair of addresses,
with its records of ten minutes, whose number is the score; its reason names the
network and the list. Without a list nothing is found.

How good the alerts are is how good the list is: addresses change hands, so
fetch lists often, and an address of a hosting or relay service is listed for
what one of its many users did.

With --seed-compat each record is an alert, and the check of a record ends at
its first end that is known not to be listed, as in the seed: the destination
is looked up only of records whose source is listed or new. Its alerts name the
source, whichever end is listed.`,
	New: func() detect.Watcher { return &Watcher{Files: []string{}} },
	Variants: func(of detect.Watcher) []detect.Variant {
		return detect.SeedVariant(&Watcher{Files: of.(*Watcher).Files, set: of.(*Watcher).set}, kinds[:]...)
	},
}

// kinds of findings: which end is listed.
var kinds = [2]string{"src", "dst"}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Files []string

	set     *set // nil for no list
	seed    bool
	verdict []verdict   // of each address
	hosts   *flow.Hosts // what addresses are numbers in
	found   tally.Tally
}

// A verdict is what is known of an address.
type verdict uint8

const (
	unknown verdict = iota
	safe
	listed
)

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&w.Files, "blacklist", w.Files, "`files` of addresses and networks to warn of")
}

// Check implements detect.Watcher. It reads the lists.
func (w *Watcher) Check() error {
	w.set = nil
	if len(w.Files) == 0 {
		return nil
	}
	var err error
	w.set, err = newSet(w.Files)
	return err
}

// SeedCompat implements detect.Compatible.
func (w *Watcher) SeedCompat(on bool) { w.seed = on }

// InputOrder implements detect.Unordered: what the seed checked depends on
// which addresses came before.
func (w *Watcher) InputOrder() bool { return w.seed }

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	if w.set == nil {
		return
	}
	w.begin(b.Hosts)
	if w.seed {
		w.watchSeed(b, report)
		return
	}
	tell := w.tell(report)
	for i, now := range b.Time {
		w.found.At(now, tell)
		src, dst := b.Src[i], b.Dst[i]
		if w.isListed(src) {
			w.found.Add(track.Key{Src: src, Dst: dst, Kind: 0}, now, b.Number(i))
		}
		if w.isListed(dst) {
			w.found.Add(track.Key{Src: src, Dst: dst, Kind: 1}, now, b.Number(i))
		}
	}
}

func (w *Watcher) begin(hosts *flow.Hosts) {
	w.found.Begin(tally.Every, hosts)
	if hosts != w.hosts {
		w.hosts, w.verdict = hosts, w.verdict[:0]
	}
	if more := hosts.Len() - len(w.verdict); more > 0 {
		w.verdict = append(w.verdict, make([]verdict, more)...)
	}
}

func (w *Watcher) isListed(h flow.Host) bool {
	v := &w.verdict[h]
	if *v == unknown {
		*v = safe
		if _, _, ok := w.set.find(w.hosts.Addr(h)); ok {
			*v = listed
		}
	}
	return *v == listed
}

// watchSeed does as the seed did: verdicts are its list of safe addresses.
func (w *Watcher) watchSeed(b *flow.Batch, report func(*detect.Alert)) {
	for i, now := range b.Time {
		for kind, h := range [2]flow.Host{b.Src[i], b.Dst[i]} {
			if w.verdict[h] == safe {
				break
			}
			if !w.isListed(h) {
				continue
			}
			at := time.Unix(0, now).UTC()
			report(&detect.Alert{
				Kind: kinds[kind], Start: at, End: at, Subject: detect.Subject{Src: b.Hosts.Addr(b.Src[i])}, Score: 1,
				Reasons: w.reasons(kind, h, 1), Records: []int64{b.Number(i)},
			})
		}
	}
}

// tell fills in alerts and reports them.
func (w *Watcher) tell(report func(*detect.Alert)) func(track.Key, *detect.Alert) {
	return func(k track.Key, a *detect.Alert) {
		a.Kind, a.Reasons = kinds[k.Kind], w.reasons(int(k.Kind), [2]flow.Host{k.Src, k.Dst}[k.Kind], a.Score)
		report(a)
	}
}

func (w *Watcher) reasons(kind int, h flow.Host, records float64) []algo.Reason {
	p, list, _ := w.set.find(w.hosts.Addr(h))
	return []algo.Reason{{Column: fmt.Sprintf("records of %s_ip in %s of %s", kinds[kind], p, list), Value: records, Low: math.Inf(-1)}}
}

// Flush implements detect.Watcher.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	w.found.Flush(now, w.tell(report))
}

// Limit implements detect.Watcher.
func (w *Watcher) Limit(bytes int64) { w.found.Limit(bytes) }

// Usage implements detect.Watcher.
func (w *Watcher) Usage() detect.Usage {
	u := w.found.Usage()
	u.Bytes += int64(cap(w.verdict))
	return u
}

// Save implements detect.Watcher. Lists are parameters.
func (w *Watcher) Save(to *state.Writer) {
	w.found.Save(to)
	n := 0
	for _, v := range w.verdict {
		if w.seed && v == safe {
			n++
		}
	}
	to.Len(n)
	for h, v := range w.verdict {
		if w.seed && v == safe {
			to.Host(flow.Host(h))
		}
	}
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.found.Load(from)
	var hosts []flow.Host
	for range from.Len(5) {
		hosts = append(hosts, from.Host())
	}
	if from.Err() != nil {
		return
	}
	w.begin(from.Hosts)
	for _, h := range hosts {
		w.verdict[h] = safe
	}
}

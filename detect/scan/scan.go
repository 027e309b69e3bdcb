// Package scan finds scans of ports and of addresses, also slow ones.
// Detector.Doc says what it does.
package scan

import (
	"math"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/track"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector finds scans.
var Detector = &detect.Detector{
	Name: "scan",
	Doc: `vertical, horizontal, block and slow scans

Whoever looks for open ports meets with failure: most of what a scanner tries
for the first time refuses or does not answer, while most of what others try
answers. The first contact of a source with a port of an address is a success
or a failure; over the ports of one target, and over the targets of one port,
a sequential hypothesis test (threshold random walk) adds ln(0.2/0.8) to a
log-likelihood ratio for each success and ln(0.8/0.2) for each failure, with
the probabilities of Jung et al. The source is a scanner once that ratio, which
is bounded below, exceeds ln(0.99/P), for P = 1e-5 after nine failures. A
failure is taken back if the contact is answered after all.

Kinds: vertical (many ports of a target), horizontal (a port of many targets),
block (both), and slow, whatever the shape, if the mean time between first
contacts is at least 5 s, which nmap's timing "sneaky" (15 s) and "paranoid"
(300 s) are above and "polite" (0.4 s) is below. Contacts are remembered for 4
hours after their last record, so a scan may be as slow as that.

An alert tells of a source, with all the records of its scan, also those before
the verdict and those of ports that turned out to be open: at the end of the 10
minutes of the verdict, and of those in which the scan has doubled since.

Missed: fewer than nine failures more than successes in one port and one
target alike; scans by many sources at once; scans whose records have no state.
A client whose service is down is one contact, however often it tries; one of
many peers that are gone, as in peer-to-peer networks, looks like a scanner.`,
	Refs: []string{
		"Jung, Paxson, Berger, Balakrishnan: Fast Portscan Detection Using Sequential Hypothesis Testing. IEEE Symposium on Security and Privacy, 2004",
		"Staniford, Hoagland, McAlerney: Practical Automated Detection of Stealthy Portscans. Journal of Computer Security 10, 2002",
	},
	New: func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	False  float64       // probability that a walk accuses a source that does not scan
	Memory time.Duration // how long contacts are remembered
	Slow   time.Duration // mean time between first contacts from which a scan is slow
	Every  time.Duration // of looks at what there is to tell

	low, high int32       // bounds of a walk, the upper one accuses
	hosts     *flow.Hosts // what addresses are numbers in
	clock     track.Clock
	contacts  track.Table[track.Key, contact]
	scopes    track.Table[track.Key, scope]
	sources   track.Table[flow.Host, source]
}

// Success and failure of a first contact: P(success) of an ordinary source
// and P(failure) of a scanner, and what detects 99 of 100 scanners.
const (
	theta    = 0.8
	detect99 = 0.99
)

// Default returns the detector with its default parameters.
func Default() Watcher {
	return Watcher{False: 1e-5, Memory: 4 * time.Hour, Slow: 5 * time.Second, Every: 10 * time.Minute}
}

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.Float64Var(&w.False, "scan-false", w.False, "probability that a walk of first contacts accuses a source that does not scan")
	fs.DurationVar(&w.Memory, "scan-memory", w.Memory, "how long first contacts are remembered")
	fs.DurationVar(&w.Slow, "scan-slow", w.Slow, "mean time between first contacts from which on a scan is called slow")
	fs.DurationVar(&w.Every, "scan-every", w.Every, "how often to look whether there is a scan to tell of")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case !(w.False > 0 && w.False < 0.5):
		return &algo.ParamError{Name: "scan-false", Value: w.False, Want: "above 0 and below 0.5"}
	case w.Memory <= 0:
		return &algo.ParamError{Name: "scan-memory", Value: w.Memory, Want: "above 0"}
	case w.Slow <= 0:
		return &algo.ParamError{Name: "scan-slow", Value: w.Slow, Want: "above 0"}
	case w.Every <= 0:
		return &algo.ParamError{Name: "scan-every", Value: w.Every, Want: "above 0"}
	}
	return nil
}

func (w *Watcher) begin() {
	step := math.Log(theta / (1 - theta))
	w.low = -int32(math.Ceil(math.Log((1-w.False)/(1-detect99)) / step))
	w.high = int32(math.Ceil(math.Log(detect99/w.False) / step))
	w.clock.Every = int64(w.Every)
	w.contacts.Idle, w.scopes.Idle, w.sources.Idle = int64(w.Memory), int64(w.Memory), int64(w.Memory)
}

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.begin()
	w.hosts = b.Hosts
	w.sources.Forget = func(h flow.Host, s *source) {
		if s.records.N > 0 {
			report(w.alert(h, s))
		}
	}
	close := func(_, _ int64) { w.report(report, false) }
	for i, now := range b.Time {
		w.clock.At(now, close)
		w.add(b, i, now)
	}
}

// Flush implements detect.Watcher.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	w.clock.Flush(now, func(_, _ int64) { w.report(report, false) })
	if now.IsZero() {
		w.report(report, true)
	}
}

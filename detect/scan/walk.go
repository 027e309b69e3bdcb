package scan

import (
	"math"
	"net/netip"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/track"
	"toolkit/flow"
)

// A contact is a source's with a port of an address.
type contact struct {
	failed bool // refused or not answered so far
	probe  bool // its records belong to a scan, or may
}

// A scope is what a walk goes over: the ports of one target, or the targets
// of one port.
type scope struct {
	walk          int32 // failures less successes of first contacts, bounded
	tried, failed int32
	first, last   int64         // times of contacts since the first failed one
	accused       bool          // since the walk was at its upper bound, until it is at the lower one
	records       track.Records // of failed contacts, before the verdict
}

// A source is one that has been accused.
type source struct {
	vertical, horizontal int32 // scopes that accused it
	ports, targets       int32 // the most tried in one such scope
	walk                 int32 // the highest of a scope
	tried, failed        int32 // first contacts in such scopes
	first, last          int64 // times of them
	dst                  flow.Host
	port                 uint16
	dsts, dstPorts       int32 // how many targets and ports there are scopes of, 2 for more
	since, until         int64 // times of the first and the last record to be told of
	told                 int64 // records told of
	records              track.Records
}

// The two scopes of a contact.
const (
	vertical   = 1
	horizontal = 2
)

func scopeOf(k track.Key, kind uint8) track.Key {
	if k.Kind = kind; kind == vertical {
		k.DstPort, k.Proto = 0, 0
	} else {
		k.Dst = track.NoHost
	}
	return k
}

// refusal is how many bytes the answer to a first segment has at the most if
// it refuses: a few RSTs or ICMP messages of 40 to 60 bytes. A connection that is
// reset after more has been answered.
const refusal = 200

// outcome says how a record's connection fares: above 0 for an answer, below
// for a failure, 0 if its source does not say.
func outcome(s flow.State, down int64) int {
	switch s {
	case flow.New:
		return -1
	case flow.Reset:
		if down <= refusal {
			return -1
		}
		return 1
	case flow.Unknown:
		return 0
	}
	return 1
}

// add takes in row i of b.
func (w *Watcher) add(b *flow.Batch, i int, now int64) {
	k := track.Key{Src: b.Src[i], Dst: b.Dst[i], DstPort: b.DstPort[i], Proto: b.Proto[i]}
	c, fresh := w.contacts.Touch(k, now)
	result := outcome(b.State[i], b.BytesDown[i])
	step := int32(0)
	switch {
	case fresh && result != 0:
		step = int32(-result)
		c.failed = result < 0
	case c.failed && result > 0: // answered after all
		step = -2
		c.failed = false
	}
	if step == 0 && !c.probe {
		return
	}
	probe, counted := c.failed, false
	for _, kind := range [...]uint8{vertical, horizontal} {
		sk := scopeOf(k, kind)
		s := w.scopes.Get(sk)
		if s == nil {
			if !c.failed {
				continue // a walk begins with a failure
			}
			s, _ = w.scopes.Touch(sk, now)
			s.first = now
		} else if fresh {
			s, _ = w.scopes.Touch(sk, now)
		}
		accused := w.walk(sk, s, step, fresh, now)
		if s.accused && !accused {
			counted = true // with the rest of the scope
		}
		if s.accused {
			probe = probe || fresh || c.probe
		}
	}
	if c.probe = probe; !probe {
		return
	}
	w.keep(k, b.Number(i), now, fresh && !counted, c.failed)
}

// walk moves a scope's walk, and accuses its source where the walk gets high.
// It returns whether the scope accused before.
func (w *Watcher) walk(k track.Key, s *scope, step int32, fresh bool, now int64) (accused bool) {
	accused = s.accused
	if fresh {
		s.tried++
		s.last = now
	}
	switch step {
	case 1:
		s.failed++
	case -2:
		if s.failed--; accused {
			step = 0 // a port found open is what a scan is after, and does not clear it
		}
	}
	s.walk = min(max(s.walk+step, w.low), w.high)
	if !accused && s.walk == w.high {
		s.accused = true
		w.accuse(k, s, now)
	}
	if accused && s.walk == w.low {
		s.accused = false
	}
	return accused
}

// accuse begins or widens the case against a source by a scope.
func (w *Watcher) accuse(k track.Key, s *scope, now int64) {
	src, fresh := w.sources.Touch(k.Src, now)
	if fresh {
		src.dst, src.first = track.NoHost, s.first
	}
	if src.records.N == 0 {
		src.since = s.first
	}
	src.since, src.first, src.last = min(src.since, s.first), min(src.first, s.first), max(src.last, s.last)
	if k.Kind == vertical {
		if src.vertical++; src.dst != k.Dst {
			src.dst, src.dsts = k.Dst, src.dsts+1
		}
	} else {
		if src.horizontal++; src.port != k.DstPort || src.dstPorts == 0 {
			src.port, src.dstPorts = k.DstPort, src.dstPorts+1
		}
	}
	src.until = now
	src.tried += s.tried
	src.failed += s.failed
	for _, n := range s.records.Take() {
		src.records.Add(n)
	}
	s.records = track.Records{}
}

// keep notes a record of a contact that may belong to a scan.
func (w *Watcher) keep(k track.Key, number, now int64, first, failed bool) {
	told := false
	for _, kind := range [...]uint8{vertical, horizontal} {
		s := w.scopes.Get(scopeOf(k, kind))
		switch {
		case s == nil:
		case !s.accused:
			if failed {
				s.records.Add(number)
			}
		default:
			src, fresh := w.sources.Touch(k.Src, now)
			if fresh { // it was forgotten for want of room
				src.dst, src.first = track.NoHost, s.first
			}
			if kind == vertical {
				src.ports = max(src.ports, s.tried)
			} else {
				src.targets = max(src.targets, s.tried)
			}
			if src.walk = max(src.walk, s.failed-(s.tried-s.failed)); told {
				continue
			}
			told = true
			if src.records.N == 0 {
				src.since = now
			}
			src.records.Add(number)
			src.until = now
			if first {
				src.tried++
				src.last = now
				if failed {
					src.failed++
				}
			}
		}
	}
}

// report tells of the sources that a first alert is due of, or that have got
// as many records again as have been told of. all is for the end.
func (w *Watcher) report(report func(*detect.Alert), all bool) {
	w.sources.All(func(h flow.Host, s *source) bool {
		if s.records.N > 0 && (all || s.records.N >= s.told) {
			report(w.alert(h, s))
		}
		return true
	})
}

func (w *Watcher) alert(h flow.Host, s *source) *detect.Alert {
	gap := float64(s.last-s.first) / 1e9 / float64(max(1, s.tried-1))
	s.told += s.records.N
	a := &detect.Alert{
		Start: time.Unix(0, s.since).UTC(), End: time.Unix(0, s.until).UTC(),
		Subject: detect.Subject{Src: w.hosts.Addr(h)},
		Score:   float64(s.walk) * math.Log(theta/(1-theta)),
		Records: s.records.All(),
	}
	s.records = track.Records{}
	detect.SortRecords(a)
	most := float64(w.high - 1)
	a.Reasons = append(a.Reasons, algo.Reason{Column: "failed_contacts", Value: float64(s.failed), Low: math.Inf(-1), High: most})
	if s.vertical > 0 {
		a.Kind = "vertical"
		a.Reasons = append(a.Reasons, algo.Reason{Column: "num_dst_ports", Value: float64(s.ports), Low: math.Inf(-1), High: most})
		if s.dsts == 1 {
			a.Subject.Dst = w.hosts.Addr(s.dst)
		}
	}
	if s.horizontal > 0 {
		a.Kind = "horizontal"
		a.Reasons = append(a.Reasons, algo.Reason{Column: "num_dst_ips", Value: float64(s.targets), Low: math.Inf(-1), High: most})
		if s.vertical > 0 {
			a.Kind = "block"
			a.Subject.Dst = netip.Addr{}
		} else if s.dstPorts == 1 {
			a.Subject.DstPort = s.port
		}
	}
	if gap >= w.Slow.Seconds() {
		a.Kind = "slow"
	}
	a.Reasons = append(a.Reasons, algo.Reason{Column: "seconds_between", Value: gap, Low: math.Inf(-1), High: math.Inf(1)})
	return a
}

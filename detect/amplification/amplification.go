// Package amplification finds reflected and amplified UDP traffic.
// Detector.Doc says what it does.
package amplification

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// services are the UDP services known to be abused as amplifiers, by port.
// Source: CISA alert TA14-017A, UDP-Based Amplification Attacks (as of 2019),
// which has their bandwidth amplification factors.
var services = map[uint16]string{
	17: "qotd", 19: "chargen", 53: "dns", 69: "tftp", 111: "portmap", 123: "ntp", 137: "netbios", 161: "snmp", 389: "cldap", 520: "rip",
	1900: "ssdp", 3283: "ard", 3702: "ws-discovery", 5353: "mdns", 5683: "coap", 10001: "ubiquiti", 11211: "memcached", 26000: "quake", 27015: "steam",
}

func list() string {
	var s []string
	for port, name := range services {
		s = append(s, fmt.Sprintf("%05d %s (%d)", port, name, port))
	}
	slices.Sort(s)
	for i := range s {
		_, s[i], _ = strings.Cut(s[i], " ")
	}
	return strings.Join(s, ", ")
}

// Detector finds amplification.
var Detector = &detect.Detector{
	Name: "amplification",
	Doc: `UDP services that send much for little, and whom to

An attacker asks a UDP service in the name of his victim, and the service sends
the victim many times as much. In each window of a minute, what an address has
sent to all servers of one such service is set against what it has got from
them, whether a record holds both directions or one. It is the victim if it got
at least 10 MB, and at least 5 times what it sent: the least bandwidth
amplification factors of the list below are 3.8 to 6, most are 28 and more, and
that of ordinary DNS is 2 to 4. The score is the factor (bytes got, if nothing was
sent).

Kinds: reflection, if the requests are seen, so that servers near the sensor are
abused; and victim, if answers come that nobody has asked for. An alert names the
victim as destination, the service's port as source port, and the reflector as source if
it is one.

Services: ` + list() + `.

Missed: services on other ports; fewer bytes. A download over TFTP, or a resolver
that is used by very many, may look like it.`,
	Refs: []string{
		"Rossow: Amplification Hell: Revisiting Network Protocols for DDoS Abuse. NDSS, 2014",
		"CISA: UDP-Based Amplification Attacks. Alert TA14-017A, 2014, revised 2019",
	},
	New: func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Window time.Duration
	Bytes  int64   // that an address gets in a window, at least
	Factor float64 // bytes got by bytes sent

	hosts   *flow.Hosts
	clock   track.Clock
	victims track.Table[track.Key, victim]
}

// A victim is what an address has sent to a service and got from it.
type victim struct {
	sent, got   int64
	asked       int64 // bytes got in records that have the request
	reflector   flow.Host
	others      int32 // how often the reflector was another
	first, last int64
	records     track.Records
}

// Default returns the detector with its default parameters.
func Default() Watcher { return Watcher{Window: time.Minute, Bytes: 10e6, Factor: 5} }

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.DurationVar(&w.Window, "amplification-window", w.Window, "window in which bytes are added up")
	fs.Int64Var(&w.Bytes, "amplification-bytes", w.Bytes, "bytes that a victim gets in a window at the least")
	fs.Float64Var(&w.Factor, "amplification-factor", w.Factor, "bytes got for each byte sent, at the least")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case w.Window <= 0:
		return &algo.ParamError{Name: "amplification-window", Value: w.Window, Want: "above 0"}
	case w.Bytes < 1:
		return &algo.ParamError{Name: "amplification-bytes", Value: w.Bytes, Want: "1 or more"}
	case !(w.Factor > 1) || math.IsInf(w.Factor, 0):
		return &algo.ParamError{Name: "amplification-factor", Value: w.Factor, Want: "above 1"}
	}
	return nil
}

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.hosts, w.clock.Every = b.Hosts, int64(w.Window)
	for i, now := range b.Time {
		w.clock.At(now, func(_, _ int64) { w.close(report) })
		if b.Proto[i] == flow.UDP {
			w.add(b, i, now)
		}
	}
}

func (w *Watcher) add(b *flow.Batch, i int, now int64) {
	var (
		k           track.Key
		reflector   flow.Host
		sent, got   int64
		withRequest bool
	)
	// A request's record is one to the service. One from it is an answer alone.
	if _, to := services[b.DstPort[i]]; to {
		k, reflector = track.Key{Src: track.NoHost, Dst: b.Src[i], DstPort: b.DstPort[i]}, b.Dst[i]
		sent, got, withRequest = b.BytesUp[i], b.BytesDown[i], true
	} else if _, from := services[b.SrcPort[i]]; from {
		k, reflector = track.Key{Src: track.NoHost, Dst: b.Dst[i], DstPort: b.SrcPort[i]}, b.Src[i]
		sent, got = b.BytesDown[i], b.BytesUp[i]
	} else {
		return
	}
	v, fresh := w.victims.Touch(k, now)
	if fresh {
		v.first, v.reflector = now, reflector
	} else if v.reflector != reflector {
		v.others++
	}
	v.last = now
	v.sent += sent
	v.got += got
	if withRequest {
		v.asked += got
	}
	v.records.Add(b.Number(i))
}

// Flush implements detect.Watcher.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	w.clock.Flush(now, func(_, _ int64) { w.close(report) })
}

func (w *Watcher) close(report func(*detect.Alert)) {
	for k, v := range w.victims.All {
		factor := float64(v.got) / float64(max(1, v.sent))
		if v.got < w.Bytes || factor < w.Factor {
			continue
		}
		a := &detect.Alert{
			Kind: "victim", Start: time.Unix(0, v.first).UTC(), End: time.Unix(0, v.last).UTC(),
			Subject: detect.Subject{Dst: w.hosts.Addr(k.Dst), SrcPort: k.DstPort, Proto: flow.UDP},
			Score:   factor,
			Reasons: []algo.Reason{
				{Column: services[k.DstPort] + "_factor", Value: factor, Low: math.Inf(-1), High: w.Factor},
				{Column: "bytes", Value: float64(v.got), Low: math.Inf(-1), High: float64(w.Bytes)},
			},
			Records: v.records.Take(),
		}
		if 2*v.asked >= v.got {
			a.Kind = "reflection"
		}
		if v.others == 0 {
			a.Subject.Src = w.hosts.Addr(v.reflector)
		}
		detect.SortRecords(a)
		report(a)
	}
	w.victims.Clear()
}

// Limit implements detect.Watcher.
func (w *Watcher) Limit(bytes int64) { w.victims.Max = track.Room(bytes, &w.victims, 32) }

// Usage implements detect.Watcher.
func (w *Watcher) Usage() (u detect.Usage) {
	u.Entries, u.Bytes, u.Evicted = track.Usage(&w.victims)
	for _, v := range w.victims.All {
		u.Bytes += v.records.Bytes()
	}
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.clock.Save(to)
	w.victims.Save(to, track.SaveKey, func(to *state.Writer, v *victim) {
		to.Int(v.sent)
		to.Int(v.got)
		to.Int(v.asked)
		to.Host(v.reflector)
		to.Int(int64(v.others))
		to.Int(v.first)
		to.Int(v.last)
		v.records.Save(to)
	})
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.hosts, w.clock.Every = from.Hosts, int64(w.Window)
	w.clock.Load(from)
	w.victims.Load(from, track.LoadKey, func(from *state.Reader, v *victim) {
		v.sent, v.got, v.asked = from.Int(), from.Int(), from.Int()
		v.reflector, v.others = from.Host(), int32(from.Int())
		v.first, v.last = from.Int(), from.Int()
		v.records.Load(from)
	})
}

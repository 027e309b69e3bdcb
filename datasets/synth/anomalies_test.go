package synth

import (
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"toolkit/flow"
)

// An incident is what the records of one label have in common.
type incident struct {
	records     []flow.Record
	srcs, dsts  map[netip.Addr]bool
	ports       map[uint16]bool
	states      map[flow.State]int
	up          int64
	first, last time.Time
	gaps        []float64 // seconds between records
}

// incidents returns the records of c that are labelled, by label, and the
// addresses of the others.
func incidents(c Config) (map[string]*incident, map[netip.Addr]bool) {
	all, ordinary := map[string]*incident{}, map[netip.Addr]bool{}
	for b := range c.Source(nil, new(flow.Labels)) {
		for i := range b.Len() {
			r := b.Record(i)
			if r.Label == "" {
				ordinary[r.Src.Addr()], ordinary[r.Dst.Addr()] = true, true
				continue
			}
			in := all[r.Label]
			if in == nil {
				in = &incident{srcs: map[netip.Addr]bool{}, dsts: map[netip.Addr]bool{}, ports: map[uint16]bool{}, states: map[flow.State]int{}, first: r.Time}
				all[r.Label] = in
			} else {
				in.gaps = append(in.gaps, r.Time.Sub(in.last).Seconds())
			}
			in.records = append(in.records, r)
			in.srcs[r.Src.Addr()], in.dsts[r.Dst.Addr()], in.ports[r.Dst.Port()] = true, true, true
			in.states[r.State]++
			in.up += r.BytesUp
			in.last = r.Time
		}
	}
	return all, ordinary
}

// The shapes are those that docs/synthetic.md describes.
func TestAnomalies(t *testing.T) {
	for seed := range uint64(3) {
		c := Default()
		c.Seed = 1 + seed
		all, ordinary := incidents(c)
		if got, want := slices.Sorted(maps.Keys(all)), slices.Sorted(slices.Values(Labels())); !slices.Equal(got, want) {
			t.Fatalf("labels %v, want %v", got, want)
		}
		check := func(label string, ok bool, what string) {
			t.Helper()
			if in := all[label]; !ok {
				t.Errorf("seed %d: %s: want %s; it has %d records, %d sources, %d destinations, %d ports, states %v, %d bytes up, from %v to %v",
					c.Seed, label, what, len(in.records), len(in.srcs), len(in.dsts), len(in.ports), in.states, in.up, in.first, in.last)
			}
		}
		share := func(label string, least, most float64) {
			t.Helper()
			s := float64(len(all[label].records)) / float64(c.Records)
			check(label, least <= s && s <= most, "another share of all records")
		}
		within := func(label string, least, most time.Duration) {
			t.Helper()
			d := all[label].last.Sub(all[label].first)
			check(label, least <= d && d <= most, "another duration")
		}
		for label, in := range all {
			check(label, len(in.srcs) == 1, "one source")
		}

		v := all[VerticalScan]
		check(VerticalScan, len(v.dsts) == 1 && len(v.ports) > 300 && len(v.records) > 1000, "one destination, more than 300 ports, more than 1000 records")
		within(VerticalScan, 30*time.Second, 2*time.Minute)

		h := all[HorizontalScan]
		check(HorizontalScan, len(h.ports) == 1 && len(h.dsts) > 300, "one port of more than 300 addresses")
		within(HorizontalScan, 30*time.Second, 2*time.Minute)

		s := all[SlowScan]
		check(SlowScan, len(s.dsts) == 5 && len(s.ports) > 100, "5 destinations, more than 100 ports")
		check(SlowScan, slices.Min(s.gaps) >= 10 && slices.Max(s.gaps) <= 40, "gaps of 10 to 40 s")
		within(SlowScan, 4100*time.Second, 4218*time.Second)

		f := all[DoSFlood]
		check(DoSFlood, len(f.dsts) == 1 && len(f.ports) == 1 && f.states[flow.New] > len(f.records)/2, "one service, mostly not answering")
		d := f.last.Sub(f.first).Seconds()
		check(DoSFlood, float64(len(f.records)) > 50*d, "more than 50 records a second")

		x := all[Exfiltration]
		check(Exfiltration, len(x.dsts) == 1 && x.up > 600e6, "one destination, more than 600 MB up")
		share(Exfiltration, 0.0009, 0.0011)

		b := all[Beacon]
		check(Beacon, len(b.dsts) == 1 && b.dsts[Blacklist()[0]], "the blacklisted destination")
		check(Beacon, slices.Min(b.gaps) >= 27 && slices.Max(b.gaps) <= 33, "gaps of 27 to 33 s")
		check(Beacon, !ordinary[Blacklist()[0]], "an address without ordinary traffic")
		for _, a := range Blacklist()[1:] {
			check(Beacon, !ordinary[a], "no traffic of other blacklisted addresses")
		}

		w := all[WorstHost]
		check(WorstHost, w.srcs[netip.MustParseAddr("192.168.100.96")], "192.168.100.96")
		check(WorstHost, w.states[flow.New]+w.states[flow.Reset] > len(w.records)*9/10, "failures")
		check(WorstHost, len(w.ports) > 300 && len(w.dsts) > 50, "more than 300 ports of more than 50 destinations")
		share(WorstHost, 0.09, 0.10)
	}
}

// The worst host is the most active source by far, and the share of labelled
// records is about that of the reference data: 16 % there.
func TestActivity(t *testing.T) {
	count, labelled := map[netip.Addr]int{}, 0
	for b := range Default().Source(nil, new(flow.Labels)) {
		for i := range b.Len() {
			count[b.Hosts.Addr(b.Src[i])]++
			if b.Label[i] != 0 {
				labelled++
			}
		}
	}
	worst := netip.MustParseAddr("192.168.100.96")
	for a, n := range count {
		if a != worst && 2*n > count[worst] {
			t.Errorf("%v has %d records, more than half of the %d of %v", a, n, count[worst], worst)
		}
	}
	top := slices.Sorted(maps.Values(count))
	slices.Reverse(top)
	few := 0
	for _, n := range top[:10] {
		few += n
	}
	if few < Default().Records*4/10 {
		t.Errorf("the 10 most active sources have %d of %d records, want two fifths", few, Default().Records)
	}
	if s := float64(labelled) / float64(Default().Records); s < 0.13 || s > 0.18 {
		t.Errorf("%.3f of the records are labelled", s)
	}
}

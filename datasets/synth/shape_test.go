package synth

import (
	"math"
	"testing"

	"toolkit/flow"
)

// measured is what a source adds up to, counted without the plan.
type measured struct {
	records                                           int
	sources, destinations, sourcePorts, ports, tuples int
	pairs, samples, active, wide, first, last         int
	up, down                                          int64
	states, protos                                    map[string]int
	labels                                            map[string]int
}

func measure(t testing.TB, src flow.Source) measured {
	t.Helper()
	type tuple struct {
		src, dst   flow.Host
		sport, dpo uint16
		proto      flow.Proto
	}
	type span struct{ first, last, active int64 }
	m := measured{states: map[string]int{}, protos: map[string]int{}, labels: map[string]int{}}
	sources, destinations := map[flow.Host]bool{}, map[flow.Host]map[uint16]bool{}
	sourcePorts, ports, tuples, pairs := map[uint16]bool{}, map[uint16]bool{}, map[tuple]bool{}, map[[2]flow.Host]*span{}
	before := int64(math.MinInt64)
	for b, err := range src {
		if err != nil {
			t.Fatal(err)
		}
		if b.Seq != int64(m.records) {
			t.Fatalf("batch begins with record %d, want %d", b.Seq, m.records)
		}
		for i := range b.Len() {
			at := b.Time[i]
			if at < before || at%1e9 != 0 {
				t.Fatalf("record %d is of %d ns, after one of %d", m.records, at, before)
			}
			before = at
			if m.records == 0 {
				m.first = int(at / 1e9)
			}
			m.last = int(at / 1e9)
			m.records++
			sources[b.Src[i]] = true
			if destinations[b.Dst[i]] == nil {
				destinations[b.Dst[i]] = map[uint16]bool{}
			}
			destinations[b.Dst[i]][b.DstPort[i]] = true
			sourcePorts[b.SrcPort[i]], ports[b.DstPort[i]] = true, true
			tuples[tuple{b.Src[i], b.Dst[i], b.SrcPort[i], b.DstPort[i], b.Proto[i]}] = true
			bin, key := at/10e9, [2]flow.Host{b.Src[i], b.Dst[i]}
			switch p := pairs[key]; {
			case p == nil:
				pairs[key] = &span{bin, bin, 1}
			case p.last != bin:
				p.last = bin
				p.active++
			}
			if b.BytesUp[i] < 0 || b.BytesDown[i] < 0 || b.SrcPort[i] == 0 || b.DstPort[i] == 0 {
				t.Fatalf("record %d: %v", m.records-1, b.Record(i))
			}
			m.up += b.BytesUp[i]
			m.down += b.BytesDown[i]
			m.states[b.State[i].String()]++
			m.protos[b.Proto[i].String()]++
			if b.Label != nil {
				m.labels[b.Labels.Name(b.Label[i])]++
			}
		}
	}
	m.sources, m.destinations, m.sourcePorts, m.ports, m.tuples, m.pairs = len(sources), len(destinations), len(sourcePorts), len(ports), len(tuples), len(pairs)
	for _, p := range pairs {
		m.samples += int(p.last - p.first + 1)
		m.active += int(p.active)
	}
	for _, d := range destinations {
		if len(d) > 100 {
			m.wide++
		}
	}
	return m
}

// within fails unless got is within a share of want.
func within(t *testing.T, what string, got, want, share float64) {
	t.Helper()
	if math.Abs(got-want) > share*want {
		t.Errorf("%s: %.0f, want %.0f ± %g %%", what, got, want, 100*share)
	}
}

// The figures are those of the data that the project began with: its records,
// span, distinct values, sums of bytes and flow tuples as counted there, and
// its 342,093 samples of address pairs in 10 s bins, of which 44,000 were
// distinct.
func TestDefaultShape(t *testing.T) {
	for seed := range uint64(3) {
		m := measure(t, Config{Records: Default().Records, Seed: 1 + seed}.Source(nil, nil))
		if m.records != 142_373 || m.first != start || m.last-m.first != 4218 {
			t.Errorf("%d records from %d to %d, want 142373 from %d on in 4218 s", m.records, m.first, m.last, start)
		}
		within(t, "src_ip", float64(m.sources), 218, 0.01)
		within(t, "dst_ip", float64(m.destinations), 2273, 0.01)
		within(t, "flow tuples", float64(m.tuples), 47_334, 0.01)
		within(t, "samples of pairs", float64(m.samples), 342_093, 0.01)
		within(t, "bins with records", float64(m.active), 45_500, 1500./45_500)
		within(t, "src_port", float64(m.sourcePorts), 28_261, 0.05)
		within(t, "dst_port", float64(m.ports), 474, 0.05)
		within(t, "src_tx", float64(m.up), 4_040_512_881, 0.05)
		within(t, "dst_tx", float64(m.down), 4_547_933_614, 0.05)
		if m.wide != 15 {
			t.Errorf("%d destinations with more than 100 ports, want 15", m.wide)
		}
		if len(m.protos) != 2 || m.protos["tcp"] == 0 || m.protos["udp"] == 0 {
			t.Errorf("protocols %v, want tcp and udp", m.protos)
		}
		if len(m.states) != 6 || m.states["unknown"] != 0 {
			t.Errorf("states %v, want the six", m.states)
		}
	}
}

// Other sizes keep to the rule that Config.shape and docs/synthetic.md state.
func TestScaledShape(t *testing.T) {
	for _, records := range []int{10_000, 1_000_000} {
		r := float64(records) / 142_373
		hosts, sources, span := r, math.Pow(r, 2./3), 4218.
		if r > 1 {
			hosts, sources, span = math.Sqrt(r), math.Sqrt(r), 4218*math.Sqrt(r)
		}
		m := measure(t, Config{Records: records, Seed: 1}.Source(nil, nil))
		within(t, "span", float64(m.last-m.first), span, 0.01)
		within(t, "src_ip", float64(m.sources), 218*sources, 0.02)
		within(t, "dst_ip", float64(m.destinations), 2273*hosts, 0.01)
		within(t, "flow tuples", float64(m.tuples), 47_334*r, 0.01)
		within(t, "samples of pairs", float64(m.samples), 342_093*r, 0.01)
		within(t, "bins with records", float64(m.active), 45_500*r, 0.05)
		within(t, "dst_port", float64(m.ports), 474*math.Pow(r, 0.25), 0.05)
		within(t, "src_tx", float64(m.up), 4_040_512_881*r, 0.15) // the fewer records, the more the largest weigh
		within(t, "dst_tx", float64(m.down), 4_547_933_614*r, 0.15)
	}
}

func TestSizes(t *testing.T) {
	for _, records := range []int{-1, 0, 1, 2, 3, 5, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000} {
		for seed := range uint64(4) {
			m := measure(t, Config{Records: records, Seed: seed}.Source(new(flow.Hosts), new(flow.Labels)))
			if m.records != max(0, records) {
				t.Errorf("%d records, want %d", m.records, records)
			}
			if records > 0 && m.first != start {
				t.Errorf("%d records: begin at %d, want %d", records, m.first, start)
			}
			if records > 1 && m.last-m.first != 4218 {
				t.Errorf("%d records: span %d s, want 4218", records, m.last-m.first)
			}
			for _, label := range Labels() {
				if records >= 10_000 && m.labels[label] == 0 {
					t.Errorf("%d records, seed %d: none is a %s", records, seed, label)
				}
			}
		}
	}
}

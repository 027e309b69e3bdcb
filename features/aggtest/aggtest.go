// Package aggtest holds aggregates and groupings to the contract of package
// features: what is gathered depends on the records alone.
package aggtest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"toolkit/features"
	"toolkit/flow"
)

const (
	records = 2000
	groups  = 17
)

// Run tests that g gathers the same however the records are cut into batches
// and whatever their order, that parts gathered by others merge in any order,
// and that a state which is cut short is an error.
func Run(t *testing.T, g *features.Gather) {
	rs := Records(records, 1)
	group := func(i int) int32 { return int32(rs[i].Seq*7) % groups }

	whole := newAgg(g, new(flow.Hosts))
	whole.add(rs, group)
	want := whole.emit(nil)

	t.Run("however records are cut and ordered", func(t *testing.T) {
		r := rand.New(rand.NewPCG(2, 2))
		cut := newAgg(g, new(flow.Hosts))
		for i := 0; i < len(rs); {
			n := min(1+r.IntN(100), len(rs)-i)
			cut.add(rs[i:i+n], func(k int) int32 { return group(i + k) })
			i += n
		}
		same(t, cut.emit(nil), want)

		shuffled := newAgg(g, new(flow.Hosts))
		for _, i := range r.Perm(len(rs)) {
			shuffled.add(rs[i:i+1], func(int) int32 { return group(i) })
		}
		same(t, shuffled.emit(nil), want)
	})
	t.Run("parts merge in any order", func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 3))
		for range 3 {
			parts := make([]*agg, 5)
			for i := range parts {
				parts[i] = newAgg(g, new(flow.Hosts)) // each numbers addresses in its own way
			}
			for _, i := range r.Perm(len(rs)) {
				parts[r.IntN(len(parts))].add(rs[i:i+1], func(int) int32 { return group(i) })
			}
			sum := newAgg(g, new(flow.Hosts))
			for _, p := range r.Perm(len(parts)) {
				for k := range int32(groups) {
					if !parts[p].seen[k] {
						continue
					}
					state := append(parts[p].AppendState(nil, k), "rest"...)
					rest, err := sum.MergeState(k, state)
					if err != nil || string(rest) != "rest" {
						t.Fatalf("merging group %d: rest %q, error %v", k, rest, err)
					}
				}
			}
			same(t, sum.emit(nil), want)
		}
	})
	t.Run("a state cut short is an error", func(t *testing.T) {
		state := whole.AppendState(nil, 0)
		for n := range state {
			if _, err := newAgg(g, new(flow.Hosts)).MergeState(0, state[:n]); err == nil {
				t.Errorf("%d of %d bytes: no error", n, len(state))
			}
		}
	})
	t.Run("emits what is asked for", func(t *testing.T) {
		same(t, whole.emit(nil), want) // emitting changes nothing
		for skip := range g.Parts {
			if g.Parts == 1 {
				break // the only feature is always wanted
			}
			got := whole.emit(func(part int) bool { return part != skip })
			for part, c := range got {
				if part != skip && !reflect.DeepEqual(c, want[part]) {
					t.Errorf("part %d differs without part %d", part, skip)
				}
			}
		}
	})
}

// An agg is an aggregate at work, with the hosts that it numbers by.
type agg struct {
	features.Aggregate
	parts int
	hosts *flow.Hosts
	seen  [groups]bool
}

func newAgg(g *features.Gather, h *flow.Hosts) *agg {
	a := &agg{Aggregate: g.New(h, new(features.Rows)), parts: g.Parts, hosts: h}
	a.Grow(groups)
	return a
}

func (a *agg) add(rs []flow.Record, group func(i int) int32) {
	b := &flow.Batch{Hosts: a.hosts}
	of := make([]int32, len(rs))
	for i, r := range rs {
		b.Append(r)
		of[i] = group(i)
		a.seen[of[i]] = true
	}
	a.Add(b, of)
}

func (a *agg) emit(want func(part int) bool) []*features.Column {
	order := make([]int32, groups)
	for i := range order {
		order[i] = int32(groups - 1 - i)
	}
	cols := make([]*features.Column, a.parts)
	for part := range cols {
		if want == nil || want(part) {
			cols[part] = new(features.Column)
		}
	}
	a.Emit(order, cols)
	return cols
}

func same(t *testing.T, got, want []*features.Column) {
	t.Helper()
	for part := range want {
		if !reflect.DeepEqual(got[part], want[part]) {
			t.Errorf("part %d: %v, want %v", part, got[part], want[part])
		}
	}
}

// RunGrouping tests that the table of a grouping is the same however the
// records are cut into parts that other Builders gather, and whatever the
// order in which these are merged.
func RunGrouping(t *testing.T, of *features.Grouping) {
	rs := Records(5*records, 4)
	whole := features.NewBuilder(of, new(flow.Hosts))
	addTo(whole, rs)
	want, _ := whole.Table()

	r := rand.New(rand.NewPCG(5, 5))
	parts := make([]*features.Builder, 5)
	for i := range parts {
		parts[i] = features.NewBuilder(of, new(flow.Hosts))
	}
	for rest := rs; len(rest) > 0; {
		n := min(1+r.IntN(500), len(rest))
		addTo(parts[r.IntN(len(parts))], rest[:n])
		rest = rest[n:]
	}
	r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	for _, p := range parts[1:] {
		if err := parts[0].Merge(p); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := parts[0].Table()
	if got.Len() != want.Len() {
		t.Fatalf("%d rows, want %d", got.Len(), want.Len())
	}
	for j, c := range want.Columns {
		for i := range want.Len() {
			if g, w := got.Columns[j].String(i), c.String(i); g != w {
				t.Fatalf("row %d, %s: %s, want %s", i, c.Name, g, w)
			}
		}
	}
}

func addTo(t *features.Builder, rs []flow.Record) {
	b := &flow.Batch{Hosts: t.Hosts()}
	for _, r := range rs {
		b.Append(r)
	}
	t.Add(b)
}

// Records returns n random records of few addresses and ports, of IPv4 and
// IPv6, some before 1970, in no order of time.
func Records(n int, seed uint64) []flow.Record {
	r := rand.New(rand.NewPCG(seed, 0))
	addr := func() netip.Addr {
		if r.IntN(4) == 0 {
			return netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", r.IntN(6)))
		}
		return netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(8))})
	}
	rs := make([]flow.Record, n)
	for i := range rs {
		rs[i] = flow.Record{
			Seq: int64(i), Time: time.Unix(int64(r.IntN(300))-100, int64(r.IntN(4))*250e6),
			Proto: []flow.Proto{flow.TCP, flow.UDP, flow.ICMP, 99}[r.IntN(4)], State: flow.State(r.IntN(int(flow.NumStates))),
			Src: netip.AddrPortFrom(addr(), uint16(r.IntN(40))), Dst: netip.AddrPortFrom(addr(), uint16(r.IntN(30))),
			BytesUp: r.Int64N(1e6) * int64(r.IntN(2)), BytesDown: r.Int64N(1e9), Duration: time.Duration(r.Int64N(1e12) * int64(r.IntN(2))),
		}
	}
	return rs
}

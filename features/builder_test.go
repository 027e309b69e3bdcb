package features

import (
	"errors"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"toolkit/flow"
)

// The index numbers keys as a map does, in the order in which they come.
func TestIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var x index[tuple]
	want := map[tuple]int32{}
	for range 50 {
		keys, group := make([]tuple, 1+r.IntN(3000)), make([]int32, 3000)
		hash := make([]uint32, len(keys))
		for i := range keys {
			keys[i] = randomTuple(r)
			hash[i] = keys[i].hash()
		}
		x.lookup(keys, hash, group[:len(keys)])
		for i, k := range keys {
			g, ok := want[k]
			if !ok {
				g = int32(len(want))
				want[k] = g
			}
			if group[i] != g || *x.keys.of(g) != k {
				t.Fatalf("key %+v has number %d, want %d", k, group[i], g)
			}
		}
	}
	if x.n != len(want) {
		t.Errorf("%d keys, want %d", x.n, len(want))
	}
}

func randomTuple(r *rand.Rand) tuple {
	return tuple{src: flow.Host(r.IntN(30)), dst: flow.Host(r.IntN(30)), srcPort: uint16(r.IntN(4)), dstPort: uint16(r.IntN(4)), proto: flow.Proto(r.IntN(2))}
}

// Keys have the same number whenever they come, another than others', and are
// told by it, in the order of windows or out of it, one at a time or many.
func TestNumbering(t *testing.T) {
	for name, late := range map[string]int64{"in order": 0, "some late": 300, "in any order": 1 << 40} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			one := func() tuple { return tuple{src: flow.Host(r.IntN(20)), dst: flow.Host(r.IntN(20))} }
			x := newNumbering(new(Rows), true)
			want, now := map[key]int32{}, int64(-1000)
			check := func(k key, g int32) {
				t.Helper()
				n, ok := want[k]
				if !ok {
					n, want[k] = g, g
				}
				if g != n || x.key(g) != k || int(g) >= x.len() {
					t.Fatalf("key %+v has number %d of %d, which is that of %+v; had %d", k, g, x.len(), x.key(g), n)
				}
			}
			for range 60 {
				n := 1 + r.IntN(1500)
				tuples, windows, group := make([]tuple, n), make([]int64, n), make([]int32, n)
				for i := range tuples {
					now += r.Int64N(2)
					tuples[i], windows[i] = one(), now-r.Int64N(late+1)
				}
				x.lookup(tuples, windows, group)
				for i, g := range group {
					check(key{tuples[i], windows[i]}, g)
				}
				k := key{one(), now - r.Int64N(late+1)}
				check(k, x.of(k))
			}
			if x.len() != len(want) || x.late != (late > 0) {
				t.Errorf("%d groups, want %d; late: %v", x.len(), len(want), x.late)
			}
			all := make([]int32, x.len())
			for g := range all {
				all[g] = int32(g)
			}
			keys := make([]key, len(all))
			x.gather(keys, all)
			for g, k := range keys {
				if want[k] != int32(g) {
					t.Fatalf("group %d gathered: %+v, which has number %d", g, k, want[k])
				}
			}
		})
	}
}

// Keys are sorted alike in one word and, with more addresses than fit there,
// in several.
func TestSortedWide(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, of := range Groupings(DefaultOptions()) {
		hosts := new(flow.Hosts)
		for i := range 20 {
			hosts.Of(netip.AddrFrom4([4]byte{10, 0, byte(r.IntN(256)), byte(i)}))
		}
		b := &flow.Batch{Hosts: hosts}
		for i := range 3000 {
			host := func() netip.AddrPort {
				return netip.AddrPortFrom(hosts.Addr(flow.Host(r.IntN(20))), uint16(r.IntN(1<<16)))
			}
			b.Append(flow.Record{Seq: int64(i), Time: time.Unix(int64(r.IntN(2000)), 0), Proto: flow.Proto(r.IntN(256)), Src: host(), Dst: host()})
		}
		x := NewBuilder(of, hosts)
		x.Add(b)
		rank, _ := hosts.Ranks()
		narrow := x.sorted(rank, false)
		wide := x.sorted(append(slices.Clone(rank), make([]uint32, 1<<20)...), false) // as if there were a million addresses
		if len(narrow) != x.Groups() || !slices.Equal(narrow, wide) {
			t.Errorf("%s: two orders", of.Name)
		}
	}
}

// What can't be held is an error, and not a wrong number.
func TestOverflow(t *testing.T) {
	record := func(up, down int64) *flow.Batch {
		b := new(flow.Batch)
		b.Append(flow.Record{Src: netip.MustParseAddrPort("10.0.0.1:1"), Dst: netip.MustParseAddrPort("10.0.0.2:2"), BytesUp: up, BytesDown: down})
		return b
	}
	for _, of := range []*Grouping{FlowTuples(DefaultOptions()), IPPairs(DefaultOptions())} {
		b := record(math.MaxInt64, 5)
		x := NewBuilder(of, b.Hosts)
		if x.Add(b); x.Err() != nil {
			t.Errorf("%s: %v", of.Name, x.Err())
		}
		y := NewBuilder(of, b.Hosts)
		y.Add(b)
		if x.Add(b); !errors.Is(x.Err(), ErrOverflow) {
			t.Errorf("%s: bytes: error %v", of.Name, x.Err())
		}
		if err := y.MergeState(y.AppendKey(nil, 0), y.AppendState(nil, 0)); !errors.Is(err, ErrOverflow) {
			t.Errorf("%s: merged: error %v", of.Name, err)
		}
	}
	v := &volume[[8]uint32]{v: cellsOf[volumeRow[[8]uint32]](new(Rows)), classes: func(dst []uint8, _ *flow.Batch) { dst[0] = 3 }}
	v.Grow(1)
	v.v.of(0).count[3] = math.MaxUint32 - 1
	if v.Add(record(1, 1), []int32{0}); v.Err() != nil {
		t.Error(v.Err())
	}
	if v.Add(record(1, 1), []int32{0}); !errors.Is(v.Err(), ErrOverflow) {
		t.Errorf("records: error %v", v.Err())
	}
	f := new(traffic)
	f.Grow(1)
	for range 2 {
		f.add(0, entry{n: math.MaxUint32})
	}
	if f.tuples(0); !errors.Is(f.Err(), ErrOverflow) {
		t.Errorf("tuples of a window: error %v", f.Err())
	}
}

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
	var x index[key]
	want := map[key]int32{}
	for range 50 {
		keys, group := make([]key, 1+r.IntN(3000)), make([]int32, 3000)
		for i := range keys {
			keys[i] = key{src: flow.Host(r.IntN(30)), dst: flow.Host(r.IntN(30)), srcPort: uint16(r.IntN(4)), dstPort: uint16(r.IntN(4)), proto: flow.Proto(r.IntN(2)), window: r.Int64N(3) - 1}
		}
		hash := make([]uint32, len(keys))
		for i := range keys {
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

package features

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"toolkit/flow"

	"github.com/zeebo/xxh3"
)

// Counts are exact up to exactUpTo, and past it as wrong as HyperLogLog with
// 2¹⁴ registers is: 1.04/√2¹⁴ = 0.81 % on the average of squares (Flajolet,
// Fusy, Gandouet & Meunier 2007).
func TestCardError(t *testing.T) {
	var buf [8]byte
	next := uint64(0)
	var square, worst float64
	keys := 0
	for n := 1; n < 60_000; n += 1 + n/12 {
		var c card
		for i := range n {
			binary.LittleEndian.PutUint64(buf[:], next)
			next++
			c.add(xxh3.Hash(buf[:]))
			if i%3 == 0 {
				c.add(xxh3.Hash(buf[:])) // what was seen changes nothing
			}
		}
		if n <= exactUpTo {
			if c.count() != int64(n) {
				t.Fatalf("%d values are counted as %d", n, c.count())
			}
			continue
		}
		e := math.Abs(float64(c.count())/float64(n) - 1)
		square, worst, keys = square+e*e, max(worst, e), keys+1
	}
	rms := math.Sqrt(square / float64(keys))
	t.Logf("%d keys past %d: error %.2f %% rms, %.2f %% at worst", keys, exactUpTo, 100*rms, 100*worst)
	if keys < 40 || rms > 1.3*0.0081 || worst > 4*0.0081 {
		t.Errorf("%d keys: error %v rms, %v at worst, want 0.81 %% and less than four times that", keys, rms, worst)
	}
}

// Quantiles past exactUpTo values are within 1 %.
func TestSpreadError(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() int64{
		"lognormal":   func() int64 { return int64(math.Exp(8 + 2*r.NormFloat64())) },
		"Pareto":      func() int64 { return int64(40 / math.Pow(r.Float64(), 1/0.8)) },
		"uniform":     func() int64 { return r.Int64N(1 << 30) },
		"mostly zero": func() int64 { return r.Int64N(1500) * int64(r.IntN(5)/2) },
		"huge":        func() int64 { return math.MaxInt64>>20 - r.Int64N(1<<20) },
	} {
		exact, sketched := spreading{}, spreading{keep: exactUpTo}
		for _, n := range []int{exactUpTo, 5000, 40_000} {
			var e, s spread
			for range n {
				v := draw()
				exact.add(&e, v)
				sketched.add(&s, v)
			}
			if (s.sketch != nil) != (n > exactUpTo) {
				t.Fatalf("%d values: sketch %v", n, s.sketch)
			}
			e.sort()
			s.sort()
			for i := range spreadStats {
				got, want := spreadStat(i).of(&s), spreadStat(i).of(&e)
				room := 0.0
				if n > exactUpTo && spreadStat(i) >= statQuantiles {
					room = quantileAccuracy * want
				}
				if math.Abs(got-want) > room*(1+1e-9) {
					t.Errorf("%s, %d values, number %d: %v, want %v within 1 %%", name, n, i, got, want)
				}
			}
		}
		if exact.over || sketched.over {
			t.Errorf("%s: an overflow", name)
		}
	}
}

// many are records of more addresses and ports than sets are kept of, in
// groups of which the first has most.
func many(n int) (rs []flow.Record, group []int32) {
	r := rand.New(rand.NewPCG(3, 4))
	addr := func() netip.Addr {
		return netip.AddrFrom4([4]byte{10, byte(r.IntN(3)), byte(r.IntN(40)), byte(r.IntN(256))})
	}
	for i := range n {
		rs = append(rs, flow.Record{
			Seq: int64(i), Time: time.Unix(int64(i), 0), Proto: flow.Proto([]int{1, 6, 17}[r.IntN(3)]),
			Src: netip.AddrPortFrom(addr(), uint16(r.IntN(1<<16))), Dst: netip.AddrPortFrom(addr(), uint16(r.IntN(1<<14))),
			BytesUp: r.Int64N(1 << r.IntN(30)), BytesDown: r.Int64N(1 << 20), Duration: time.Duration(r.Int64N(1e11)),
		})
		group = append(group, int32(r.IntN(4)/2*r.IntN(3)))
	}
	return rs, group
}

var sketches = map[string]*Gather{
	"addresses": approxDstIPs, "flow tuples": approxFlows, "contacts": reachOf(false), "contacts of destinations": reachOf(true), "amounts": sketchedAmounts,
}

// What sketches say, and the bytes that they are written as, depend on the
// records alone, however these are cut, ordered and merged.
func TestSketchesInAnyOrder(t *testing.T) {
	rs, group := many(9000)
	r := rand.New(rand.NewPCG(5, 6))
	for name, g := range sketches {
		t.Run(name, func(t *testing.T) {
			parts := make([]Aggregate, 4) // the first sees all, the others what is dealt to them
			batch := make([]*flow.Batch, len(parts))
			for i := range parts {
				batch[i] = &flow.Batch{Hosts: new(flow.Hosts)}
				parts[i] = g.New(batch[i].Hosts, new(Rows))
				parts[i].Grow(3)
			}
			of := make([][]int32, len(parts))
			for i := range rs {
				batch[0].Append(rs[i])
			}
			of[0] = group
			for _, i := range r.Perm(len(rs)) {
				p := 1 + r.IntN(3)*r.IntN(2) // one has most, so that sets and sketches merge
				batch[p].Append(rs[i])
				of[p] = append(of[p], group[i])
			}
			for i := range parts {
				parts[i].Add(batch[i], of[i])
			}
			sum := g.New(new(flow.Hosts), new(Rows))
			sum.Grow(3)
			for _, p := range []int{2, 1, 3} {
				for k := range int32(3) {
					rest, err := sum.MergeState(k, append(parts[p].AppendState(nil, k), "rest"...))
					if err != nil || string(rest) != "rest" {
						t.Fatalf("merging: rest %q, error %v", rest, err)
					}
				}
			}
			emit := func(a Aggregate) (cols []*Column) {
				for range g.Parts {
					cols = append(cols, new(Column))
				}
				a.Emit([]int32{2, 0, 1}, cols)
				return cols
			}
			if got, want := emit(sum), emit(parts[0]); !reflect.DeepEqual(got, want) {
				t.Errorf("merged parts say other than the whole: %s, want %s", sums(got), sums(want))
			}
			for k := range int32(3) {
				if !slices.Equal(sum.AppendState(nil, k), parts[0].AppendState(nil, k)) {
					t.Errorf("group %d is written as other bytes by merged parts than by the whole", k)
				}
			}
			state := parts[0].AppendState(nil, 0)
			for n := 0; n < len(state); n += 1 + len(state)/300 {
				a := g.New(new(flow.Hosts), new(Rows))
				a.Grow(1)
				if _, err := a.MergeState(0, state[:n]); err == nil {
					t.Fatalf("%d of %d bytes of a state: no error", n, len(state))
				}
			}
		})
	}
}

func sums(cols []*Column) (s string) {
	for _, c := range cols {
		s += fmt.Sprint(c.Ints, c.Floats, " ")
	}
	return s
}

// What sketches of a group take does not grow with what it has seen, but for
// the hashes of addresses, which all groups share.
func TestSketchesAreBounded(t *testing.T) {
	for name, g := range sketches {
		var took []int64
		for _, n := range []int{6000, 24_000} {
			rs, _ := many(n)
			b := &flow.Batch{Hosts: new(flow.Hosts)}
			for _, r := range rs {
				b.Append(r)
			}
			a := g.New(b.Hosts, new(Rows))
			a.Grow(1)
			a.Add(b, make([]int32, n))
			took = append(took, int64(len(a.AppendState(nil, 0))))
		}
		if took[1] > took[0]*5/4 || took[1] > 64<<10 {
			t.Errorf("%s: %d bytes of 6,000 records, %d of 24,000", name, took[0], took[1])
		}
	}
}

// A peer that an earlier window had is not new, whatever the order of the
// windows; with few peers the counts are those of contacts.
func TestReachIsContactsOfFew(t *testing.T) {
	o := DefaultOptions()
	o.HostWindow = 10 * time.Second
	b := &flow.Batch{Hosts: new(flow.Hosts)}
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 3000 {
		b.Append(flow.Record{
			Seq: int64(i), Time: time.Unix(r.Int64N(100), 0),
			Src: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(5))}), 1),
			Dst: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(r.IntN(90))}), uint16(r.IntN(300))),
		})
	}
	table := func() *Table {
		build := NewBuilder(Hosts(o), b.Hosts)
		build.Add(b)
		t, _ := build.Table()
		return t
	}
	exact := table()
	o.Approx = true
	approx := table()
	if len(approx.Columns) >= len(exact.Columns) || approx.Len() != exact.Len() {
		t.Fatalf("%d columns of %d rows, exact %d of %d", len(approx.Columns), approx.Len(), len(exact.Columns), exact.Len())
	}
	for _, c := range approx.Columns {
		for i := range c.Len() {
			if got, want := c.String(i), exact.Column(c.Name).String(i); got != want {
				t.Fatalf("%s of row %d: %s, want %s", c.Name, i, got, want)
			}
		}
	}
	names, err := approx.Choose("source")
	if err != nil || slices.Contains(names, "beacon_score") || !slices.Contains(names, "num_peers") {
		t.Errorf("the set source of an approximate table is %v, error %v", names, err)
	}
}

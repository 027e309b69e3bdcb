package stream

import (
	"cmp"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"toolkit/flow"
)

// traffic is n records whose times wander.
func traffic(r *rand.Rand, n int) *flow.Batch {
	b := new(flow.Batch)
	at := 1e9 + r.Float64()
	for i := range n {
		at += r.ExpFloat64()
		t := at - r.ExpFloat64()*float64(r.IntN(20))
		b.Append(flow.Record{
			Seq: int64(i), Time: time.Unix(0, int64(t*1e9)/1e8*1e8),
			Src:     netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(20))}), 1),
			Dst:     netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(r.IntN(20))}), uint16(r.IntN(5))),
			BytesUp: r.Int64N(1000),
		})
	}
	return b
}

// sorted returns what a sorter gives of b, and after which record of the input
// it gave each.
func sorted(b *flow.Batch, s *sorter, cut func() int) (numbers, after, frontiers []int64) {
	for i := 0; i < b.Len(); {
		j := min(i+cut(), b.Len())
		s.add(b.Slice(i, j), func(row int) {
			s.take(false, func(out *flow.Batch) {
				for k := range out.Len() {
					numbers, after = append(numbers, out.Number(k)), append(after, int64(i+row))
				}
			})
			frontiers = append(frontiers, s.frontier)
		})
		i = j
	}
	s.take(true, func(out *flow.Batch) {
		for k := range out.Len() {
			numbers, after = append(numbers, out.Number(k)), append(after, int64(b.Len()))
		}
	})
	return numbers, after, frontiers
}

// With room enough, what comes out are the records that are not late, sorted;
// a record is late if it is from before the watermark of those before it.
func TestSorter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for trial := range 100 {
		b := traffic(r, 500)
		late, slot := r.Int64N(20e9), 1+r.Int64N(3e9)
		var want []int64
		latest := int64(math.MinInt64 / 2)
		for i, at := range b.Time {
			latest = max(latest, at)
			if at >= flow.FloorDiv(latest-late, slot)*slot {
				want = append(want, int64(i))
			}
		}
		slices.SortStableFunc(want, func(x, y int64) int { return cmp.Compare(b.Time[x], b.Time[y]) })
		s := newSorter(time.Duration(slot), time.Duration(late), 1<<20)
		got, after, frontiers := sorted(b, s, func() int { return 1 + r.IntN(40) })
		if !slices.Equal(got, want) || s.dropped != int64(b.Len()-len(want)) || s.held != 0 {
			t.Fatalf("trial %d: %d records, want %d; %d late, %d held", trial, len(got), len(want), s.dropped, s.held)
		}
		_, after1, frontiers1 := sorted(b, newSorter(time.Duration(slot), time.Duration(late), 1<<20), func() int { return 1 })
		if !slices.Equal(after, after1) || !slices.Equal(frontiers, frontiers1) {
			t.Fatalf("trial %d: when records come out depends on how the stream is cut", trial)
		}
	}
}

// A record that is too late, but whose connection was not over by then, comes
// at the frontier; one that was over does not.
func TestSorterLong(t *testing.T) {
	b := new(flow.Batch)
	for i, r := range []struct{ at, long int64 }{{100, 0}, {200, 0}, {120, 69}, {120, 70}, {191, 0}, {100, 500}} {
		b.Append(flow.Record{Seq: int64(i), Time: time.Unix(r.at, 0), Duration: time.Duration(r.long) * time.Second})
	}
	for _, size := range []int{1, 6} {
		s := newSorter(time.Second, 10*time.Second, 1000)
		got, _, _ := sorted(b, s, func() int { return size })
		if want := []int64{0, 3, 5, 4, 1}; !slices.Equal(got, want) || s.dropped != 1 || s.moved != 2 {
			t.Errorf("records %v, want %v; %d late, want 1; %d moved, want 2", got, want, s.dropped, s.moved)
		}
	}
	if b.Time[3] != 120e9 || b.Time[5] != 100e9 {
		t.Error("the batch was changed")
	}
}

// Without a bound of lateness everything comes out at the end, sorted.
func TestSorterUnbounded(t *testing.T) {
	b := traffic(rand.New(rand.NewPCG(3, 4)), 5000)
	got, after, _ := sorted(b, newSorter(10*time.Second, -1, 1<<20), func() int { return 4096 })
	want := b.ByTime()
	for i := range got {
		if got[i] != want.Number(i) || after[i] != int64(b.Len()) {
			t.Fatalf("record %d is %d, given out after %d, want %d at the end", i, got[i], after[i], want.Number(i))
		}
	}
	if len(got) != b.Len() {
		t.Errorf("%d records, want %d", len(got), b.Len())
	}
}

// With little room the oldest go first, in order; what is dropped is counted,
// and an input that is in order loses nothing.
func TestSorterRoom(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for trial := range 100 {
		b := traffic(r, 500)
		if trial%2 == 0 {
			slices.Sort(b.Time)
		}
		room, late := 2*slotCost+r.IntN(300), time.Duration(r.Int64N(60e9)-20e9)
		slot := time.Duration(1 + r.Int64N(30e9))
		s := newSorter(slot, late, room)
		got, after, frontiers := sorted(b, s, func() int { return 1 + r.IntN(40) })
		again := newSorter(slot, late, room)
		got1, after1, frontiers1 := sorted(b, again, func() int { return 1 })
		if !reflect.DeepEqual([][]int64{got, after, frontiers}, [][]int64{got1, after1, frontiers1}) {
			t.Fatalf("trial %d: depends on how the stream is cut", trial)
		}
		if !slices.IsSortedFunc(got, func(x, y int64) int { return cmp.Or(cmp.Compare(b.Time[x], b.Time[y]), cmp.Compare(x, y)) }) {
			t.Fatalf("trial %d: out of order", trial)
		}
		if int64(len(got))+s.dropped != int64(b.Len()) || trial%2 == 0 && s.dropped > 0 {
			t.Fatalf("trial %d: %d given out, %d dropped of %d", trial, len(got), s.dropped, b.Len())
		}
	}
}

package tail

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"toolkit/features"
)

// Values are sorted by three digits, the highest in which any of them differ;
// the few that differ only below are then sorted among themselves.
const (
	digits    = 3
	digitBits = 11
	radix     = 1 << digitBits
)

// A keyed is a value, as a number that ascends with it, and its row.
type keyed struct {
	key uint64
	row uint32
}

// key returns a number that ascends with v. Both zeros have the same.
func key(v float64) uint64 {
	b := math.Float64bits(v + 0) // −0 + 0 is 0
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

// value returns the value of a key.
func (k keyed) value() float64 {
	if k.key>>63 != 0 {
		return math.Float64frombits(k.key &^ (1 << 63))
	}
	return math.Float64frombits(^k.key)
}

// A sorter is the memory that sorting a column takes, 32 bytes a row.
type sorter struct{ from, to []keyed }

func newSorter(n int) *sorter { return &sorter{make([]keyed, n), make([]keyed, n)} }

// sort returns column j of x in ascending order, equal values in the order of
// the rows, until s sorts another one. A digit that all values share costs
// nothing.
func (s *sorter) sort(x *features.Matrix, j int) []keyed {
	from, to := s.from, s.to
	raw := x.X.RawMatrix()
	var differ uint64
	for i, at := 0, j; i < len(from); i, at = i+1, at+raw.Stride {
		k := key(raw.Data[at])
		from[i] = keyed{k, uint32(i)}
		differ |= k ^ from[0].key
	}
	low := max(0, bits.Len64(differ)-digits*digitBits) // the lowest bit of the digits
	var counts [digits][radix]uint32
	for _, k := range from {
		for d := range counts {
			counts[d][k.key>>(low+d*digitBits)%radix]++
		}
	}
	for d := range counts {
		count, shift := &counts[d], low+d*digitBits
		if count[from[0].key>>shift%radix] == uint32(len(from)) {
			continue
		}
		var start uint32
		for b, c := range count {
			count[b], start = start, start+c
		}
		for _, k := range from {
			b := k.key >> shift % radix
			to[count[b]] = k
			count[b]++
		}
		from, to = to, from
	}
	if low > 0 {
		finish(from, low)
	}
	return from
}

// finish sorts what is sorted down to bit low.
func finish(order []keyed, low int) {
	for lo, hi := 0, 0; lo < len(order); lo = hi {
		same := true
		for hi = lo + 1; hi < len(order) && order[hi].key>>low == order[lo].key>>low; hi++ {
			same = same && order[hi].key == order[lo].key
		}
		if !same {
			slices.SortFunc(order[lo:hi], func(a, b keyed) int {
				return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.row, b.row))
			})
		}
	}
}

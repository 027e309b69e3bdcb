package tail

import (
	"math"

	"toolkit/features"
)

const (
	digitBits = 11
	digits    = (64 + digitBits - 1) / digitBits
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

// sorted returns column j of x in ascending order, equal values in the order
// of the rows: a radix sort of O(n) time, in which digits that all values
// share cost nothing. It takes 32·n bytes.
func sorted(x *features.Matrix, j int) []keyed {
	n, _ := x.Dims()
	from, to := make([]keyed, n), make([]keyed, n)
	counts := make([][radix]uint32, digits)
	raw := x.X.RawMatrix()
	for i, at := 0, j; i < n; i, at = i+1, at+raw.Stride {
		k := key(raw.Data[at])
		from[i] = keyed{k, uint32(i)}
		for d := range counts {
			counts[d][k>>(d*digitBits)%radix]++
		}
	}
	for d := range counts {
		count := &counts[d]
		shift := d * digitBits
		if count[from[0].key>>shift%radix] == uint32(n) {
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
	return from
}

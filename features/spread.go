package features

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
	"slices"

	"github.com/DataDog/sketches-go/ddsketch"
)

// A spread gathers how whole numbers, 0 or above, are spread: how many there
// are, their sum, largest, deviation and quantiles, in any order: exactly, but
// for the quantiles if a spreading says so.
type spread struct {
	n, sum, max int64
	square      [2]uint64 // sum of their squares: high word, low word
	values      []int64
	sketch      *ddsketch.DDSketch // in their place once they are too many
}

// A spreading is what many spreads have in common.
type spreading struct {
	keep int64 // values of which quantiles are exact; 0 for any number
	held int64 // bytes that spreads hold, about
	over bool  // a sum was more than an int64 holds
}

// sketchBytes is about what a sketch takes: bins of 2 % of 4 to 10 powers of ten.
const sketchBytes = 6 << 10

func (a *spreading) add(s *spread, v int64) {
	s.sums(1, v, v)
	s.addSquare(bits.Mul64(uint64(v), uint64(v)))
	a.over = a.over || s.sum < 0
	a.keepValue(s, v)
}

func (s *spread) sums(n, sum, highest int64) {
	s.n += n
	s.sum += sum
	s.max = max(s.max, highest)
}

func (s *spread) addSquare(hi, lo uint64) {
	var carry uint64
	s.square[1], carry = bits.Add64(s.square[1], lo, 0)
	s.square[0] += hi + carry
}

// keepValue keeps v for quantiles; it counts already.
func (a *spreading) keepValue(s *spread, v int64) {
	if s.sketch == nil && a.keep > 0 && s.n > a.keep {
		a.toSketch(s)
	}
	if s.sketch != nil {
		if err := s.sketch.Add(float64(v)); err != nil {
			panic(err) // of values that are negative or not finite
		}
		return
	}
	before := cap(s.values)
	s.values = append(s.values, v)
	a.held += 8 * int64(cap(s.values)-before)
}

func (a *spreading) toSketch(s *spread) {
	sketch, err := ddsketch.LogUnboundedDenseDDSketch(quantileAccuracy)
	if err != nil {
		panic(err) // the accuracy is in range
	}
	for _, v := range s.values {
		if err := sketch.Add(float64(v)); err != nil {
			panic(err)
		}
	}
	a.held += sketchBytes - 8*int64(cap(s.values))
	s.sketch, s.values = sketch, nil
}

// join takes in the values of o.
func (a *spreading) join(s, o *spread) {
	s.sums(o.n, o.sum, o.max)
	s.addSquare(o.square[0], o.square[1])
	a.over = a.over || s.sum < 0
	for _, v := range o.values {
		a.keepValue(s, v)
	}
	if o.sketch == nil {
		return
	}
	if s.sketch == nil {
		a.toSketch(s)
	}
	if err := s.sketch.MergeWith(o.sketch); err != nil {
		panic(err) // all have the same bins
	}
}

// A spreadStat is a number that a spread is summed up by.
type spreadStat int

// The numbers that sum up a spread.
const (
	statCount spreadStat = iota
	statSum
	statMax
	statMean
	statStd
	statQuantiles // and then the others of spreadQuantiles
)

// spreadQuantiles are the quantiles of a spread.
var spreadQuantiles = [...]float64{0.25, 0.50, 0.75, 0.90}

const spreadStats = int(statQuantiles) + len(spreadQuantiles)

// of returns the number of a spread of at least one value, whose values are
// sorted.
func (stat spreadStat) of(s *spread) float64 {
	switch stat {
	case statCount:
		return float64(s.n)
	case statSum:
		return float64(s.sum)
	case statMax:
		return float64(s.max)
	case statMean:
		return float64(s.sum) / float64(s.n)
	case statStd:
		return s.std()
	}
	return s.quantile(spreadQuantiles[stat-statQuantiles])
}

// std returns the standard deviation of the values as a whole population.
func (s *spread) std() float64 {
	if s.n == 1 {
		return 0
	}
	// n·Σv² − (Σv)² is a whole number: nothing is lost where the mean is large.
	n, sum := big.NewInt(s.n), big.NewInt(s.sum)
	square := new(big.Int).Lsh(new(big.Int).SetUint64(s.square[0]), 64)
	square.Add(square, new(big.Int).SetUint64(s.square[1]))
	v, _ := new(big.Float).SetInt(square.Sub(square.Mul(square, n), sum.Mul(sum, sum))).Float64()
	return math.Sqrt(v) / float64(s.n)
}

func (s *spread) sort() { slices.Sort(s.values) }

// quantile returns the p-quantile of the sorted values, as Quantile does.
func (s *spread) quantile(p float64) float64 {
	i, t := rank(p, s.n)
	return lerp(s.at(i), s.at(min(i+1, s.n-1)), t)
}

// at returns the value of that rank, about if there is a sketch.
func (s *spread) at(rank int64) float64 {
	if s.sketch == nil {
		return float64(s.values[rank])
	}
	r := float64(rank) - s.sketch.GetZeroCount()
	if r < 0 {
		return 0
	}
	return min(s.sketch.Value(s.sketch.GetPositiveValueStore().KeyAtRank(r)), float64(s.max))
}

// appendState appends the number of values and these, ascending; for a sketch,
// −1, what is exact, and its bins.
func (s *spread) appendState(dst []byte) []byte {
	if s.sketch != nil {
		return s.appendSketch(dst)
	}
	s.sort()
	dst = binary.AppendVarint(dst, s.n)
	last := int64(0)
	for _, v := range s.values {
		dst = binary.AppendVarint(dst, v-last)
		last = v
	}
	return dst
}

// appendSketch is appendState of a spread with a sketch: what calls back makes
// the collector keep what it changes.
func (s *spread) appendSketch(dst []byte) []byte {
	last := int64(0)
	dst = binary.AppendVarint(dst, -1)
	for _, v := range [...]int64{s.n, s.sum, s.max, int64(s.square[0]), int64(s.square[1]), int64(s.sketch.GetZeroCount())} {
		dst = binary.AppendVarint(dst, v)
	}
	bins := int64(0)
	positive := s.sketch.GetPositiveValueStore()
	positive.ForEach(func(int, float64) bool { bins++; return false })
	dst = binary.AppendVarint(dst, bins)
	positive.ForEach(func(index int, count float64) bool {
		dst = binary.AppendVarint(binary.AppendVarint(dst, int64(index)-last), int64(count))
		last = int64(index)
		return false
	})
	return dst
}

// mergeState takes in what appendState wrote.
func (a *spreading) mergeState(s *spread, src []byte) (rest []byte, err error) {
	n, src, err := varint(src)
	if n == -1 && err == nil {
		return a.mergeSketch(s, src)
	}
	for v := int64(0); err == nil && n > 0; n-- {
		var d int64
		if d, src, err = varint(src); err == nil {
			if v += d; v < 0 {
				return src, errState
			}
			a.add(s, v)
		}
	}
	return src, err
}

func (a *spreading) mergeSketch(s *spread, src []byte) (_ []byte, err error) {
	var v [7]int64 // n, sum, max, square, zeros, bins
	for i := range v {
		if v[i], src, err = varint(src); err != nil {
			return src, err
		}
	}
	var o spread
	o.sums(v[0], v[1], v[2])
	o.addSquare(uint64(v[3]), uint64(v[4]))
	var scratch spreading
	scratch.toSketch(&o)
	if err := o.sketch.AddWithCount(0, float64(v[5])); err != nil {
		return src, errState
	}
	// What is 0 or above below 2⁶³ has an index from here to there.
	lowest, highest := int64(o.sketch.Index(0.5)), int64(o.sketch.Index(math.MaxInt64))
	for bins, index := v[6], int64(0); bins > 0; bins-- {
		var d, count int64
		if d, src, err = varint(src); err == nil {
			count, src, err = varint(src)
		}
		if err != nil {
			return src, err
		}
		if index += d; count < 1 || index < lowest || index > highest {
			return src, errState
		}
		o.sketch.GetPositiveValueStore().AddWithCount(int(index), float64(count))
	}
	a.join(s, &o)
	return src, nil
}

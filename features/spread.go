package features

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
	"slices"
)

// A spread gathers how whole numbers, 0 or above, are spread: how many there
// are, their sum, largest, deviation and quantiles, all exactly, in any order.
type spread struct {
	n, sum, max int64
	square      [2]uint64 // sum of their squares: high word, low word
	values      []int64
}

// add takes in v and tells whether their sum is still one that an int64 holds.
func (s *spread) add(v int64) (ok bool) {
	s.n++
	s.sum += v
	s.max = max(s.max, v)
	s.addSquare(bits.Mul64(uint64(v), uint64(v)))
	s.values = append(s.values, v)
	return s.sum >= 0
}

// join takes in the values of o, and tells of their sum what add does.
func (s *spread) join(o *spread) (ok bool) {
	s.n += o.n
	s.sum += o.sum
	s.max = max(s.max, o.max)
	s.addSquare(o.square[0], o.square[1])
	s.values = append(s.values, o.values...)
	return s.sum >= 0
}

func (s *spread) addSquare(hi, lo uint64) {
	var carry uint64
	s.square[1], carry = bits.Add64(s.square[1], lo, 0)
	s.square[0] += hi + carry
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
	return lerp(float64(s.values[i]), float64(s.values[min(i+1, s.n-1)]), t)
}

func (s *spread) appendState(dst []byte) []byte {
	s.sort()
	dst = binary.AppendVarint(dst, s.n)
	last := int64(0)
	for _, v := range s.values {
		dst = binary.AppendVarint(dst, v-last)
		last = v
	}
	return dst
}

// mergeState takes in what appendState wrote, and tells of the sum what add
// does.
func (s *spread) mergeState(src []byte) (rest []byte, ok bool, err error) {
	n, src, err := varint(src)
	ok = true
	for v := int64(0); err == nil && n > 0; n-- {
		var d int64
		if d, src, err = varint(src); err == nil {
			if v += d; v < 0 {
				return src, ok, errState
			}
			ok = s.add(v) && ok
		}
	}
	return src, ok, err
}

package loda

import (
	"maps"
	"math"
	"slices"
)

// A histogram counts samples in bins of equal width. Bins 0 to k−1 reach from
// low to high; others, numbered on in both directions, are kept where there
// are samples in them.
type histogram struct {
	low, high float64
	inside    []float64
	outside   map[float64]float64 // by bin: numbers too large for an int have a bin, too
	samples   float64             // in all

	// What derive works out.
	perUnit float64   // bins a unit
	rare    []float64 // −ln of the part of the samples in each bin inside
}

// newHistogram returns an empty one for values from low to high.
func newHistogram(low, high float64, bins int) *histogram {
	if low == high {
		half := max(0.5, math.Abs(low)*0x1p-40)
		low, high = low-half, high+half
	}
	h := &histogram{low: low, high: high, inside: make([]float64, bins), outside: map[float64]float64{}}
	h.prepare()
	return h
}

// prepare works out what finding bins needs.
func (h *histogram) prepare() {
	h.perUnit = min(float64(len(h.inside))/(h.high-h.low), math.MaxFloat64)
}

func (h *histogram) bins() int { return len(h.inside) }

// clone returns a copy with bins of its own.
func (h *histogram) clone() *histogram {
	c := *h
	c.inside, c.outside = slices.Clone(h.inside), maps.Clone(h.outside)
	return &c
}

// within returns the bin of a value from low to high. A border belongs to the
// bin above, but high to the last bin.
func (h *histogram) within(v float64) int {
	return min(int((v-h.low)*h.perUnit), len(h.inside)-1)
}

// beyond returns the number of the bin of any other value, a whole number.
func (h *histogram) beyond(v float64) float64 {
	b := math.Floor((v - h.low) * h.perUnit)
	if v < h.low {
		return max(min(b, -1), -math.MaxFloat64)
	}
	return min(max(b, float64(len(h.inside))), math.MaxFloat64)
}

// half is how many samples an empty bin counts for.
const half = 0.5

// rarity returns −ln of the part that is so many of the samples.
func (h *histogram) rarity(samples float64) float64 {
	return max(0, math.Log(h.samples)-math.Log(max(samples, half)))
}

// derive works out the rarity of the bins.
func (h *histogram) derive() {
	h.rare = make([]float64, len(h.inside))
	for b, s := range h.inside {
		h.rare[b] = h.rarity(s)
	}
}

// addTo adds the rarity of the bins that hold v to sums.
func (h *histogram) addTo(sums, v []float64) {
	low, high, perUnit, rare := h.low, h.high, h.perUnit, h.rare
	last := len(rare) - 1
	for i, u := range v {
		if u >= low && u <= high {
			sums[i] += rare[min(int((u-low)*perUnit), last)]
		} else {
			sums[i] += h.of(u)
		}
	}
}

// of returns the rarity of the bin that holds v.
func (h *histogram) of(v float64) float64 {
	if v >= h.low && v <= h.high {
		return h.rare[h.within(v)]
	}
	return h.rarity(h.outside[h.beyond(v)])
}

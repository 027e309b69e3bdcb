package windowhbos

import (
	"math"

	"toolkit/detect/state"
)

// A histogram counts numbers ≥ 0 in bins that are the same for all, so that
// histograms merge by adding and forget by scaling.
type histogram struct {
	counts []float64
	total  float64
}

// bin returns the bin of v, perUnit bins to a unit.
func bin(v float64) int { return int(max(0, v) * perUnit) }

// perUnit is how many bins a unit has: of logarithms, bins grow by a half.
const perUnit = 2.5

func (h *histogram) add(v, weight float64) {
	b := bin(v)
	for len(h.counts) <= b {
		h.counts = append(h.counts, 0)
	}
	h.counts[b] += weight
	h.total += weight
}

// merge adds what another has counted.
func (h *histogram) merge(o *histogram) {
	for b, c := range o.counts {
		for len(h.counts) <= b {
			h.counts = append(h.counts, 0)
		}
		h.counts[b] += c
	}
	h.total += o.total
}

// decay makes what was counted so far count less.
func (h *histogram) decay(factor float64) {
	h.total = 0
	for b := range h.counts {
		h.counts[b] *= factor
		h.total += h.counts[b]
	}
}

// unseen is what an empty bin counts: half a number.
const unseen = 0.5

// rarity returns ln(fullest bin / v's bin), where the fullest has most: the
// share of a value in the score of static HBOS. A bin that has less than half a
// number counts as one that has that.
func (h *histogram) rarity(v, most float64) float64 {
	c := unseen
	if b := bin(v); b < len(h.counts) {
		c = max(c, h.counts[b])
	}
	return max(0, math.Log(max(most, unseen)/c))
}

// A usual is what most numbers are like.
type usual struct {
	most      float64 // what the fullest bin has
	low, high float64 // bounds of the run of bins around it that have at least a hundredth of that
}

func (h *histogram) usual() usual {
	if len(h.counts) == 0 {
		return usual{high: 1 / perUnit}
	}
	top := 0
	for b, c := range h.counts {
		if c > h.counts[top] {
			top = b
		}
	}
	most, first, last := h.counts[top], top, top
	for first > 0 && h.counts[first-1] >= most/100 {
		first--
	}
	for last+1 < len(h.counts) && h.counts[last+1] >= most/100 {
		last++
	}
	return usual{most, float64(first) / perUnit, float64(last+1) / perUnit}
}

// quantile returns the upper bound of the bin that the q-quantile is in.
func (h *histogram) quantile(q float64) float64 {
	left := q * h.total
	for b, c := range h.counts {
		if left -= c; left <= 0 {
			return float64(b+1) / perUnit
		}
	}
	return float64(len(h.counts)) / perUnit
}

func (h *histogram) save(w *state.Writer) { w.Floats(h.counts) }

func (h *histogram) load(r *state.Reader) {
	h.counts, h.total = r.Floats(), 0
	if len(h.counts) == 0 {
		h.counts = nil
	}
	for _, c := range h.counts {
		if !(c >= 0) || math.IsInf(c, 0) {
			r.Fail()
			return
		}
		h.total += c
	}
}

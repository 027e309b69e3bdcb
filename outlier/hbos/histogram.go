package hbos

import (
	"cmp"
	"math"
	"slices"
)

// A histogram is the bins of a column, in ascending order.
type histogram struct {
	low, high []float64 // bounds; in equal-width bins high[k] is low[k+1]
	samples   []float64 // how many are counted in each
	scored    []float64 // how many have the share of each: those counted but for PyOD's borders
	height    []float64 // density (pyod), or density relative to the highest
	share     []float64 // in the score of a value in the bin

	perUnit float64 // equal-width bins a unit of the column; 0 if that overflows

	// What derive works out from these.
	unseen   float64      // share of a value that no bin holds
	least    float64      // lowest share that a sample has
	ordinary [][2]float64 // bounds of the runs of bins that hold the bulk
}

// newHistogram returns a histogram of k bins, their slices allocated.
func newHistogram(k int) *histogram {
	part := make([]float64, 6*k)
	cut := func() []float64 {
		c := part[:k:k]
		part = part[k:]
		return c
	}
	return &histogram{low: cut(), high: cut(), samples: cut(), scored: cut(), height: cut(), share: cut()}
}

// equalWidth returns k empty bins of equal width from lo to hi, or nil if
// borders that follow each other would be equal.
func equalWidth(lo, hi float64, k int) *histogram {
	h := newHistogram(k)
	step := (hi - lo) / float64(k)
	for b := range k {
		h.low[b] = border(lo, step, b)
		h.high[b] = border(lo, step, b+1)
	}
	h.high[k-1] = hi
	h.scale()
	for b := range k {
		if h.low[b] >= h.high[b] {
			return nil
		}
	}
	return h
}

// scale sets perUnit from the bounds.
func (h *histogram) scale() {
	k := len(h.low)
	h.perUnit = float64(k) / (h.high[k-1] - h.low[0])
	if math.IsInf(h.perUnit, 0) {
		h.perUnit = 0
	}
}

// border returns the lower border of bin b as numpy.linspace works it out.
func border(lo, step float64, b int) float64 {
	return float64(float64(b)*step) + lo // rounded twice on all machines: no fused multiply-add
}

// widen returns the range of bins for values from lo to hi: around a single
// value, numpy's 0.5 to both sides, or where that is too little to make a
// difference, the next numbers.
func widen(lo, hi float64) (float64, float64) {
	if lo != hi {
		return lo, hi
	}
	if lo-0.5 < lo && hi+0.5 > hi {
		return lo - 0.5, hi + 0.5
	}
	return max(math.Nextafter(lo, math.Inf(-1)), -math.MaxFloat64), min(math.Nextafter(hi, math.Inf(1)), math.MaxFloat64)
}

// total returns the sum of the samples.
func (h *histogram) total() float64 {
	var t float64
	for _, s := range h.samples {
		t += s
	}
	return t
}

// pyodShares fills in heights and shares from the samples in PyOD's way.
func (h *histogram) pyodShares(alpha float64) {
	total := h.total()
	for b, s := range h.samples {
		h.height[b] = min(s/(h.high[b]-h.low[b])/total, math.MaxFloat64)
		h.share[b] = -math.Log2(h.height[b] + alpha)
	}
}

// paperShares fills in heights and shares from the samples and the widths of
// the bins, as Goldstein and Dengel do. Empty bins have half the lowest
// height of the others.
func (h *histogram) paperShares(width func(b int) float64) {
	var top float64
	density := h.height
	for b, s := range h.samples {
		if s > 0 {
			density[b] = min(max(s/width(b), math.SmallestNonzeroFloat64), math.MaxFloat64)
		}
		top = max(top, density[b])
	}
	for b, v := range density {
		if v > 0 {
			h.share[b] = math.Log(top) - math.Log(v)
		}
	}
	unseen := h.paperUnseen()
	for b, v := range density {
		density[b] = v / top
		if v == 0 {
			h.height[b], h.share[b] = math.Exp(-unseen), unseen
		}
	}
}

// paperUnseen returns the share of half the lowest height of bins that hold
// something.
func (h *histogram) paperUnseen() float64 {
	var most float64
	for b, s := range h.samples {
		if s > 0 {
			most = max(most, h.share[b])
		}
	}
	return most + math.Ln2
}

// bulk is the part of the samples that counts as ordinary.
const bulk = 0.9

// derive fills in what follows from bounds, samples and shares.
func (h *histogram) derive(mode Mode) {
	k := len(h.low)
	h.unseen = h.paperUnseen()
	if mode == PyOD {
		h.unseen = slices.Max(h.share)
	}

	// The fewest bins, those of the lowest shares first, that hold the bulk.
	order := make([]int, 0, k)
	for b := range k {
		if h.scored[b] > 0 {
			order = append(order, b)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(h.share[a], h.share[b]), cmp.Compare(a, b))
	})
	if len(order) > 0 {
		h.least = h.share[order[0]]
	}
	var got float64
	want := bulk * h.total()
	chosen := make([]bool, k)
	for _, b := range order {
		if got >= want {
			break
		}
		got += h.scored[b]
		chosen[b] = true
	}
	for b, in := range chosen {
		switch {
		case !in:
		case b > 0 && chosen[b-1]:
			h.ordinary[len(h.ordinary)-1][1] = h.high[b]
		default:
			h.ordinary = append(h.ordinary, [2]float64{h.low[b], h.high[b]})
		}
	}
}

// nearest returns the bounds of the run of ordinary bins nearest to v.
func (h *histogram) nearest(v float64) (low, high float64) {
	best := math.Inf(1)
	low, high = math.Inf(-1), math.Inf(1)
	for _, r := range h.ordinary {
		if dist := max(r[0]-v, v-r[1], 0); dist < best {
			best, low, high = dist, r[0], r[1]
		}
	}
	return low, high
}

package hbos

import (
	"cmp"
	"math"
	"slices"
)

// A histogram is the bins of a column, in ascending order, or the bars of its
// categories.
type histogram struct {
	values    []string  // of the bars; nil for bins
	low, high []float64 // bounds; in equal-width bins high[k] is low[k+1]
	samples   []float64 // how many are counted in each
	scored    []float64 // how many have the share of each: those counted but for PyOD's borders
	height    []float64 // density (pyod), or density relative to the highest
	share     []float64 // in the score of a value in the bin

	// What place needs of equal-width bins.
	bounds  []bounds
	perUnit float64 // bins a unit of the column; 0 if that overflows
	reach   float64 // how many widths outside the range are in the outermost bin; below 0 for none

	// What derive works out.
	shareAt []float64 // each place
	least   float64   // lowest share that a sample has
	bulk    []bool    // the fewest bins, those of the lowest shares first, that hold bulkPart of the samples
}

// bounds are those of one bin, side by side for speed.
type bounds struct{ low, high float64 }

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
func equalWidth(lo, hi float64, k int, reach float64) *histogram {
	h := newHistogram(k)
	step := (hi - lo) / float64(k)
	for b := range k {
		h.low[b] = border(lo, step, b)
		h.high[b] = border(lo, step, b+1)
	}
	h.high[k-1] = hi
	h.prepare(reach)
	for b := range k {
		if h.low[b] >= h.high[b] {
			return nil
		}
	}
	return h
}

// prepare fills in what place needs, from low and high.
func (h *histogram) prepare(reach float64) {
	k := len(h.low)
	h.bounds = make([]bounds, k)
	for b := range k {
		h.bounds[b] = bounds{h.low[b], h.high[b]}
	}
	h.reach = reach
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

// equalWidthShares fills in heights and shares of equal-width bins from the
// samples.
func (h *histogram) equalWidthShares(mode Mode, alpha float64) {
	if mode == PyOD {
		h.pyodShares(alpha)
	} else {
		h.paperShares(func(int) float64 { return 1 })
	}
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

// bulkPart is the part of the samples that counts as ordinary.
const bulkPart = 0.9

// derive fills in what follows from bounds, samples and shares.
func (h *histogram) derive(mode Mode) {
	k := len(h.low)
	h.shareAt = make([]float64, 2*k+1)
	for b, s := range h.share {
		h.shareAt[2*b], h.shareAt[2*b+1] = s, s
		if mode == PyOD && b > 0 {
			h.shareAt[2*b] = h.share[b-1]
		}
	}
	h.shareAt[2*k] = h.paperUnseen()
	if mode == PyOD {
		h.shareAt[2*k] = slices.Max(h.share)
	}

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
	want := bulkPart * h.total()
	h.bulk = make([]bool, k)
	for _, b := range order {
		if got >= want {
			break
		}
		got += h.scored[b]
		h.bulk[b] = true
	}
}

// nearest returns the bounds of the run of bins of the bulk nearest to v.
func (h *histogram) nearest(v float64) (low, high float64) {
	best := math.Inf(1)
	for b := 0; b < len(h.low); b++ {
		if !h.bulk[b] {
			continue
		}
		first := b
		for b+1 < len(h.low) && h.bulk[b+1] {
			b++
		}
		if dist := max(h.low[first]-v, v-h.high[b], 0); dist < best {
			best, low, high = dist, h.low[first], h.high[b]
		}
	}
	return low, high
}

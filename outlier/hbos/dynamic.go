package hbos

import (
	"cmp"
	"slices"

	"toolkit/features"
)

// A point is a distinct value of a column and how many samples have it.
type point struct{ value, weight float64 }

// points returns the distinct values of column j, ascending.
func points(x *features.Matrix, j int) []point {
	n, _ := x.Dims()
	p := make([]point, n)
	for i := range p {
		p[i] = point{x.X.At(i, j) + 0, x.W(i)} // +0 makes -0 a 0
	}
	slices.SortFunc(p, func(a, b point) int { // by weight, too: sums of fractions in an order of their own
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.weight, b.weight))
	})
	k := 0
	for _, q := range p[1:] {
		if q.value == p[k].value {
			p[k].weight += q.weight
		} else {
			k++
			p[k] = q
		}
	}
	return p[:k+1]
}

// equalContent returns bins of about total/k samples each, with the densities
// that the paper gives them.
func equalContent(p []point, k int) *histogram {
	var total float64
	for _, q := range p {
		total += q.weight
	}
	var ends []int // bin b holds p[ends[b-1]] to p[ends[b]-1]
	var filled float64
	for i, q := range p {
		heavy := q.weight*float64(k) > total
		if heavy && filled > 0 {
			ends, filled = append(ends, i), 0
		}
		filled += q.weight
		if heavy || filled*float64(k) >= total {
			ends, filled = append(ends, i+1), 0
		}
	}
	if filled > 0 {
		ends = append(ends, len(p))
	}

	h := newHistogram(len(ends))
	width := make([]float64, len(ends))
	start := 0
	for b, end := range ends {
		first, last := p[start].value, p[end-1].value
		gap := 0.0 // the smaller one to the neighbours
		if start > 0 {
			gap = first - p[start-1].value
		}
		if end < len(p) {
			if g := p[end].value - last; start == 0 || g < gap {
				gap = g
			}
		}
		h.low[b], h.high[b], width[b] = first-gap/2, last+gap/2, last-first+gap
		// Where the gap is between neighbouring numbers, half of it can be
		// rounded to all of it.
		if start > 0 && h.low[b] <= p[start-1].value {
			h.low[b] = first
		}
		if end < len(p) && h.high[b] >= p[end].value {
			h.high[b] = last
		}
		for _, q := range p[start:end] {
			h.samples[b] += q.weight
		}
		start = end
	}
	if len(ends) == 1 && width[0] == 0 { // one value: any width will do
		width[0] = 1
	}
	copy(h.scored, h.samples)
	h.paperShares(func(b int) float64 { return width[b] })
	return h
}

// fill fills in the samples and shares of bars from the numbers of categories, of
// those names.
func (h *histogram) fill(p []point, names []string) {
	at := h.barOf(names)
	for _, q := range p {
		b := at[int(q.value)] / 2
		h.samples[b] += q.weight
		h.scored[b] += q.weight
	}
	h.paperShares(func(int) float64 { return 1 })
}

// placeInGaps sets dst to the places of values in bins that may have space
// between them.
func (h *histogram) placeInGaps(dst []int32, v []float64, stride int) {
	for i := range dst {
		x := v[i*stride]
		b, _ := slices.BinarySearch(h.high, x)
		if b < len(h.high) && x >= h.low[b] {
			dst[i] = int32(2*b + 1)
		} else {
			dst[i] = int32(2 * len(h.high))
		}
	}
}

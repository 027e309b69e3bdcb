package hbos

import (
	"context"
	"slices"

	"toolkit/algo"
	"toolkit/features"
)

// bars returns a histogram with an empty bar for each of the categories, in
// ascending order, each 1 wide: its density is its relative frequency.
func bars(values []string) *histogram {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	h := newHistogram(len(values))
	h.values = values
	for b := range values {
		h.low[b], h.high[b] = float64(b), float64(b+1)
	}
	return h
}

// seen returns the categories of column j that rows of x have.
func seen(x *features.Matrix, j int) (values []string) {
	names := x.CategoriesOf(j)
	is := make([]bool, len(names))
	n, _ := x.Dims()
	for i := range n {
		is[int(x.X.At(i, j))] = true
	}
	for code, name := range names {
		if is[code] {
			values = append(values, name)
		}
	}
	return values
}

// barsOf returns empty bars for the categories that rows of x have: nil for
// columns of numbers.
func barsOf(ctx context.Context, x *features.Matrix, workers int) ([]*histogram, error) {
	hists := make([]*histogram, len(x.Names))
	err := algo.Each(ctx, workers, len(hists), func(j int) {
		if x.CategoriesOf(j) != nil {
			hists[j] = bars(seen(x, j))
		}
	})
	return hists, err
}

// barOf returns the place of each of the categories.
func (h *histogram) barOf(names []string) []int32 {
	places := make([]int32, len(names))
	for code, name := range names {
		b, known := slices.BinarySearch(h.values, name)
		if places[code] = int32(2*b + 1); !known {
			places[code] = int32(2 * len(h.values))
		}
	}
	return places
}

// add counts the samples of o too, which has the same bins, or bars of any
// categories, and returns the histogram of both, without shares.
func (h *histogram) add(o *histogram) *histogram {
	if h.values == nil {
		sum := h.empty()
		for b := range sum.samples {
			sum.samples[b] = h.samples[b] + o.samples[b]
			sum.scored[b] = h.scored[b] + o.scored[b]
		}
		return sum
	}
	sum := bars(slices.Concat(h.values, o.values))
	for _, part := range []*histogram{h, o} {
		for b, s := range part.samples {
			at, _ := slices.BinarySearch(sum.values, part.values[b])
			sum.samples[at] += s
			sum.scored[at] += s
		}
	}
	return sum
}

// rare returns the reason that a row is of the category at a place, by how much
// it is stranger than the least strange.
func (h *histogram) rare(column, name string, place int32, excess float64) algo.Reason {
	r := algo.Reason{Column: column + "=" + name, Of: h.total(), Weight: excess, High: h.total()}
	if b := int(place) / 2; b < len(h.values) {
		r.Value = h.samples[b]
	}
	// Ordinary are as many as the rarest of the bulk has.
	r.Low = h.total()
	for b, bulk := range h.bulk {
		if bulk {
			r.Low = min(r.Low, h.samples[b])
		}
	}
	return r
}

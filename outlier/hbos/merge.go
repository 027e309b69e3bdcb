package hbos

import (
	"errors"
	"slices"
)

// Merge returns the model of the rows of both models together, in any order the
// same: samples of each bin, and of each category, are added. Both have the same parameters, the same
// columns and, in each of numbers, bins with the same borders; as models have that were
// learned by Update from copies of one, or from rows of the same range. It costs
// O(bins). Bins of about equal content (dynamic mode) depend on all values, and
// can't be merged.
func Merge(a, b *Model) (*Model, error) {
	switch {
	case a.mode == Dynamic || b.mode == Dynamic:
		return nil, errors.New("merging models of HBOS: bins of about equal content can't be merged: learn from all rows, or with --mode static")
	case a.mode != b.mode || a.tol != b.tol || a.alpha != b.alpha:
		return nil, errors.New("merging models of HBOS: they have other parameters")
	case !slices.Equal(a.names, b.names):
		return nil, errors.New("merging models of HBOS: they have other columns")
	}
	hists := make([]*histogram, len(a.hists))
	for j, g := range a.hists {
		h := b.hists[j]
		if (g.values == nil) != (h.values == nil) {
			return nil, errors.New("merging models of HBOS: column " + a.names[j] + " has categories in one, numbers in the other")
		}
		if g.values == nil && (!slices.Equal(g.low, h.low) || !slices.Equal(g.high, h.high)) {
			return nil, errors.New("merging models of HBOS: column " + a.names[j] + " has bins with other borders: let both learn on, by Update, from one first model")
		}
		m := g.add(h)
		m.equalWidthShares(a.mode, a.alpha)
		hists[j] = m
	}
	return newModel(a.mode, a.tol, a.alpha, a.names, hists), nil
}

// empty returns a histogram of the same bins without samples.
func (h *histogram) empty() *histogram {
	e := newHistogram(len(h.low))
	copy(e.low, h.low)
	copy(e.high, h.high)
	e.prepare(h.reach)
	return e
}

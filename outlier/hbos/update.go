package hbos

import (
	"context"
	"errors"

	"toolkit/algo"
	"toolkit/features"
)

// Update counts the rows of x too, in the bins that the model has: their
// borders stay those of Fit. What lies within them then has the shares that
// Fit would give it with all rows at once, if those had the same range and
// number of bins. Values in no bin are not counted, and go on having the share
// of a value that was never seen: learn a new model when there are many.
//
// It takes O(n·d) time and 8·n·d bytes. No other method may be called
// meanwhile; after an error the model is what it was. Bins of about equal
// content (dynamic mode) depend on all values, and can't learn on.
func (m *Model) Update(ctx context.Context, x *features.Matrix) error {
	if err := m.check(x); err != nil {
		return err
	}
	if m.mode == Dynamic {
		return errors.New("bins of about equal content can't learn on: learn from all rows, or with --mode static")
	}
	hists := make([]*histogram, len(m.hists))
	for j, old := range m.hists {
		hists[j] = old.empty()
	}
	places := newResult(x).Columns
	if err := countAll(ctx, x, hists, places, m.mode, algo.Env{}.NumWorkers()); err != nil {
		return err
	}
	for j, h := range hists {
		for b := range h.samples {
			h.samples[b] += m.hists[j].samples[b]
			h.scored[b] += m.hists[j].scored[b]
		}
		h.equalWidthShares(m.mode, m.alpha)
	}
	*m = *newModel(m.mode, m.tol, m.alpha, m.names, hists)
	return nil
}

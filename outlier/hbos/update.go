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
// number of bins. Categories that are new get bars of their own. Values in no bin are not counted, and go on having the share
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
	hists, err := barsOf(ctx, x, algo.Env{}.NumWorkers())
	if err != nil {
		return err
	}
	for j, old := range m.hists {
		if hists[j] == nil {
			hists[j] = old.empty()
		}
	}
	if _, err := countAll(ctx, x, newRuns(x), hists, m.mode, algo.Env{}.NumWorkers()); err != nil {
		return err
	}
	for j, h := range hists {
		hists[j] = m.hists[j].add(h)
		hists[j].equalWidthShares(m.mode, m.alpha)
	}
	*m = *newModel(m.mode, m.tol, m.alpha, m.names, hists)
	return nil
}

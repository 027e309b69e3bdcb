package tail

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/features"
)

// Model is the tails of the columns.
type Model struct {
	score Score
	names []string
	cols  []*column
}

// Apply scores the rows of x, which has the columns that the model was
// learned from, by the tails learned; see the package comment. It takes
// O(n·d·log distinct) time, and all CPUs.
func (m *Model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	if !slices.Equal(x.Names, m.names) {
		return nil, fmt.Errorf("the model has the columns %s, the rows have %s: choose the same",
			strings.Join(m.names, ","), strings.Join(x.Names, ","))
	}
	r := newResult(x)
	workers := algo.Env{}.NumWorkers()
	err := algo.Each(ctx, workers, len(m.cols), func(j int) {
		for i := range r.Columns[j].Floats {
			r.Columns[j].Floats[i] = m.cols[j].shareOf(x.X.At(i, j), m.score)
		}
	})
	if err != nil {
		return nil, err
	}
	if err := m.add(ctx, r, workers); err != nil {
		return nil, err
	}
	return r, nil
}

// Explain returns the columns in which row i of x is stranger than the least
// strange of the samples learned from: Weight is the column's part of the sum
// of that excess. Low and High are the values at which a tail still holds
// 5 % of the samples; a value below Low is strange by its left tail, one above
// High by its right one, and one within can have a little excess.
func (m *Model) Explain(x *features.Matrix, i int) []algo.Reason {
	var reasons []algo.Reason
	var all float64
	for j, c := range m.cols {
		v := x.X.At(i, j)
		if excess := c.shareOf(v, m.score) - c.least; excess > 0 {
			reasons = append(reasons, algo.Reason{Column: m.names[j], Value: v, Low: c.low, High: c.high, Weight: excess})
			all += excess
		}
	}
	for k := range reasons {
		reasons[k].Weight /= all
	}
	algo.SortReasons(reasons)
	return reasons
}

package kmeans

import (
	"context"
	"fmt"
	"math"
	"slices"

	"toolkit/features"
)

// Update implements algo.Updater: one step of mini-batch k-means (Sculley 2010).
// Each row goes to the centre nearest to it as centres are now, and each centre
// to the mean of all samples that it has been given, those of Fit and of earlier
// blocks among them. The number of clusters and their labels stay. It costs
// O(n·k·d).
//
// Sums are made in the order of the rows, so that the last digits of centres
// depend on it.
func (m *Model) Update(ctx context.Context, x *features.Matrix) error {
	n, d := x.Dims()
	if !slices.Equal(x.Names, m.names) {
		return fmt.Errorf("k-means: the model was learned from the columns %v, not %v: choose those", m.names, x.Names)
	}
	moved := make([]float64, len(m.centres)) // Σ w·(row − centre)
	samples := slices.Clone(m.samples)
	for i := range n {
		if i%minChunk == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row, w := x.X.RawRowView(i), x.W(i)
		c, sq := m.judge(row)
		if math.IsInf(sq, 1) {
			return fmt.Errorf("row %d: %w", x.TableRow(i), errOverflow)
		}
		samples[c] += w
		for j, centre := range m.centre(c) {
			moved[int(c)*d+j] += w * (row[j] - centre)
		}
	}
	centres := slices.Clone(m.centres)
	for p := range centres {
		centres[p] += moved[p] / samples[p/d]
	}
	*m = *newModel(m.names, centres, samples)
	return nil
}

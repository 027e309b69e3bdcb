package spectral

import (
	"context"
	"math"
	"time"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"gonum.org/v1/gonum/mat"
)

// Of a forecast.
const (
	timedRows   = 2048 // whose product with eight vectors is timed
	samplesRows = 1500 // of a fit that tells how many products there may be
)

// Seconds implements algo.Forecaster, of Gaussian affinities: what a pass over
// all pairs would take, by that over some, times the passes there may be. Fits of
// samples tell little here: a sample's graph is in fewer parts, which is harder.
func (m *Method) Seconds(ctx context.Context, x *features.Matrix, env algo.Env) (seconds float64, ok bool, err error) {
	if m.Landmarks > 0 || m.Affinity == KNN {
		return 0, false, nil
	}
	c := features.Collapse(x)
	passes, err := m.passes(ctx, c, env)
	if err != nil {
		return 0, false, err
	}
	part := spread(c.X, timedRows)
	n, _ := part.Dims()
	scale, err := m.scales(ctx, part, env.NumWorkers())
	if err != nil {
		return 0, false, err
	}
	a := newRBF(part, scale, env.NumWorkers())
	vectors, product := make([]float64, a.blocks*side*width), make([]float64, a.blocks*side*width)
	best := math.Inf(1) // of a few, as others may use the machine
	for range 5 {
		began := time.Now()
		if err := a.mul(ctx, product, vectors); err != nil {
			return 0, false, err
		}
		best = min(best, time.Since(began).Seconds())
	}
	whole := float64(len(c.Weight)) / float64(n)
	return best * whole * whole * passes, true, nil
}

// spread returns up to most rows of x, evenly spread over their order.
func spread(x *mat.Dense, most int) *mat.Dense {
	n, d := x.Dims()
	take := min(n, most)
	part := mat.NewDense(take, d, nil)
	for i := range take {
		part.SetRow(i, x.RawRowView(i*n/take))
	}
	return part
}

// passes returns about how often a fit goes over all pairs: for the degrees and
// the parts; where these are fewer than clusters, for the coarse problem and the
// products of the search, too, about as many as for some of the rows.
func (m *Method) passes(ctx context.Context, c *features.Collapsed, env algo.Env) (float64, error) {
	const always = 2
	parts, err := m.parts(ctx, c, env)
	if err != nil || parts >= m.K {
		return always, err
	}
	some := *m
	env.Progress = nil
	r, err := algo.Fit(ctx, &some, &features.Matrix{Names: c.Names, X: spread(c.X, samplesRows)}, env)
	if err != nil {
		return 0, err
	}
	products, _ := r.Stat("products")
	return always + 1 + max(products, 10), nil
}

// parts returns about how many parts the graph is in, at most that many: groups
// of rows farther from all others than affinities reach that are worth a share
// of a degree of 1. Rows alone without copies are left out, as they are joined
// to whatever is nearest.
func (m *Method) parts(ctx context.Context, c *features.Collapsed, env algo.Env) (int, error) {
	if m.Scale == Local {
		return 1, nil
	}
	heaviest := 1.0
	for _, w := range c.Weight {
		heaviest = max(heaviest, w)
	}
	reach := (math.Log(heaviest) - logLost) / m.gamma(c.X)
	group, err := near.New(c.X, nil, env.NumWorkers()).Components(ctx, reach, env.NumWorkers(), nil)
	if err != nil {
		return 0, err
	}
	samples := make(map[int32]float64)
	for i, g := range group {
		samples[g] += c.Weight[i]
	}
	parts := 0
	for _, s := range samples {
		if s > 1 {
			parts++
		}
	}
	return parts, nil
}

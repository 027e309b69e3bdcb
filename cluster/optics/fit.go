package optics

import (
	"context"
	"fmt"
	"math"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"
)

// Fit implements algo.Method.
func (m *Method) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := features.Collapse(x)
	u, workers := len(c.Row), env.NumWorkers()
	phase := func(k int) func(int) {
		return func(done int) { env.Step(int64(k*u+min(done, u)), int64(3*u)) }
	}
	tree := near.New(c.X, c.Weight, workers)
	core, err := tree.KthDistances(ctx, float64(m.MinSamples), workers, phase(0))
	if err != nil {
		return nil, err
	}
	limit := math.Inf(1)
	if m.MaxEps > 0 {
		limit = m.MaxEps * m.MaxEps
	}
	search := tree.Mutual(core)
	order, err := search.Order(ctx, limit, phase(1))
	if err != nil {
		return nil, err
	}

	model := &Model{names: c.Names, x: c.X, core: core, reach: order.Reach, eps: m.Eps, tree: tree, search: search}
	p := newPlot(order, core, c.Weight, limit)
	if m.Eps > 0 {
		model.label = model.cut(order.Rows)
	} else {
		found, err := p.valleys(ctx, m.Xi, float64(m.MinSamples), m.size())
		if err != nil {
			return nil, err
		}
		model.label = p.labels(found)
	}
	model.number(c.Of)
	model.prepare()
	judged := make([]judgement, u)
	err = near.Each(ctx, u, 256, workers, phase(2), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			judged[i] = model.judge(c.X.RawRowView(i), i)
		}
	})
	if err != nil {
		return nil, err
	}
	res := model.result(judged, c.Of)
	m.describe(res, x, order)
	res.Tables = append(res.Tables, m.reachability(p, core, c, x))
	res.Columns = said(order, core, c)
	return res, nil
}

// said returns the columns of all rows: what the order says of each.
func said(o *near.Order, core []float64, c *features.Collapsed) []*features.Column {
	before := make([]float64, len(o.Rows))
	sum := 0.0
	for _, row := range o.Rows {
		before[row] = sum
		sum += c.Weight[row]
	}
	place, reach, dist := fields()
	for _, g := range c.Of {
		place.Floats = append(place.Floats, before[g])
		appendDistance(reach, math.Sqrt(o.Reach[g]))
		appendDistance(dist, math.Sqrt(core[g]))
	}
	return []*features.Column{place, reach, dist}
}

// fields returns the columns of an order, empty.
func fields() (place, reach, core *features.Column) {
	return &features.Column{Field: features.Field{Name: "place", Type: features.Float, Unit: features.Count, Role: features.Outcome, Doc: "Samples before the row in the order."}},
		&features.Column{Field: features.Field{Name: "reachability", Type: features.Float, Role: features.Outcome, Doc: "Least distance at which the rows before reach the row; none where they don't."}},
		&features.Column{Field: features.Field{Name: "core_distance", Type: features.Float, Role: features.Outcome, Doc: "Distance within which the row has min_samples samples, itself counted; none where there are fewer."}}
}

// appendDistance appends d, null if it is infinite.
func appendDistance(c *features.Column, d float64) {
	if math.IsInf(d, 1) {
		c.AppendNull()
		return
	}
	c.AppendFloat(d)
}

// describe adds the numbers about the whole, and doubts.
func (m *Method) describe(res *algo.Result, x *features.Matrix, o *near.Order) {
	var samples, noise, largest float64
	var sizes []float64
	for i, l := range res.Labels {
		w := x.W(i)
		samples += w
		if l == algo.Noise {
			noise += w
			continue
		}
		for int(l) >= len(sizes) {
			sizes = append(sizes, 0)
		}
		sizes[l] += w
		largest = max(largest, sizes[l])
	}
	starts := 0
	for _, r := range o.Reach {
		if math.IsInf(r, 1) {
			starts++
		}
	}
	res.Stats = []algo.Stat{{Name: "min_samples", Value: float64(m.MinSamples)}}
	if m.MaxEps > 0 {
		res.Stats = append(res.Stats, algo.Stat{Name: "max_eps", Value: m.MaxEps})
	}
	if m.Eps > 0 {
		res.Stats = append(res.Stats, algo.Stat{Name: "eps", Value: m.Eps})
	} else {
		res.Stats = append(res.Stats, algo.Stat{Name: "xi", Value: m.Xi}, algo.Stat{Name: "min_cluster_size", Value: m.size()})
	}
	res.Stats = append(res.Stats,
		algo.Stat{Name: "clusters", Value: float64(len(sizes))},
		algo.Stat{Name: "noise", Value: noise},
		algo.Stat{Name: "largest_share", Value: largest / samples},
		algo.Stat{Name: "starts", Value: float64(starts)})
	switch {
	case samples < float64(m.MinSamples):
		res.Warnings = append(res.Warnings, fmt.Errorf("all is noise: there are %g samples, fewer than --min-samples %d", samples, m.MinSamples))
	case noise > 0.9*samples:
		res.Warnings = append(res.Warnings, fmt.Errorf("%.3g%% of the samples are noise: choose --eps in the table of reachabilities, or a smaller --xi or --min-cluster-size", 100*noise/samples))
	}
}

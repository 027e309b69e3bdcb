package dbscan

import (
	"context"
	"fmt"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"gonum.org/v1/gonum/mat"
)

// Fit implements algo.Method.
func (m *Method) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := features.Collapse(x)
	workers, steps := env.NumWorkers(), m.steps(env, len(c.Row))
	tree := near.New(c.X, c.Weight, workers)

	eps := m.Eps
	var d2 []float64 // to the min-samples-th samples, if they are needed
	var curve *curve
	var sweep *features.Table
	if m.kth() {
		var err error
		d2, err = tree.KthDistances(ctx, float64(m.MinSamples), workers, steps.next())
		if err != nil {
			return nil, err
		}
		if m.Sweep.N > 0 {
			if sweep, err = m.sweep(ctx, c, d2, tree, workers, steps); err != nil {
				return nil, err
			}
		}
		if m.Auto || m.KDistance {
			curve = newCurve(d2, c.Weight)
		}
		if m.Auto {
			eps = curve.knee()
		}
	}
	core, err := m.core(ctx, tree, d2, eps*eps, workers, steps)
	if err != nil {
		return nil, err
	}
	model, err := learn(ctx, c, core, tree, eps, workers, steps.next())
	if err != nil {
		return nil, err
	}
	labels, scores, err := model.place(ctx, tree, core, workers, steps.next())
	if err != nil {
		return nil, err
	}
	model.number(labels, c.Of)

	res := model.result(labels, scores, c.Of)
	m.describe(res, x, eps)
	if m.Auto {
		res.Notes = append(res.Notes, fmt.Sprintf("--eps auto took %.4g, the knee of the curve of the distances to --min-samples %d neighbours", eps, m.MinSamples))
	}
	if curve != nil {
		res.Tables = append(res.Tables, curve.table(eps, m.MinSamples))
	}
	if sweep != nil {
		res.Tables = append(res.Tables, sweep)
	}
	return res, nil
}

// core tells which distinct rows have enough samples within the squared
// distance r2; d2 is their squared distances to enough, if known.
func (m *Method) core(ctx context.Context, tree *near.Tree, d2 []float64, r2 float64, workers int, steps *steps) ([]bool, error) {
	if d2 == nil {
		return tree.Dense(ctx, r2, float64(m.MinSamples), workers, steps.next())
	}
	core := make([]bool, len(d2))
	for i, v := range d2 {
		core[i] = v <= r2
	}
	return core, nil
}

// learn returns a model of the distinct rows that are core, numbered by the
// lowest row of their cluster. tree is of all distinct rows.
func learn(ctx context.Context, c *features.Collapsed, core []bool, tree *near.Tree, eps float64, workers int, step func(int)) (*Model, error) {
	n, d := c.Dims()
	var rows []int32
	for i, is := range core {
		if is {
			rows = append(rows, int32(i))
		}
	}
	model := &Model{names: c.Names, eps: eps}
	switch len(rows) {
	case 0:
		return model, nil
	case n:
		model.core, model.tree = c.X, tree
	default:
		model.core = mat.NewDense(len(rows), d, nil)
		for k, i := range rows {
			model.core.SetRow(k, c.X.RawRowView(int(i)))
		}
		model.tree = near.New(model.core, nil, workers)
	}
	var err error
	model.label, err = model.tree.Components(ctx, eps*eps, workers, step)
	return model, err
}

// describe adds the numbers about the whole, and doubts about eps.
func (m *Method) describe(res *algo.Result, x *features.Matrix, eps float64) {
	var samples, noise, core, border float64
	var sizes []float64
	for i, l := range res.Labels {
		w := x.W(i)
		samples += w
		switch {
		case l == algo.Noise:
			noise += w
			continue
		case res.Scores[i] == 0:
			core += w
		default:
			border += w
		}
		for int(l) >= len(sizes) {
			sizes = append(sizes, 0)
		}
		sizes[l] += w
	}
	largest := 0.0
	for _, s := range sizes {
		largest = max(largest, s)
	}
	chosen := 0.0
	if m.Auto {
		chosen = 1
	}
	res.Stats = []algo.Stat{
		{Name: "eps", Value: eps},
		{Name: "eps_auto", Value: chosen},
		{Name: "min_samples", Value: float64(m.MinSamples)},
		{Name: "clusters", Value: float64(len(sizes))},
		{Name: "noise", Value: noise},
		{Name: "core", Value: core},
		{Name: "border", Value: border},
		{Name: "largest_share", Value: largest / samples},
	}
	switch {
	case samples < float64(m.MinSamples):
		res.Warnings = append(res.Warnings, fmt.Errorf("all is noise: there are %g samples, fewer than --min-samples %d", samples, m.MinSamples))
	case noise > 0.9*samples:
		res.Warnings = append(res.Warnings, fmt.Errorf("%.3g%% of the samples are noise: --eps %.4g may be too small", 100*noise/samples, eps))
	case noise < 0.001*samples && largest > 0.99*samples:
		res.Warnings = append(res.Warnings, fmt.Errorf("one cluster holds %.4g%% of the samples and %.3g%% are noise: --eps %.4g may be too large", 100*largest/samples, 100*noise/samples, eps))
	}
}

// steps tells the progress of a fit, whose phases all count the same.
type steps struct {
	env         algo.Env
	phase, rows int64
	total       int64
}

func (m *Method) steps(env algo.Env, rows int) *steps {
	phases := int64(3)
	if m.Sweep.N > 0 {
		phases += 2
	}
	return &steps{env: env, phase: -1, rows: int64(rows), total: phases * int64(rows)}
}

// next returns what the next phase tells its progress to.
func (s *steps) next() func(done int) {
	s.phase++
	before := s.phase * s.rows
	return func(done int) { s.env.Step(before+min(int64(done), s.rows), s.total) }
}

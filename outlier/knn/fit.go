package knn

import (
	"context"
	"fmt"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"
)

// grain is how many rows a worker takes at a time.
const grain = 256

// A Model is the distinct rows learned from.
type Model struct {
	sample  *near.Sample
	summary Summary
}

// Fit implements algo.Method.
func (m *Method) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := features.Collapse(x)
	workers := env.NumWorkers()
	sample := near.NewSample(c.Names, c.X, c.Weight, m.Neighbors, m.Novelty, workers)
	tree := sample.Tree
	distinct := make([]float64, tree.Len())
	step := func(done int) { env.Step(int64(done), int64(len(distinct))) }
	err := tree.EachNeighbours(ctx, sample.K, workers, step, func(p int, found []near.Neighbour) {
		distinct[tree.Row(p)] = m.Summary.of(found)
	})
	if err != nil {
		return nil, err
	}
	res := &algo.Result{Scores: make([]float64, len(c.Of)), Model: &Model{sample, m.Summary}}
	for i, g := range c.Of {
		res.Scores[i] = distinct[g]
	}
	res.Stats = []algo.Stat{
		{Name: "neighbors", Value: sample.K},
		{Name: "distinct", Value: float64(len(distinct))},
		{Name: "min_score", Value: slices.Min(distinct)},
		{Name: "max_score", Value: slices.Max(distinct)},
	}
	return res, nil
}

// of returns the score of a row with those neighbours; 0 without any.
func (s Summary) of(neighbours []near.Neighbour) float64 {
	if len(neighbours) == 0 {
		return 0
	}
	var k float64
	for _, c := range neighbours {
		k += c.Weight
	}
	switch s {
	case Mean:
		var mean float64
		for _, c := range neighbours {
			mean += near.Distance(c.D2) * (c.Weight / k)
		}
		return min(mean, math.MaxFloat64)
	case Median:
		middle := (k + 1) / 2
		a, b := nth(neighbours, math.Floor(middle+rounding)), nth(neighbours, math.Ceil(middle-rounding))
		return a + (b-a)/2
	}
	return near.Distance(neighbours[len(neighbours)-1].D2)
}

// rounding is by how much the shares of rows equally far can miss a whole.
const rounding = 1e-9

// nth returns the distance to the n-th sample.
func nth(neighbours []near.Neighbour, n float64) float64 {
	var sum float64
	for _, c := range neighbours {
		if sum += c.Weight; sum >= n-rounding {
			return near.Distance(c.D2)
		}
	}
	return near.Distance(neighbours[len(neighbours)-1].D2)
}

// Apply implements algo.Model.
func (m *Model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	if err := m.sample.CheckNames(x.Names); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	res := &algo.Result{Scores: make([]float64, n), Model: m}
	err := near.Each(ctx, n, grain, algo.Env{}.NumWorkers(), nil, func(lo, hi int) {
		s := m.sample.Search()
		for i := lo; i < hi; i++ {
			res.Scores[i] = m.summary.of(s.Find(x.X.RawRowView(i)))
		}
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// Explain implements algo.Explainer; see near.Sample.Reasons.
func (m *Model) Explain(x *features.Matrix, i int) []algo.Reason {
	row := x.X.RawRowView(i)
	return m.sample.Reasons(row, m.sample.Search().Find(row))
}

// metaMethod is the key of a state's Meta, beside those of the sample.
const metaMethod = "method"

// State implements algo.Model: a row for each distinct row learned from.
func (m *Model) State() *features.Table {
	t := m.sample.State(Algorithm.Name)
	t.Meta[metaMethod] = string(m.summary)
	return t
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	sample, _, err := near.LoadSample(t)
	if err != nil {
		return nil, fmt.Errorf("loading a model of knn: %w", err)
	}
	m := &Model{sample, Summary(t.Meta[metaMethod])}
	if !m.summary.known() {
		return nil, fmt.Errorf("loading a model of knn: its %s %q is not known", metaMethod, m.summary)
	}
	return m, nil
}

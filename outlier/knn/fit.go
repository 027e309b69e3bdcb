package knn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"
)

// grain is how many rows a worker takes at a time.
const grain = 256

// A Model is the distinct rows learned from.
type Model struct {
	sample  *near.Sample
	k       float64 // samples looked for
	summary Summary
}

// Fit implements algo.Method.
func (m *Method) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := features.Collapse(x)
	workers := env.NumWorkers()
	model := &Model{near.NewSample(c.Names, c.X, c.Weight, workers), 0, m.Summary}
	model.k = max(1, min(float64(m.Neighbors), model.sample.Total()-1))

	tree := model.sample.Tree
	distinct := make([]float64, tree.Len())
	step := func(done int) { env.Step(int64(done), int64(len(distinct))) }
	err := near.Each(ctx, tree.Len(), grain, workers, step, func(lo, hi int) {
		s := tree.Neighbours(model.k, 1)
		for p := lo; p < hi; p++ {
			distinct[tree.Row(p)] = m.Summary.of(s.Find(tree.At(p)))
		}
	})
	if err != nil {
		return nil, err
	}
	res := &algo.Result{Scores: make([]float64, len(c.Of)), Model: model}
	for i, g := range c.Of {
		res.Scores[i] = distinct[g]
	}
	res.Stats = []algo.Stat{
		{Name: "neighbors", Value: model.k},
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
		a, b := nth(neighbours, math.Floor(middle)), nth(neighbours, math.Ceil(middle))
		return a + (b-a)/2
	}
	return near.Distance(neighbours[len(neighbours)-1].D2)
}

// nth returns the distance to the n-th sample.
func nth(neighbours []near.Neighbour, n float64) float64 {
	var sum float64
	for _, c := range neighbours {
		// Shares of ties can add up to a bit less than a whole.
		if sum += c.Weight; sum >= n-1e-9 {
			return near.Distance(c.D2)
		}
	}
	return near.Distance(neighbours[len(neighbours)-1].D2)
}

// Apply implements algo.Model.
func (m *Model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	if !slices.Equal(x.Names, m.sample.Names) {
		return nil, fmt.Errorf("the model has the columns %s, the rows have %s: choose the same",
			strings.Join(m.sample.Names, ","), strings.Join(x.Names, ","))
	}
	n, _ := x.Dims()
	res := &algo.Result{Scores: make([]float64, n), Model: m}
	err := near.Each(ctx, n, grain, algo.Env{}.NumWorkers(), nil, func(lo, hi int) {
		s := m.sample.Tree.Neighbours(m.k, 1)
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
	return m.sample.Reasons(row, m.sample.Tree.Neighbours(m.k, 1).Find(row))
}

// Keys of a state's Meta.
const (
	metaNeighbors = "neighbors"
	metaMethod    = "method"
)

// State implements algo.Model: a row for each distinct row learned from.
func (m *Model) State() *features.Table {
	return &features.Table{Name: Algorithm.Name, Columns: m.sample.Columns(), Meta: map[string]string{
		metaNeighbors: strconv.FormatFloat(m.k, 'g', -1, 64),
		metaMethod:    string(m.summary),
	}}
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	m, err := read(t)
	if err != nil {
		return nil, fmt.Errorf("loading a model of knn: %w", err)
	}
	return m, nil
}

func read(t *features.Table) (*Model, error) {
	k, err := strconv.ParseFloat(t.Meta[metaNeighbors], 64)
	if err != nil || !(k >= 1) {
		return nil, fmt.Errorf("%s is %q, want a number of at least 1", metaNeighbors, t.Meta[metaNeighbors])
	}
	summary := Summary(t.Meta[metaMethod])
	if !summary.known() {
		return nil, errors.New(metaMethod + " is not known")
	}
	sample, err := near.ReadSample(t.Columns)
	if err != nil {
		return nil, err
	}
	return &Model{sample, k, summary}, nil
}

package lof

import (
	"context"
	"fmt"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"
)

// A Model is the distinct rows learned from, with their densities.
type Model struct {
	sample    *near.Sample
	kDistance []float64 // of each place of the sample's tree: the distance to its k-th neighbour
	density   []float64 // likewise
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
			found := s.Find(x.X.RawRowView(i))
			res.Scores[i] = m.factor(m.densityOf(found), found)
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

// own are the columns of a state before those of the sample, named so that
// they are unlikely to be one of the features, too.
var own = []features.Field{
	{Name: "k_distance_of_row", Type: features.Float, Role: features.Outcome, Doc: "Distance to the row's k-th neighbour."},
	{Name: "density_of_row", Type: features.Float, Role: features.Outcome, Doc: "1 over the mean reachability distance of the row from its neighbours."},
}

// State implements algo.Model: a row for each distinct row learned from.
func (m *Model) State() *features.Table {
	var cols []*features.Column
	for k, byPlace := range [][]float64{m.kDistance, m.density} {
		c := &features.Column{Field: own[k], Floats: make([]float64, len(byPlace))}
		for p, v := range byPlace {
			c.Floats[m.sample.Tree.Row(p)] = v
		}
		cols = append(cols, c)
	}
	return m.sample.State(Algorithm.Name, cols...)
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	sample, cols, err := near.LoadSample(t, own...)
	if err != nil {
		return nil, fmt.Errorf("loading a model of lof: %w", err)
	}
	n := sample.Tree.Len()
	m := &Model{sample, make([]float64, n), make([]float64, n)}
	for i, to := range [][]float64{m.kDistance, m.density} {
		for p := range n {
			to[p] = cols[i].Floats[sample.Tree.Row(p)]
		}
	}
	return m, nil
}

package lof

import (
	"context"
	"fmt"
	"strconv"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"
)

// A Model is the distinct rows learned from, with their densities.
type Model struct {
	sample    *near.Sample
	kDistance []float64 // of each place of the sample's tree: the distance to its k-th neighbour
	density   []float64 // likewise
	copies    []float64 // of each place, if the sample has one of each row; else nil
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
			found = m.samples(found, s.Equal())
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
	row, s := x.X.RawRowView(i), m.sample.Search()
	return m.sample.Reasons(row, m.samples(s.Find(row), s.Equal()))
}

// metaDistinct is the key of a state's Meta that tells whether the sample has
// one of each row.
const metaDistinct = "distinct"

// own are the columns of a state before those of the sample, named so that
// they are unlikely to be one of the features, too.
var own = []features.Field{
	{Name: "k_distance_of_row", Type: features.Float, Role: features.Outcome, Doc: "Distance to the row's k-th neighbour."},
	{Name: "density_of_row", Type: features.Float, Role: features.Outcome, Doc: "1 over the mean reachability distance of the row from its neighbours."},
	{Name: "copies_of_row", Type: features.Float, Unit: features.Count, Role: features.Outcome, Doc: "How many samples equal the row."},
}

// State implements algo.Model: a row for each distinct row learned from.
func (m *Model) State() *features.Table {
	var cols []*features.Column
	copies := m.copies
	if copies == nil {
		copies = make([]float64, m.sample.Tree.Len())
		for p := range copies {
			copies[p] = m.sample.Weight[m.sample.Tree.Row(p)]
		}
	}
	for k, byPlace := range [][]float64{m.kDistance, m.density, copies} {
		c := &features.Column{Field: own[k], Floats: make([]float64, len(byPlace))}
		for p, v := range byPlace {
			c.Floats[m.sample.Tree.Row(p)] = v
		}
		cols = append(cols, c)
	}
	t := m.sample.State(Algorithm.Name, cols...)
	t.Meta[metaDistinct] = strconv.FormatBool(m.copies != nil)
	return t
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	sample, cols, err := near.LoadSample(t, own...)
	if err != nil {
		return nil, fmt.Errorf("loading a model of lof: %w", err)
	}
	distinct, err := strconv.ParseBool(t.Meta[metaDistinct])
	if err != nil {
		return nil, fmt.Errorf("loading a model of lof: %s is %q, want true or false", metaDistinct, t.Meta[metaDistinct])
	}
	n := sample.Tree.Len()
	m := &Model{sample, make([]float64, n), make([]float64, n), make([]float64, n)}
	for i, to := range [][]float64{m.kDistance, m.density, m.copies} {
		for p := range n {
			to[p] = cols[i].Floats[sample.Tree.Row(p)]
		}
	}
	if !distinct {
		m.copies = nil
	}
	return m, nil
}

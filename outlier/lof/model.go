package lof

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"
)

// A Model is the distinct rows learned from, with their densities.
type Model struct {
	sample    *near.Sample
	k         float64   // samples looked for
	kDistance []float64 // of each place of the sample's tree: the distance to its k-th neighbour
	density   []float64 // likewise
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
	return m.sample.Reasons(row, m.sample.Tree.Neighbours(m.k, 1).Find(row))
}

// metaNeighbors is the key of a state's Meta.
const metaNeighbors = "neighbors"

// own are the columns of a state before those of the sample, named so that
// they are unlikely to be one of the features, too.
var own = []features.Field{
	{Name: "k_distance_of_row", Type: features.Float, Role: features.Outcome, Doc: "Distance to the row's k-th neighbour."},
	{Name: "density_of_row", Type: features.Float, Role: features.Outcome, Doc: "1 over the mean reachability distance of the row from its neighbours."},
}

// State implements algo.Model: a row for each distinct row learned from.
func (m *Model) State() *features.Table {
	t := &features.Table{Name: Algorithm.Name, Meta: map[string]string{metaNeighbors: strconv.FormatFloat(m.k, 'g', -1, 64)}}
	for k, byPlace := range [][]float64{m.kDistance, m.density} {
		c := &features.Column{Field: own[k], Floats: make([]float64, len(byPlace))}
		for p, v := range byPlace {
			c.Floats[m.sample.Tree.Row(p)] = v
		}
		t.Columns = append(t.Columns, c)
	}
	t.Columns = append(t.Columns, m.sample.Columns()...)
	return t
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	m, err := read(t)
	if err != nil {
		return nil, fmt.Errorf("loading a model of lof: %w", err)
	}
	return m, nil
}

func read(t *features.Table) (*Model, error) {
	k, err := strconv.ParseFloat(t.Meta[metaNeighbors], 64)
	if err != nil || !(k >= 1) {
		return nil, fmt.Errorf("%s is %q, want a number of at least 1", metaNeighbors, t.Meta[metaNeighbors])
	}
	if len(t.Columns) < len(own) {
		return nil, fmt.Errorf("%d columns, want more", len(t.Columns))
	}
	sample, err := near.ReadSample(t.Columns[len(own):])
	if err != nil {
		return nil, err
	}
	n := sample.Tree.Len()
	m := &Model{sample, k, make([]float64, n), make([]float64, n)}
	for i, to := range [][]float64{m.kDistance, m.density} {
		c := t.Columns[i]
		if c.Name != own[i].Name || c.Type != features.Float || c.Len() != n {
			return nil, fmt.Errorf("column %s: want %d real numbers named %s", c.Name, n, own[i].Name)
		}
		for p := range n {
			to[p] = c.Floats[sample.Tree.Row(p)]
		}
	}
	return m, nil
}

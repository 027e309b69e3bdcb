package pca

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

var _ algo.Explainer = (*model)(nil)

// A model is all d components, the first of which are kept.
type model struct {
	columns    []string
	mean       []float64
	variance   []float64   // of each component, descending
	components [][]float64 // each of length 1
	kept       int
}

// axis returns the name of component k, from 0.
func axis(k int) string { return "pc" + strconv.Itoa(k+1) }

func axes(n int) []string {
	names := make([]string, n)
	for k := range names {
		names[k] = axis(k)
	}
	return names
}

// Apply implements algo.Model.
func (m *model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	return m.apply(ctx, x, algo.Env{}.NumWorkers())
}

func (m *model) apply(ctx context.Context, x *features.Matrix, workers int) (*algo.Result, error) {
	n, d := x.Dims()
	r := &algo.Result{Coords: mat.NewDense(n, m.kept, nil), Axes: axes(m.kept), Scores: make([]float64, n), Model: m}
	err := algo.Each(ctx, workers, (n+blockRows-1)/blockRows, func(b int) {
		rest := make([]float64, d)
		for i := b * blockRows; i < min((b+1)*blockRows, n); i++ {
			m.project(x.X.RawRowView(i), r.Coords.RawRowView(i), rest)
			if m.kept < d {
				r.Scores[i] = floats.Norm(rest, 2)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// project sets coords to the row's place on the kept components, and rest to
// what is then left of it, a number for each column.
func (m *model) project(row, coords, rest []float64) {
	floats.SubTo(rest, row, m.mean)
	for k := range coords {
		coords[k] = floats.Dot(rest, m.components[k])
		floats.AddScaled(rest, -coords[k], m.components[k])
	}
}

// Explain implements algo.Explainer: the columns in which the row is off the
// plane of the kept components. Ordinary is what the plane says of the column
// in this row, give or take three standard deviations of what it leaves.
// There are no reasons if all components are kept.
func (m *model) Explain(x *features.Matrix, i int) []algo.Reason {
	d := len(m.columns)
	if m.kept == d {
		return nil
	}
	row, rest := x.X.RawRowView(i), make([]float64, d)
	m.project(row, make([]float64, m.kept), rest)
	length := floats.Norm(rest, 2)
	var reasons []algo.Reason
	for j, left := range rest {
		if left == 0 {
			continue
		}
		var variance float64
		for k := m.kept; k < d; k++ {
			variance += m.variance[k] * m.components[k][j] * m.components[k][j]
		}
		ordinary, width := row[j]-left, 3*math.Sqrt(variance)
		reasons = append(reasons, algo.Reason{
			Column: x.Names[j], Value: row[j], Low: ordinary - width, High: ordinary + width,
			Weight: left / length * (left / length),
		})
	}
	slices.SortStableFunc(reasons, func(a, b algo.Reason) int { return cmp.Compare(b.Weight, a.Weight) })
	return reasons
}

// The columns and metadata of the tables.
const (
	colColumn    = "column"
	colMean      = "mean"
	colComponent = "component"
	colVariance  = "explained_variance"
	metaKept     = "components"
)

func number(name, doc string, values []float64) *features.Column {
	return &features.Column{Field: features.Field{Name: name, Type: features.Float, Role: features.Outcome, Doc: doc}, Floats: values}
}

func text(name, doc string, values []string) *features.Column {
	return features.TextColumn(features.Field{Name: name, Role: features.Key, Doc: doc}, values)
}

// varianceTable says how much each of the d components explains.
func (m *model) varianceTable() *features.Table {
	ratio, cumulative := shares(m.variance)
	kept := &features.Column{Field: features.Field{Name: "kept", Type: features.Bool, Unit: features.Flag, Role: features.Outcome, Doc: "Whether rows have a coordinate of this component."}, Ints: make([]int64, len(m.variance))}
	for k := range m.kept {
		kept.Ints[k] = 1
	}
	t := &features.Table{Name: "variance", Columns: []*features.Column{
		text(colComponent, "Name of the component.", axes(len(m.variance))),
		number(colVariance, "Variance of the rows along the component, with divisor Σw − 1.", m.variance),
		number("ratio", "Share of the component in the variance of all.", ratio),
		number("cumulative", "Share of this component and those before it.", cumulative),
		kept,
	}}
	for _, c := range t.Columns[2:4] {
		c.Unit = features.Ratio
	}
	return t
}

// loadingsTable says how the kept components are made of the columns.
func (m *model) loadingsTable() *features.Table {
	t := &features.Table{Name: "loadings", Columns: []*features.Column{text(colColumn, "Name of the column.", m.columns)}}
	for k := range m.kept {
		t.Columns = append(t.Columns, number(axis(k), "Part of the column in the component, which is of length 1.", m.components[k]))
	}
	return t
}

// State implements algo.Model. There are d rows, one for each column; as
// there are as many components, row k has the variance of component k too.
func (m *model) State() *features.Table {
	t := &features.Table{Name: Algorithm.Name, Meta: map[string]string{metaKept: strconv.Itoa(m.kept)}, Columns: []*features.Column{
		text(colColumn, "Name of a column.", m.columns),
		number(colMean, "Mean of the column.", m.mean),
		number(colVariance, "Variance along the component of this row's number.", m.variance),
	}}
	for k, c := range m.components {
		t.Columns = append(t.Columns, number(axis(k), "Part of the column in the component.", c))
	}
	return t
}

func load(t *features.Table) (algo.Model, error) {
	var missing string
	floats := func(name string) []float64 {
		c := t.Column(name)
		if c == nil || c.Type != features.Float {
			missing = name
			return nil
		}
		return c.Floats
	}
	m := &model{mean: floats(colMean), variance: floats(colVariance)}
	names := t.Column(colColumn)
	if names == nil {
		missing = colColumn
	}
	for k := range t.Len() {
		m.components = append(m.components, floats(axis(k)))
	}
	if missing != "" {
		return nil, fmt.Errorf("table %s is not a model of PCA: it has no column %s", t.Name, missing)
	}
	for i := range t.Len() {
		m.columns = append(m.columns, names.String(i))
	}
	var err error
	if m.kept, err = strconv.Atoi(t.Meta[metaKept]); err != nil || m.kept < 1 || m.kept > t.Len() {
		return nil, fmt.Errorf("table %s is not a model of PCA: it keeps %q components of %d", t.Name, t.Meta[metaKept], t.Len())
	}
	return m, nil
}

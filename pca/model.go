package pca

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

var (
	_ algo.Attributor = (*model)(nil)
	_ algo.Explainer  = (*model)(nil)
	_ algo.Updater    = (*model)(nil)
)

// A model is all d components, or the first of them, of which the first are
// kept.
type model struct {
	method     PCA
	columns    []string
	weight     float64 // of the rows learned from
	mean       []float64
	total      float64     // variance of all columns
	variance   []float64   // of each component, descending
	components [][]float64 // each of length 1
	kept       int
	rest       []float64 // variance of each column off the plane of the kept components
	sums       *moments  // that the components are of; nil if these are of the randomized solver
	limitQ     float64
	limitT2    float64 // NaN for none
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

// smallest is a number above which squares keep their digits when they are
// added up.
const smallest = 1e-280

// Apply implements algo.Model.
func (m *model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	return m.apply(ctx, x, algo.Env{}.NumWorkers())
}

func (m *model) apply(ctx context.Context, x *features.Matrix, workers int) (*algo.Result, error) {
	n, d := x.Dims()
	r := &algo.Result{Coords: mat.NewDense(n, m.kept, nil), Axes: axes(m.kept), Scores: make([]float64, n), Model: m}
	q, t2 := make([]float64, n), make([]float64, n)
	deviation := make([]float64, m.kept) // infinite, for a coordinate of 0, where it is but rounding
	for k := range deviation {
		deviation[k] = math.Inf(1)
		if k < m.real() {
			deviation[k] = math.Sqrt(m.variance[k])
		}
	}
	err := algo.Each(ctx, workers, (n+blockRows-1)/blockRows, func(b int) {
		rest := make([]float64, d)
		for i := b * blockRows; i < min((b+1)*blockRows, n); i++ {
			coords := r.Coords.RawRowView(i)
			m.project(x.X.RawRowView(i), coords, rest)
			if m.kept < d {
				if q[i] = floats.Dot(rest, rest); q[i] > smallest && q[i] <= math.MaxFloat64 {
					r.Scores[i] = math.Sqrt(q[i])
				} else { // squares that float64 can't hold
					r.Scores[i], q[i] = floats.Norm(rest, 2), min(q[i], math.MaxFloat64)
				}
			}
			for k, c := range coords {
				white := c / deviation[k]
				t2[i] = min(t2[i]+white*white, math.MaxFloat64)
				if m.method.Whiten {
					coords[k] = white
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	r.Columns = []*features.Column{
		number(colQ, "Squared distance to the plane of the kept components.", q),
		number(colT2, "Squared distance to the mean within that plane, in standard deviations of each component.", t2),
	}
	r.Stats = append(above(x, colQ, q, m.limitQ), above(x, colT2, t2, m.limitT2)...)
	return r, nil
}

// above returns the limit of a column and the share of the samples above it,
// nothing if there is no limit.
func above(x *features.Matrix, name string, values []float64, limit float64) []algo.Stat {
	if math.IsNaN(limit) || math.IsInf(limit, 0) {
		return nil
	}
	var weight float64
	for i, v := range values {
		if v > limit {
			weight += x.W(i)
		}
	}
	return []algo.Stat{{Name: name + "_limit", Value: limit}, {Name: name + "_above_limit_ratio", Value: weight / x.Samples()}}
}

// Update implements algo.Updater: the model becomes that of the rows learned
// from so far and those of x together, up to rounding, with as many components
// as the parameters then ask for. It costs O(n·d² + d³). No other method may
// be called meanwhile; after an error the model is what it was. A model of the
// randomized solver can't learn on.
func (m *model) Update(ctx context.Context, x *features.Matrix) error {
	if !slices.Equal(x.Names, m.columns) {
		return fmt.Errorf("PCA: the model was learned from the columns %v, not %v: choose those", m.columns, x.Names)
	}
	if m.sums == nil {
		return errors.New("PCA: a model of the randomized solver can't learn on: learn it with --solver exact")
	}
	sums := m.sums.clone()
	if err := sums.add(ctx, x, algo.Env{}); err != nil {
		return err
	}
	learned, err := m.method.learn(sums, m.columns)
	if err != nil {
		return err
	}
	*m = *learned
	return nil
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
// plane of the kept components, by their share in its squared distance. Ordinary is what the plane says of the column
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
		ordinary, width := row[j]-left, 3*math.Sqrt(m.rest[j])
		reasons = append(reasons, algo.Reason{
			Column: x.Names[j], Value: row[j], Low: ordinary - width, High: ordinary + width,
			Weight: left / length * (left / length),
		})
	}
	algo.SortReasons(reasons)
	return reasons
}

// Attribute implements algo.Attributor: of a coordinate the columns that take
// the row to the side of the mean where it is, each by its share of the way.
// Ordinary is three standard deviations of the column about its mean.
func (m *model) Attribute(x *features.Matrix, i int, reasons []algo.Reason) []algo.Reason {
	row := x.X.RawRowView(i)
	weight, parts := make([]float64, len(row)), make([]float64, len(row))
	var known float64
	for _, r := range reasons {
		known += r.Weight
	}
	for _, r := range reasons {
		k := slices.Index(axes(m.kept), r.Column)
		if k < 0 {
			continue
		}
		w := r.Weight
		if known == 0 {
			w = 1
		}
		var coord, way float64
		for j, v := range row {
			parts[j] = m.components[k][j] * (v - m.mean[j])
			coord += parts[j]
		}
		for j, p := range parts {
			parts[j] = max(math.Copysign(1, coord)*p, 0)
			way += parts[j]
		}
		for j, p := range parts {
			if p > 0 {
				weight[j] += w * (p / way)
			}
		}
	}
	var told []algo.Reason
	for j, w := range weight {
		if w == 0 {
			continue
		}
		variance := m.rest[j]
		for k, c := range m.components[:m.kept] {
			variance += m.variance[k] * c[j] * c[j]
		}
		width := 3 * math.Sqrt(variance)
		told = append(told, algo.Reason{Column: x.Names[j], Value: row[j], Low: m.mean[j] - width, High: m.mean[j] + width, Weight: w})
	}
	algo.SortReasons(told)
	if known == 0 {
		for k := range told {
			told[k].Weight = 0
		}
	}
	return told
}

// The columns of results and tables.
const (
	colQ         = "q"
	colT2        = "t2"
	colColumn    = "column"
	colMean      = "mean"
	colComponent = "component"
	colVariance  = "explained_variance"
)

func number(name, doc string, values []float64) *features.Column {
	return &features.Column{Field: features.Field{Name: name, Type: features.Float, Role: features.Outcome, Doc: doc}, Floats: values}
}

func text(name, doc string, values []string) *features.Column {
	return features.TextColumn(features.Field{Name: name, Role: features.Key, Doc: doc}, values)
}

// varianceTable says how much each component explains.
func (m *model) varianceTable() *features.Table {
	ratio, cumulative := shares(m.variance, m.total)
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

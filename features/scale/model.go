package scale

import (
	"context"
	"fmt"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

var _ algo.Inverter = (*model)(nil)

// A model is what a scaler has learned of each column.
type model struct {
	*kind
	columns       []string
	center, scale []float64
}

// Apply implements algo.Model.
func (m *model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	return m.apply(ctx, x, algo.Env{}.NumWorkers())
}

// rowsAtOnce is how many rows a worker takes at a time.
const rowsAtOnce = 8192

func (m *model) apply(ctx context.Context, x *features.Matrix, workers int) (*algo.Result, error) {
	n, d := x.Dims()
	coords := mat.NewDense(n, d, nil)
	err := algo.Each(ctx, workers, (n+rowsAtOnce-1)/rowsAtOnce, func(b int) {
		for i := b * rowsAtOnce; i < min((b+1)*rowsAtOnce, n); i++ {
			to := coords.RawRowView(i)
			for j, v := range x.X.RawRowView(i) {
				if m.forward != nil {
					v = m.forward(v)
				}
				to[j] = (v - m.center[j]) / m.scale[j]
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return &algo.Result{Coords: coords, Axes: x.Names, Model: m}, nil
}

// Invert implements algo.Inverter.
func (m *model) Invert(column int, v float64) float64 {
	v = v*m.scale[column] + m.center[column]
	if m.inverse != nil {
		v = m.inverse(v)
	}
	return v
}

// The columns of a model's table: one row for each column learned from.
const (
	colColumn = "column"
	colCenter = "center"
	colScale  = "scale"
)

// State implements algo.Model.
func (m *model) State() *features.Table {
	number := func(name, doc string, values []float64) *features.Column {
		return &features.Column{Field: features.Field{Name: name, Type: features.Float, Role: features.Outcome, Doc: doc}, Floats: values}
	}
	return &features.Table{Name: m.name, Columns: []*features.Column{
		features.TextColumn(features.Field{Name: colColumn, Role: features.Key, Doc: "Name of a column."}, m.columns),
		number(colCenter, "What is taken from its values.", m.center),
		number(colScale, "What the rest is divided by.", m.scale),
	}}
}

func (k *kind) load(t *features.Table) (algo.Model, error) {
	names, center, scale := t.Column(colColumn), t.Column(colCenter), t.Column(colScale)
	if names == nil || center == nil || scale == nil || center.Type != features.Float || scale.Type != features.Float {
		return nil, fmt.Errorf("table %s has not the columns of a scaler's model: %s, %s, %s", t.Name, colColumn, colCenter, colScale)
	}
	m := &model{kind: k, center: center.Floats, scale: scale.Floats}
	for i := range names.Len() {
		m.columns = append(m.columns, names.String(i))
	}
	return m, nil
}

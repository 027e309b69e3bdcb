package spectral

import (
	"encoding/json"
	"errors"
	"fmt"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// stateKey is where a State keeps, in its Meta, what is saved.
const stateKey = "spectral"

// State implements algo.Model: a row for each distinct row or landmark, with
// its cluster, its samples, its scale, its coordinates and its values; the rest
// in Meta.
func (m *Model) State() *features.Table {
	text, err := json.Marshal(m.saved)
	if err != nil {
		panic("spectral: state: " + err.Error())
	}
	label := &features.Column{Field: features.Field{Name: "label", Type: features.Int, Role: features.Outcome, Doc: "Cluster of the row."}}
	for _, l := range m.label {
		label.Ints = append(label.Ints, int64(l))
	}
	t := &features.Table{Name: "spectral", Meta: map[string]string{stateKey: string(text)}, Columns: []*features.Column{
		label,
		{Field: features.Field{Name: "samples", Type: features.Float, Unit: features.Count, Role: features.Outcome, Doc: "Samples that the row stands for."}, Floats: m.weight},
		{Field: features.Field{Name: "scale", Type: features.Float, Role: features.Outcome, Doc: "1 over the distance at which the row and others of its scale stop being alike."}, Floats: m.scale},
	}}
	for j := range m.Values {
		t.Columns = append(t.Columns, &features.Column{
			Field:  features.Field{Name: axis(j), Type: features.Float, Role: features.Outcome, Doc: fmt.Sprintf("Coordinate %d of the row.", j+1)},
			Floats: mat.Col(nil, j, m.coords),
		})
	}
	t.Columns = append(t.Columns, algo.RowColumns(m.names, m.x)...)
	return t
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	m, err := parse(t)
	if err != nil {
		return nil, fmt.Errorf("loading a spectral model: %w", err)
	}
	m.plant(1)
	return m, nil
}

// parse returns the model as it is written down.
func parse(t *features.Table) (*Model, error) {
	m := new(Model)
	if err := json.Unmarshal([]byte(t.Meta[stateKey]), &m.saved); err != nil {
		return nil, fmt.Errorf("its metadata: %w", err)
	}
	const before = 3 // columns before the coordinates
	n, k := t.Len(), len(m.Values)
	if n < 1 || len(t.Columns) <= before+k {
		return nil, errors.New("it has no rows or no columns")
	}
	for i, c := range t.Columns {
		want := features.Float
		if i == 0 {
			want = features.Int
		}
		if c.Type != want || c.Len() != n || c.Null != nil {
			return nil, fmt.Errorf("column %s: want %d numbers, whole ones in the first column only", c.Name, n)
		}
	}
	r := &m.Reader
	if len(r.Axes) > 0 && len(r.Scale) != k {
		return nil, fmt.Errorf("%d eigenvectors have %d scales", k, len(r.Scale))
	}
	for c, axis := range r.Axes {
		if len(axis) != k {
			return nil, fmt.Errorf("axis %d has %d numbers, want %d", c, len(axis), k)
		}
	}
	switch {
	case m.Graph != byGamma && m.Graph != byLocal && m.Graph != byKNN && m.Graph != byLandmarks:
		return nil, fmt.Errorf("there is no graph %q", m.Graph)
	case m.Neighbors < 2:
		return nil, fmt.Errorf("rows have %d neighbours", m.Neighbors)
	}
	for i, l := range t.Columns[0].Ints {
		if l < 0 || l >= int64(n) {
			return nil, fmt.Errorf("row %d is in cluster %d of %d rows", i, l, n)
		}
		m.label = append(m.label, int32(l))
	}
	m.weight, m.scale = t.Columns[1].Floats, t.Columns[2].Floats
	if k > 0 {
		_, m.coords = algo.RowsOf(t.Columns[before : before+k])
	}
	m.names, m.x = algo.RowsOf(t.Columns[before+k:])
	return m, nil
}

package tail

import (
	"errors"
	"fmt"
	"math"

	"toolkit/algo"
	"toolkit/features"
)

var columnField = features.Field{Name: "column", Type: features.Text, Role: features.Key, Doc: "Column that this is said of."}

// stateFields are the columns of a state after the name of the column.
var stateFields = []features.Field{
	{Name: "value", Type: features.Float, Role: features.Key, Doc: "A value of the column; each once, ascending."},
	{Name: "left", Type: features.Float, Unit: features.Count, Role: features.Outcome, Doc: "Samples at the value or below."},
	{Name: "right", Type: features.Float, Unit: features.Count, Role: features.Outcome, Doc: "Samples at the value or above."},
	{Name: "skew", Type: features.Int, Role: features.Outcome, Doc: "Sign of the column's skewness: 1 for a long right tail, -1 for a long left one."},
}

// State returns the tails at all distinct values, a row each, by columns.
func (m *Model) State() *features.Table {
	name := &features.Column{Field: columnField, Dict: m.names}
	t := &features.Table{Name: "tails", Columns: []*features.Column{name}}
	for _, f := range stateFields {
		t.Columns = append(t.Columns, &features.Column{Field: f})
	}
	for j, c := range m.cols {
		for k, part := range [][]float64{c.values, c.left, c.right} {
			t.Columns[k+1].Floats = append(t.Columns[k+1].Floats, part...)
		}
		for range c.values {
			name.Codes = append(name.Codes, uint32(j))
			t.Columns[4].Ints = append(t.Columns[4].Ints, int64(c.skew))
		}
	}
	return t
}

// Load returns the model whose State is t.
func (s Score) Load(t *features.Table) (algo.Model, error) {
	m, err := s.read(t)
	if err != nil {
		return nil, fmt.Errorf("reading a model of tails: %w", err)
	}
	return m, nil
}

func (s Score) read(t *features.Table) (*Model, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	var cols []*features.Column
	for _, f := range append([]features.Field{columnField}, stateFields...) {
		c := t.Column(f.Name)
		if c == nil || c.Type != f.Type {
			return nil, fmt.Errorf("no column %s of the right type", f.Name)
		}
		cols = append(cols, c)
	}
	m := &Model{score: s}
	for lo, hi := 0, 0; lo < t.Len(); lo = hi {
		name := cols[0].String(lo)
		for hi = lo; hi < t.Len() && cols[0].String(hi) == name; hi++ {
		}
		c := &column{values: cols[1].Floats[lo:hi], left: cols[2].Floats[lo:hi], right: cols[3].Floats[lo:hi], skew: int(cols[4].Ints[lo])}
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("column %s: %w", name, err)
		}
		c.share = make([]float64, hi-lo)
		c.derive(s)
		m.names, m.cols = append(m.names, name), append(m.cols, c)
	}
	if m.cols == nil {
		return nil, errors.New("no values")
	}
	return m, nil
}

// check reports what no samples can have.
func (c *column) check() error {
	last := len(c.values) - 1
	for k := range c.values {
		if k > 0 && !(c.values[k-1] < c.values[k] && c.left[k-1] <= c.left[k] && c.right[k-1] >= c.right[k]) {
			return fmt.Errorf("values or tails are not in order at %v", c.values[k])
		}
	}
	if !(c.left[0] > 0 && c.right[last] > 0) || math.IsInf(c.left[last], 0) || math.IsInf(c.right[0], 0) {
		return errors.New("a tail without samples, or with infinitely many")
	}
	return nil
}

// table returns what was found of each column.
func (m *Model) table() *features.Table {
	cols := []*features.Column{
		{Field: features.Field{Name: "distinct", Type: features.Int, Unit: features.Count, Role: features.Outcome, Doc: "How many different values there are."}},
		{Field: features.Field{Name: "skew", Type: features.Int, Role: features.Outcome, Doc: stateFields[3].Doc}},
		{Field: features.Field{Name: "low", Type: features.Float, Role: features.Outcome, Doc: "Lowest value at or below which at least 5 % of the samples lie."}},
		{Field: features.Field{Name: "high", Type: features.Float, Role: features.Outcome, Doc: "Highest value at or above which at least 5 % of the samples lie."}},
	}
	for _, c := range m.cols {
		cols[0].Ints = append(cols[0].Ints, int64(len(c.values)))
		cols[1].Ints = append(cols[1].Ints, int64(c.skew))
		cols[2].Floats = append(cols[2].Floats, c.low)
		cols[3].Floats = append(cols[3].Floats, c.high)
	}
	return &features.Table{Name: "tails", Columns: append([]*features.Column{features.TextColumn(columnField, m.names)}, cols...)}
}

package explain

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"toolkit/features"
)

// nearestShown is how many normal rows are shown.
const nearestShown = 3

// A Nearest shows the normal rows that are nearest to a row.
type Nearest struct {
	Method  string       `json:"method"` // in whose columns and scale they are near
	Scale   string       `json:"scale"`
	Columns []string     `json:"columns"`
	Values  []Value      `json:"values"` // of the row itself
	Rows    []*Neighbour `json:"rows"`   // the nearest first

	// Disputed tells that other methods flag these rows: there are none that
	// all call normal.
	Disputed bool `json:"disputed,omitempty"`

	units []features.Unit
}

// A Neighbour is a normal row, or several that are equal.
type Neighbour struct {
	Row      int     `json:"row"` // of the table, the first of equal ones
	Keys     []Key   `json:"keys"`
	Distance Number  `json:"distance"` // in the model's scale
	Equal    int     `json:"equal_rows"`
	Values   []Value `json:"values"`
}

// nearest returns the rows nearest to row i that no method flags, in the
// columns and scale of the first method that flags it, or of the first that
// has a model; where some method flags each row, those that this one does not.
// Equal rows are one; rows without records are none. It costs a
// pass over the rows of the table, and sorts their distances.
func (o *Outputs) nearest(ctx context.Context, methods []*method, i int) (*Nearest, error) {
	var by *method
	for _, m := range methods {
		if m.model != nil && o.matrix(m.table, m.model) != nil && (by == nil || m.flags(i) && !by.flags(i)) {
			by = m
		}
	}
	if by == nil {
		return nil, nil
	}
	x := o.matrix(by.table, by.model)
	at, ok := matrixRow(x, i)
	if !ok {
		return nil, nil
	}
	y, err := by.model.Enter(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", by.name(), err)
	}
	t := o.Tables[by.table]
	conns := numeric(t, "num_conns")
	type candidate struct {
		k  int
		d2 float64
	}
	var all []candidate
	take := func(flagged func(row int) bool) {
		n, _ := x.Dims()
		for k := range n {
			row := int(x.TableRow(k))
			if k == at || conns != nil && conns.Float(row) == 0 || flagged(row) {
				continue
			}
			all = append(all, candidate{k, distance2(y, at, k)})
		}
	}
	take(func(row int) bool {
		return slices.ContainsFunc(methods, func(m *method) bool { return m.flags(row) })
	})
	disputed := len(all) == 0
	if disputed {
		take(by.flags)
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.d2, b.d2), slices.Compare(x.X.RawRowView(a.k), x.X.RawRowView(b.k)), cmp.Compare(a.k, b.k))
	})
	res := &Nearest{Method: by.name(), Scale: by.t.Meta["scale"], Columns: x.Names, Values: values(x, at), Rows: []*Neighbour{}, Disputed: disputed && len(all) > 0}
	for _, name := range x.Names {
		unit := features.None
		if c := t.Column(name); c != nil {
			unit = unitOf(c)
		}
		res.units = append(res.units, unit)
	}
	for k, c := range all {
		if k > 0 && slices.Equal(x.X.RawRowView(c.k), x.X.RawRowView(all[k-1].k)) {
			res.Rows[len(res.Rows)-1].Equal++
			continue
		}
		if len(res.Rows) == nearestShown {
			break
		}
		nb := &Neighbour{Row: int(x.TableRow(c.k)), Distance: Number(math.Sqrt(c.d2)), Equal: 1, Values: values(x, c.k)}
		for _, key := range t.Keys() {
			nb.Keys = append(nb.Keys, Key{key.Name, key.String(nb.Row)})
		}
		res.Rows = append(res.Rows, nb)
	}
	return res, nil
}

// values returns row i of x.
func values(x *features.Matrix, i int) []Value {
	var vs []Value
	for j, v := range x.X.RawRowView(i) {
		vs = append(vs, valueOf(x, j, v))
	}
	return vs
}

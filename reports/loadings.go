package reports

import (
	"fmt"
	"math"
)

// loadingsFigure draws the table of loadings.
func (b *builder) loadingsFigure(r *result, t *Table) *Figure {
	g := &Grid{Row: "column", Column: "component", Signed: true, Written: true, V: Axis{Label: "loading"}}
	for _, h := range t.Columns[1:] {
		g.Columns = append(g.Columns, h.Name)
	}
	for _, row := range t.Rows {
		values := make([]float64, len(g.Columns))
		for k := range values {
			v, ok := row[k+1].Value.(float64)
			if !ok {
				v = math.NaN()
			}
			values[k] = v
		}
		g.Rows, g.Values = append(g.Rows, row[0].Text), append(g.Values, values)
	}
	heaviest := 0
	for i, row := range g.Values {
		if len(row) > 0 && math.Abs(row[0]) > math.Abs(g.Values[heaviest][0]) {
			heaviest = i
		}
	}
	f := &Figure{ID: b.id(r.table, "pca", "loadings", "figure"), Title: "Loadings", Plot: g,
		Caption: sentence(fmt.Sprintf("%s, n = %s samples. How much of each column is in a component: blue adds, orange takes away. A component may be turned round as a whole", r.table, human(samples(r.t))), capital(made(r.t)))}
	if len(g.Rows) > 0 {
		f.Alt = fmt.Sprintf("%s weighs most in the first component.", g.Rows[heaviest])
	}
	return f
}

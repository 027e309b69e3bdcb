package algo

import (
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// RowColumns returns the rows that a model keeps as columns of its state.
func RowColumns(names []string, x *mat.Dense) []*features.Column {
	columns := make([]*features.Column, len(names))
	for j, name := range names {
		columns[j] = &features.Column{
			Field:  features.Field{Name: name, Type: features.Float, Role: features.Value, Doc: "Value of the row."},
			Floats: mat.Col(nil, j, x),
		}
	}
	return columns
}

// RowsOf returns what RowColumns was given: of Float columns, one at least, with a
// row at least.
func RowsOf(columns []*features.Column) (names []string, x *mat.Dense) {
	x = mat.NewDense(columns[0].Len(), len(columns), nil)
	for j, c := range columns {
		names = append(names, c.Name)
		x.SetCol(j, c.Floats)
	}
	return names, x
}

package features

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// A Matrix is n rows of d features, ready for an algorithm: all values finite.
type Matrix struct {
	Names  []string   // of the d columns
	X      *mat.Dense // n×d
	Weight []float64  // how many samples each row stands for, above 0; nil if 1 each
	Row    []int64    // the table's row that each row came from; nil if they are the same

	// Categories are, for a column of categories, their names: its values are
	// numbers in that list, which say nothing else. It is nil for a column of
	// numbers, and as a whole if all are.
	Categories [][]string
}

// Dims returns the number of rows and of columns.
func (m *Matrix) Dims() (n, d int) { return m.X.Dims() }

// W returns the weight of row i.
func (m *Matrix) W(i int) float64 {
	if m.Weight == nil {
		return 1
	}
	return m.Weight[i]
}

// Samples returns how many samples the rows stand for in all.
func (m *Matrix) Samples() float64 {
	n, _ := m.Dims()
	if m.Weight == nil {
		return float64(n)
	}
	var s float64
	for _, w := range m.Weight {
		s += w
	}
	return s
}

// TableRow returns the row of the table that row i came from.
func (m *Matrix) TableRow(i int) int64 {
	if m.Row == nil {
		return int64(i)
	}
	return m.Row[i]
}

// CategoriesOf returns the names of the categories of column j, nil if it is one
// of numbers.
func (m *Matrix) CategoriesOf(j int) []string {
	if m.Categories == nil {
		return nil
	}
	return m.Categories[j]
}

// Other returns a matrix of other rows of the same columns, 1 sample each.
func (m *Matrix) Other(x *mat.Dense) *Matrix {
	return &Matrix{Names: m.Names, X: x, Categories: m.Categories}
}

// With returns a matrix of the same rows, with their weights, and the columns
// of x, which are numbers.
func (m *Matrix) With(names []string, x *mat.Dense) *Matrix {
	return &Matrix{Names: names, X: x, Weight: m.Weight, Row: m.Row}
}

// A ValueError is a value that no algorithm can take.
type ValueError struct {
	Row    int64
	Column string
	Value  float64
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("row %d, column %s: %v is not a finite number", e.Row, e.Column, e.Value)
}

// Check reports the first value that is not finite, as a *ValueError, or a
// weight that is not above 0.
func (m *Matrix) Check() error {
	n, _ := m.Dims()
	for i := range n {
		if row := m.X.RawRowView(i); !finite(row) {
			j := slices.IndexFunc(row, func(v float64) bool { return v-v != 0 })
			return &ValueError{m.TableRow(i), m.Names[j], row[j]}
		}
		if m.Weight == nil {
			continue
		}
		if w := m.W(i); !(w > 0) || math.IsInf(w, 0) {
			return fmt.Errorf("row %d: weight %v, want a finite number above 0", m.TableRow(i), w)
		}
	}
	return nil
}

// finite tells whether all values are: the difference of one that is not and
// itself is no number, and makes no number of any sum.
func finite(row []float64) bool {
	var a, b float64
	for ; len(row) >= 4; row = row[4:] {
		a += (row[0] - row[0]) + (row[1] - row[1])
		b += (row[2] - row[2]) + (row[3] - row[3])
	}
	for _, v := range row {
		a += v - v
	}
	return a+b == 0
}

// take returns a matrix of the columns of the given numbers.
func (m *Matrix) take(columns []int) *Matrix {
	n, _ := m.Dims()
	names, x := make([]string, len(columns)), mat.NewDense(n, len(columns), nil)
	for k, j := range columns {
		names[k] = m.Names[j]
	}
	for i := range n {
		from, to := m.X.RawRowView(i), x.RawRowView(i)
		for k, j := range columns {
			to[k] = from[j]
		}
	}
	part := m.With(names, x)
	if m.Categories != nil {
		part.Categories = make([][]string, len(columns))
		for k, j := range columns {
			part.Categories[k] = m.Categories[j]
		}
	}
	return part
}

// Split returns the columns of numbers and those of categories as matrices of
// their own, nil for those of which there are none.
func (m *Matrix) Split() (numbers, categories *Matrix) {
	var of [2][]int
	for j := range m.Names {
		k := 0
		if m.CategoriesOf(j) != nil {
			k = 1
		}
		of[k] = append(of[k], j)
	}
	switch {
	case of[1] == nil:
		return m, nil
	case of[0] == nil:
		return nil, m
	}
	numbers = m.take(of[0])
	numbers.Categories = nil
	return numbers, m.take(of[1])
}

// Join returns a matrix of the columns of m and those of o, which has as many
// rows: nil for none.
func (m *Matrix) Join(o *Matrix) *Matrix {
	if o == nil {
		return m
	}
	n, d := m.Dims()
	_, more := o.Dims()
	x := mat.NewDense(n, d+more, nil)
	for i := range n {
		copy(x.RawRowView(i), m.X.RawRowView(i))
		copy(x.RawRowView(i)[d:], o.X.RawRowView(i))
	}
	all := m.With(slices.Concat(m.Names, o.Names), x)
	for j := range d {
		all.Categories = append(all.Categories, m.CategoriesOf(j))
	}
	for j := range more {
		all.Categories = append(all.Categories, o.CategoriesOf(j))
	}
	return all
}

// Matrix takes the named columns of t as a matrix, the weights from its
// column of role Weight if it has one. A Text column is one of categories, of
// which null is one for rows without a value. Besides numeric columns there are, for
// a Text column NAME, NAME=VALUE, which is 1 in the rows of that value and 0
// in others, and NAME=other, which is 1 in those of a value that none of names
// stands for; and NAME=null for any column, which is 1 in the rows without a
// value. Rows in which one of the columns is null, NaN or infinite are left
// out; skipped is how many. A column that is missing, or neither numeric nor text,
// is an error.
func (t *Table) Matrix(names []string) (m *Matrix, skipped int, err error) {
	cols, err := t.sources(names)
	if err != nil {
		return nil, 0, err
	}
	if len(cols) == 0 {
		return nil, 0, fmt.Errorf("table %s: no columns chosen", t.Name)
	}
	weight := t.Weights()
	n, d := t.Len(), len(cols)
	m = &Matrix{Names: names, Categories: categoriesOf(cols)}
	data := make([]float64, n*d)
	for j := range cols {
		cols[j].fill(data[j:], d)
	}
	if weight != nil {
		m.Weight = make([]float64, n)
		(&source{column: weight}).fill(m.Weight, 1)
	}
	kept := 0
	for i := range n {
		row := data[i*d : (i+1)*d]
		if !finite(row) {
			if skipped == 0 {
				m.Row = make([]int64, i, n)
				for k := range m.Row {
					m.Row[k] = int64(k)
				}
			}
			skipped++
			continue
		}
		if skipped > 0 {
			copy(data[kept*d:], row)
			m.Row = append(m.Row, int64(i))
			if weight != nil {
				m.Weight[kept] = m.Weight[i]
			}
		}
		kept++
	}
	if kept == 0 {
		return nil, skipped, fmt.Errorf("table %s has no row with finite values in all of the columns chosen", t.Name)
	}
	m.X = mat.NewDense(kept, d, data[:kept*d])
	if weight != nil {
		m.Weight = m.Weight[:kept]
	}
	return m, skipped, nil
}

// A ColumnError is a column that a table was asked for and does not have.
type ColumnError struct {
	Table, Column string
	Have          []string // what could be asked for
}

func (e *ColumnError) Error() string {
	return fmt.Sprintf("table %s has no column %s; its columns of numbers and text are %s", e.Table, e.Column, strings.Join(e.Have, ", "))
}

// missing returns the error about a column that t does not have.
func (t *Table) missing(name string) error {
	return &ColumnError{t.Name, name, t.Names(func(c *Column) bool { return c.Numeric() || c.Type == Text })}
}

package features

import (
	"cmp"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Distinct returns how many rows of m differ from one another.
func Distinct(m *Matrix) int {
	n, _ := m.Dims()
	order := Order(m)
	distinct := min(n, 1)
	for k := 1; k < n; k++ {
		if slices.Compare(m.X.RawRowView(order[k-1]), m.X.RawRowView(order[k])) != 0 {
			distinct++
		}
	}
	return distinct
}

// Order returns the rows of m in ascending order of their values, column by
// column, equal rows in the order of m: the same order of values for any
// order of the rows.
func Order(m *Matrix) []int {
	n, _ := m.Dims()
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if c := slices.Compare(m.X.RawRowView(a), m.X.RawRowView(b)); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	})
	return order
}

// A Collapsed is the distinct rows of a matrix, in the order of Order, each
// with the weight of all its copies.
type Collapsed struct {
	Matrix         // the distinct rows; Row[i] is the first of the copies, counted in rows of the whole matrix
	Of     []int32 // for each row of the whole matrix, its row here
}

// Collapse returns the distinct rows of m. It costs O(n·d·log n) time and
// about (8·d+16)·distinct + 12·n bytes.
func Collapse(m *Matrix) *Collapsed {
	n, d := m.Dims()
	c := &Collapsed{Of: make([]int32, n)}
	var data []float64
	for k, i := range Order(m) {
		row := m.X.RawRowView(i)
		if k == 0 || slices.Compare(data[len(data)-d:], row) != 0 {
			data = append(data, row...)
			c.Row, c.Weight = append(c.Row, int64(i)), append(c.Weight, 0)
		}
		g := len(c.Row) - 1
		c.Weight[g] += m.W(i)
		c.Of[i] = int32(g)
	}
	c.Names = m.Names
	if len(data) > 0 {
		c.X = mat.NewDense(len(c.Row), d, data)
	}
	return c
}

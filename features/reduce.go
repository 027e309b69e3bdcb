package features

import (
	"fmt"
	"math"
	"slices"
)

// A Redundancy is a column that tells nothing that the others don't.
type Redundancy struct {
	Column string
	Of     string  // the column before it that it is equal to; "" if it is constant
	Value  float64 // of a constant column
	Name   string  // of a constant column of categories: that of the one
}

func (r *Redundancy) Error() string {
	if r.Of != "" {
		return fmt.Sprintf("column %s is left out: it is equal to %s in every row", r.Column, r.Of)
	}
	if r.Name != "" {
		return fmt.Sprintf("column %s is left out: it is %s in every row", r.Column, r.Name)
	}
	return fmt.Sprintf("column %s is left out: it is %v in every row", r.Column, r.Value)
}

// constant is the share of a column's size that rounding may make it differ by.
const constant = 1e-15

// Reduce returns m without the columns that are constant but for the rounding
// of their last digit, or, if they are of numbers, equal to one before them, and which these are. Of
// constant columns alone the first stays; of a single row all do. It costs
// O(n·d) time, more if columns agree in some rows only.
func (m *Matrix) Reduce() (*Matrix, []*Redundancy) {
	n, d := m.Dims()
	if n < 2 {
		return m, nil
	}
	lo, hi := slices.Clone(m.X.RawRowView(0)), slices.Clone(m.X.RawRowView(0))
	for i := 1; i < n; i++ {
		for j, v := range m.X.RawRowView(i) {
			lo[j], hi[j] = min(lo[j], v), max(hi[j], v)
		}
	}
	var keep []int
	var left []*Redundancy
	for j, name := range m.Names {
		if hi[j]-lo[j] <= constant*max(math.Abs(lo[j]), math.Abs(hi[j])) {
			r := &Redundancy{Column: name, Value: lo[j]}
			if names := m.CategoriesOf(j); names != nil {
				r.Name = names[int(lo[j])]
			}
			left = append(left, r)
			continue
		}
		of := slices.IndexFunc(keep, func(k int) bool {
			if m.CategoriesOf(j) != nil || m.CategoriesOf(k) != nil || lo[k] != lo[j] || hi[k] != hi[j] {
				return false
			}
			for i := range n {
				if row := m.X.RawRowView(i); row[j] != row[k] {
					return false
				}
			}
			return true
		})
		if of >= 0 {
			left = append(left, &Redundancy{Column: name, Of: m.Names[keep[of]]})
			continue
		}
		keep = append(keep, j)
	}
	if len(keep) == 0 {
		keep, left = []int{0}, left[1:]
	}
	if len(keep) == d {
		return m, nil
	}
	return m.take(keep), left
}

package features

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Distinct returns how many rows of m differ from one another. It costs
// O(n·d) time.
func Distinct(m *Matrix) int {
	first, _ := groups(m)
	return len(first)
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
		if c := compareRows(m.X.RawRowView(a), m.X.RawRowView(b)); c != 0 {
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

// CollapseBytes returns the memory that Collapse takes for n rows of d columns:
// the distinct rows and which of them each row is, and the hashes and the order
// that they are found by.
func CollapseBytes(n, distinct, d int) int64 { return 4*int64(n) + int64(distinct)*int64(8*d+64) }

// Collapse returns the distinct rows of m. It costs O(n·d + distinct·(d +
// log distinct)) time and CollapseBytes.
func Collapse(m *Matrix) *Collapsed {
	_, d := m.Dims()
	first, of := groups(m)
	order := make([]keyed, len(first))
	for g := range order {
		order[g].g = int32(g)
	}
	sortGroups(m, first, order, 0)

	c := &Collapsed{Of: of}
	c.Names = m.Names
	if len(order) == 0 {
		return c
	}
	c.X = mat.NewDense(len(order), d, nil)
	c.Row, c.Weight = make([]int64, len(order)), make([]float64, len(order))
	rank := make([]int32, len(order))
	for k, o := range order {
		c.X.SetRow(k, m.X.RawRowView(int(first[o.g])))
		c.Row[k], rank[o.g] = int64(first[o.g]), int32(k)
	}
	for i, g := range of {
		of[i] = rank[g]
		c.Weight[rank[g]] += m.W(i)
	}
	return c
}

// A keyed is a group and the key of one of its columns.
type keyed struct {
	key uint64
	g   int32
}

// sortGroups sorts groups that are equal before column j: by that column, then
// those equal in it by the next, so that what is compared is side by side in
// memory.
func sortGroups(m *Matrix, first []int32, order []keyed, j int) {
	for k, o := range order {
		order[k].key = sortKey(m.X.At(int(first[o.g]), j))
	}
	slices.SortFunc(order, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	for lo := 0; lo < len(order); {
		hi := lo + 1
		for hi < len(order) && order[hi].key == order[lo].key {
			hi++
		}
		if hi-lo > 1 {
			sortGroups(m, first, order[lo:hi], j+1)
		}
		lo = hi
	}
}

// sortKey returns a number that ascends with v as cmp.Compare does: −0 is 0, and
// NaN is below all else.
func sortKey(v float64) uint64 {
	b := math.Float64bits(v + 0)
	switch {
	case v != v:
		return 0
	case v < 0:
		return ^b
	}
	return b | 1<<63
}

// groups numbers the distinct rows of m in the order of their first copies:
// group g is the rows equal to row first[g], and row i is in group of[i].
func groups(m *Matrix) (first, of []int32) {
	n, _ := m.Dims()
	of = make([]int32, n)
	var hashes []uint64 // of each group
	size := 1 << 10
	slots := make([]int32, size) // a group's number and 1, where its hash or a slot before says; 0 is free
	for i := range n {
		row := m.X.RawRowView(i)
		hash := hashRow(row)
		s := int(hash) & (size - 1)
		for ; slots[s] > 0; s = (s + 1) & (size - 1) {
			if g := slots[s] - 1; hashes[g] == hash && compareRows(m.X.RawRowView(int(first[g])), row) == 0 {
				break
			}
		}
		if slots[s] == 0 {
			first, hashes = append(first, int32(i)), append(hashes, hash)
			slots[s] = int32(len(first))
		}
		of[i] = slots[s] - 1
		if 2*len(first) > size {
			size *= 4
			slots = make([]int32, size)
			for g, h := range hashes {
				s := int(h) & (size - 1)
				for ; slots[s] > 0; s = (s + 1) & (size - 1) {
				}
				slots[s] = int32(g + 1)
			}
		}
	}
	return first, of
}

// hashRow returns the same number for rows that compareRows calls equal. What
// it is matters to nothing but speed.
func hashRow(row []float64) uint64 {
	hash := uint64(len(row))
	for _, v := range row {
		hi, lo := bits.Mul64(hash^sortKey(v)^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
		hash = hi ^ lo
	}
	return hash
}

// compareRows compares rows of equal length column by column.
func compareRows(a, b []float64) int {
	for j, v := range a {
		if v != b[j] {
			if c := cmp.Compare(v, b[j]); c != 0 {
				return c
			}
		}
	}
	return 0
}

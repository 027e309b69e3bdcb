package near

import (
	"context"
	"math"
)

// Nearest returns the row nearest to q, of several the lowest, and its squared
// distance.
func (t *Tree) Nearest(q []float64) (row int, d2 float64) {
	s := nearest{t, q, farthest}
	s.visit(0)
	return int(s.candidate.row), s.d2
}

// A candidate is the nearest row so far.
type candidate struct {
	row int32
	d2  float64
}

var farthest = candidate{math.MaxInt32, math.Inf(1)}

// take takes in rows of leaf i, those that are to be preferred.
func (c *candidate) take(t *Tree, i int, in hits, d2 *[leafRows]float64) {
	lo := int(t.nodes[i].lo)
	for k := 0; in != 0; {
		k, in = in.next()
		if row := t.row[lo+k]; d2[k] < c.d2 || d2[k] == c.d2 && row < c.row {
			c.row, c.d2 = row, d2[k]
		}
	}
}

type nearest struct {
	*Tree
	q []float64
	candidate
}

func (s *nearest) visit(i int) {
	if s.leaf(i) {
		var d2 [leafRows]float64
		s.take(s.Tree, i, s.inside(i, s.q, s.d2, &d2), &d2)
		return
	}
	near, far, dn, df := s.children(i, s.q, s.d2)
	if dn <= s.d2 {
		s.visit(near)
	}
	if df <= s.d2 {
		s.visit(far)
	}
}

// EachNearest calls do with rows of the matrix of another tree, of as many
// columns, their numbers i and what Nearest returns for them: those that skip, by row, does not
// tell. It is called from that many goroutines at once. Rows of a leaf of the
// other tree are searched for together.
func (t *Tree) EachNearest(ctx context.Context, other *Tree, skip []bool, workers int, step func(done int), do func(i, nearest int, row []float64, d2 float64)) error {
	return other.eachLeaf(ctx, workers, step, func() func(leaf int) {
		var best [leafRows]candidate
		group := &together{Tree: t}
		group.found = func(k, leaf int, in hits, d2 *[leafRows]float64) {
			best[k].take(t, leaf, in, d2)
			group.limit[k] = best[k].d2
		}
		var rows []int32
		var values []float64
		return func(leaf int) {
			rows, values = rows[:0], values[:0]
			for p := other.nodes[leaf].lo; p < other.nodes[leaf].hi; p++ {
				if row := other.row[p]; !skip[row] {
					best[len(rows)] = farthest
					rows, values = append(rows, row), append(values, other.At(int(p))...)
				}
			}
			if len(rows) == 0 {
				return
			}
			group.from(values, unlimited)
			for k, row := range rows {
				do(int(row), int(best[k].row), group.rows.at(k), best[k].d2)
			}
		}
	})
}

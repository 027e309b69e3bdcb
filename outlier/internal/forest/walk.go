package forest

import "math"

// blockRows is how many rows go through all trees before the next ones do:
// they and a tree stay in the cache.
const blockRows = 512

// A walk is a tree of splits by one column, laid out for many rows to go
// through it.
type walk struct {
	steps  []step
	values []float64 // of the leaves, by node
	depth  int       // steps from the root to the lowest leaf
}

// A step goes from a node to one of its children, without a branch. From a
// leaf it goes to the leaf itself.
type step struct {
	split  float64
	column int32
	left   int32
}

// newWalk returns the walk of t, if it has one.
func newWalk(t *Tree) (walk, bool) {
	w := walk{steps: make([]step, len(t.Nodes)), values: make([]float64, len(t.Nodes))}
	depth := make([]int, len(t.Nodes))
	for i, n := range t.Nodes {
		w.values[i] = n.Value
		w.depth = max(w.depth, depth[i])
		if n.Left == 0 {
			w.steps[i] = step{math.Inf(1), 0, int32(i)}
			continue
		}
		if n.Last-n.First != 1 || t.Terms[n.First].Factor != 1 {
			return walk{}, false
		}
		w.steps[i] = step{n.Split, t.Terms[n.First].Column, n.Left}
		depth[n.Left], depth[n.Left+1] = depth[i]+1, depth[i]+1
	}
	return w, true
}

// add adds to sums[i] the value of the leaf that row i falls into. Four rows
// go together, so that they don't wait for one another.
func (w *walk) add(sums, rows []float64, stride int) {
	i := 0
	for ; i+4 <= len(sums); i += 4 {
		a, b := rows[i*stride:], rows[(i+1)*stride:]
		c, d := rows[(i+2)*stride:], rows[(i+3)*stride:]
		var na, nb, nc, nd int32
		for range w.depth {
			na, nb = w.steps[na].from(a), w.steps[nb].from(b)
			nc, nd = w.steps[nc].from(c), w.steps[nd].from(d)
		}
		sums[i] += w.values[na]
		sums[i+1] += w.values[nb]
		sums[i+2] += w.values[nc]
		sums[i+3] += w.values[nd]
	}
	for ; i < len(sums); i++ {
		row, at := rows[i*stride:], int32(0)
		for range w.depth {
			at = w.steps[at].from(row)
		}
		sums[i] += w.values[at]
	}
}

func (s step) from(row []float64) int32 {
	var right int32
	if row[s.column] > s.split {
		right = 1
	}
	return s.left + right
}

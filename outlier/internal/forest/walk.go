package forest

import "math"

// blockRows is how many rows go through all trees before the next ones do:
// they and a tree stay in the cache.
const blockRows = 512

// A walk is a tree laid out for many rows to go through it.
type walk struct {
	steps  []step
	sums   []sum     // what each node compares with its split; nil if all of one column with factor 1
	values []float64 // of the leaves, by node
	depth  int       // steps from the root to the lowest leaf
}

// A step goes from a node to one of its children, without a branch, which
// could not be foreseen. From a leaf it goes to the leaf itself.
type step struct {
	split  float64
	column int32 // of the first term
	left   int32
}

// A sum is a node's terms, in two slices of equal length.
type sum struct {
	columns []int32
	factors []float64
}

func newWalk(t *Tree) walk {
	w := walk{steps: make([]step, len(t.Nodes)), values: make([]float64, len(t.Nodes))}
	depth := make([]int, len(t.Nodes))
	for i := range t.Nodes {
		n := &t.Nodes[i]
		w.values[i] = n.Value
		w.depth = max(w.depth, depth[i])
		if n.Left == 0 {
			w.steps[i] = step{math.Inf(1), 0, int32(i)}
			continue
		}
		w.steps[i] = step{n.Split, t.Terms[n.First].Column, n.Left}
		depth[n.Left], depth[n.Left+1] = depth[i]+1, depth[i]+1
		if w.sums == nil && (n.Last-n.First != 1 || t.Terms[n.First].Factor != 1) {
			w.sums = make([]sum, len(t.Nodes))
		}
	}
	if w.sums != nil {
		for i := range t.Nodes {
			for _, term := range t.Terms[t.Nodes[i].First:t.Nodes[i].Last] {
				s := &w.sums[i]
				s.columns, s.factors = append(s.columns, term.Column), append(s.factors, term.Factor)
			}
		}
	}
	return w
}

// add adds to scores[i] the value of the leaf that row i falls into, for
// blockRows rows at most. All take a step before any takes the next, so that
// they don't wait for one another.
func (w *walk) add(scores, rows []float64, stride int) {
	var place [blockRows]int32
	at := place[:len(scores)]
	for range w.depth {
		if w.sums == nil {
			w.step(at, rows, stride)
		} else {
			w.stepBySum(at, rows, stride)
		}
	}
	for i, a := range at {
		scores[i] += w.values[a]
	}
}

// step takes all rows from the node where they are to a child.
func (w *walk) step(at []int32, rows []float64, stride int) {
	steps, off := w.steps, 0
	for i, a := range at {
		s := &steps[a]
		var right int32
		if rows[off+int(s.column)] > s.split {
			right = 1
		}
		at[i] = s.left + right
		off += stride
	}
}

// stepBySum does it for nodes of several terms.
func (w *walk) stepBySum(at []int32, rows []float64, stride int) {
	steps, sums := w.steps, w.sums
	for i, a := range at {
		s, row := &steps[a], rows[i*stride:]
		var right int32
		if sums[a].of(row) > s.split {
			right = 1
		}
		at[i] = s.left + right
	}
}

// of returns the sum of a row: 0 at a leaf.
func (s *sum) of(row []float64) (v float64) {
	columns := s.columns[:len(s.factors)]
	for k, f := range s.factors {
		v += float64(f * row[columns[k]]) // float64 keeps the sum the same on all machines
	}
	return v
}

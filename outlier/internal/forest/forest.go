// Package forest keeps and walks forests of random binary trees, in which the
// mean of a value over the leaves that a row falls into says how ordinary the
// row is.
package forest

import (
	"context"

	"toolkit/algo"
	"toolkit/features"
)

// A Forest is trees over the same columns. It is immutable and safe for
// concurrent use.
type Forest struct {
	names []string
	trees []Tree
	walks []walk // of each tree
}

// A Tree is nodes, the root first. Children come after their parents.
type Tree struct {
	Nodes []Node
	Terms []Term
}

// A Node with children sends a row to the right one if the sum of its terms
// is above Split, else to the left one.
type Node struct {
	Samples float64 // learned from: how many came here
	Value   float64 // of a leaf; else the mean over the samples of their leaves' values
	Split   float64
	Left    int32 // the left child, before the right one; 0 for a leaf
	First   int32 // its terms are Terms[First:Last]
	Last    int32
}

// A Term is what a column adds to the sum of a node.
type Term struct {
	Column int32
	Factor float64
	Range  [2]Range // of the column, in the samples of the left and of the right child
}

// A Range is the least and the greatest of some values.
type Range struct{ Low, High float64 }

// New returns the forest of the trees, over columns of those names. A tree
// whose splits are all of one column with factor 1 is walked the fastest.
func New(names []string, trees []Tree) *Forest {
	f := &Forest{names: names, trees: trees}
	for i := range trees {
		f.walks = append(f.walks, newWalk(&trees[i]))
	}
	return f
}

// Names returns the names of the columns, to be read only.
func (f *Forest) Names() []string { return f.names }

// Trees returns the trees, to be read only.
func (f *Forest) Trees() []Tree { return f.trees }

// Mean returns, for each row of x, the mean over the trees of the value of
// the leaf that the row falls into, in O(n·trees·depth) time.
func (f *Forest) Mean(ctx context.Context, x *features.Matrix, workers int) ([]float64, error) {
	n, _ := x.Dims()
	mean := make([]float64, n)
	blocks := (n + blockRows - 1) / blockRows
	err := algo.Each(ctx, workers, blocks, func(b int) {
		lo, hi := b*blockRows, min((b+1)*blockRows, n)
		sums := mean[lo:hi]
		raw := x.X.RawMatrix()
		rows := raw.Data[lo*raw.Stride:]
		for t := range f.walks {
			f.walks[t].add(sums, rows, raw.Stride)
		}
		for i := range sums {
			sums[i] /= float64(len(f.trees))
		}
	})
	if err != nil {
		return nil, err
	}
	return mean, nil
}

// child returns the child that node at sends the row to.
func (t *Tree) child(at int32, row []float64) int32 {
	n := &t.Nodes[at]
	if t.Sum(n, row) > n.Split {
		return n.Left + 1
	}
	return n.Left
}

// Sum returns what is compared with the split of n.
func (t *Tree) Sum(n *Node, row []float64) (sum float64) {
	for _, term := range t.Terms[n.First:n.Last] {
		sum += float64(term.Factor * row[term.Column]) // float64 keeps the sum the same on all machines
	}
	return sum
}

// Average sets the value of a node to the mean over the samples of its
// children.
func (t *Tree) Average(at int32) {
	n := &t.Nodes[at]
	a, b := &t.Nodes[n.Left], &t.Nodes[n.Left+1]
	switch {
	case a.Samples == 0: // exactly, so that a step to the only samples loses nothing
		n.Value = b.Value
	case b.Samples == 0:
		n.Value = a.Value
	default:
		n.Value = (float64(a.Samples*a.Value) + float64(b.Samples*b.Value)) / n.Samples
	}
}

// Nodes returns how many nodes the trees have in all.
func (f *Forest) Nodes() int {
	var n int
	for _, t := range f.trees {
		n += len(t.Nodes)
	}
	return n
}

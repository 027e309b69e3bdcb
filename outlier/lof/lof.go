// Package lof scores rows by how much sparser their place is than those of
// their neighbours. See [Algorithm].
package lof

import (
	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"github.com/spf13/pflag"
)

// Algorithm is the Local Outlier Factor.
var Algorithm = &algo.Algorithm{
	Name: "lof",
	Doc: `Local Outlier Factor: how much sparser a row's place is than its neighbours'

The reachability distance of a row from a neighbour is their distance, or the
neighbour's own distance to its k-th neighbour if that is greater. A row's
density is 1 over the mean of its reachability distances from its k =
--neighbors nearest neighbours, and its score the mean of their densities over
its own: about 1 inside a cluster of any density, more for a row outside of
one. It finds what is strange beside a dense cluster, which the distance alone
(knn) does not; strange rows that are more than k together it takes for a
cluster.

Neighbours are counted in samples: copies of a row are neighbours of it at the
distance 0, itself is none, and a row of weight w is w samples. Exactly k are
taken. Rows equally far at the k-th distance, which are all neighbours in the
paper and of which scikit-learn takes any, share what is left of k by their
weights. Where only copies of one row are so, and where none are, scores are
those of scikit-learn and PyOD. Where there are fewer other samples than k,
all are taken.

A row with k copies or more beside itself has the mean reachability distance
0. As in scikit-learn 1e-10 is added to the mean, so that its density is 1e10.
Its own score is then 1, and that of a row that has it among its neighbours
is of the order 1e10 times its distance: finite, in order of distance, and
above all others. In tables of many copies this drowns what else is strange.
With --distinct the k-th neighbour is that of k different rows, itself none of
them (the paper's k-distinct-distance), and neighbours are all samples as near
as that, also its own copies: a crowd has a score of about 1, and so has what
is as dense as one.

Distances are Euclidean and exact: columns must be scaled so that a step means
as much in each.

A saved model judges a row by the samples learned from; one that equals a row
of them is taken for one of its copies, and gets the score that this has. With
--novelty it is taken for a new sample like all others, and has that row as a
neighbour: scikit-learn's novelty, and PyOD's decision_function.

Reasons are the columns' shares of the squared distance to the neighbours'
mean, and what is ordinary is the range of the neighbours.`,
	Refs: []string{
		"Breunig, Kriegel, Ng, Sander: LOF: identifying density-based local outliers. SIGMOD, 2000. doi:10.1145/342009.335388",
	},
	Cost: "O(n·d·log n) time for distinct rows of few columns, up to O(n²·d) for many columns; " +
		"memory for three copies of the distinct rows and 4 bytes for each neighbour of each",
	Gives: algo.Scores,
	Score: "the mean density of the row's neighbours over its own; about 1 in a cluster",
	New:   func() algo.Method { m := Default(); return &m },
	Load:  load,
}

// A Method is the score with its parameters.
type Method struct {
	Neighbors int  // samples that are looked for beside the row itself
	Distinct  bool // equal rows count once in looking for them
	Novelty   bool // rows that the model judges are new samples, also if they equal one learned from
}

// Default returns scikit-learn's and PyOD's defaults.
func Default() Method { return Method{Neighbors: 20} }

// Flags implements algo.Method.
func (m *Method) Flags(fs *pflag.FlagSet) {
	fs.IntVar(&m.Neighbors, "neighbors", m.Neighbors, "nearest `samples` to compare a row with, copies counted, the row itself not")
	fs.BoolVar(&m.Distinct, "distinct", m.Distinct, "count equal rows once in looking for the neighbours, whatever their weights")
	fs.BoolVar(&m.Novelty, near.NoveltyFlag, m.Novelty, near.NoveltyUsage)
}

// Check implements algo.Method.
func (m *Method) Check() error {
	if m.Neighbors < 1 {
		return &algo.ParamError{Name: "neighbors", Value: m.Neighbors, Want: "at least 1"}
	}
	return nil
}

// Bytes implements algo.Method.
func (m *Method) Bytes(n, distinct, d, workers int) int64 {
	rows, u := int64(n), int64(distinct)
	// The distinct rows, a tree of them, the neighbours of each, k-distances and
	// densities; and scores of distinct rows and of all. A search keeps the
	// neighbours, with all that are as far as the last.
	fit := 4*rows + u*int64(8*d+16) + near.Bytes(distinct, d) + u*int64(4*listed(m.Neighbors, distinct)+52) + 8*rows
	return max(features.CollapseBytes(n, distinct, d), fit) + int64(workers)*(4<<10+48*u+near.EachBytes(min(m.Neighbors, distinct))) + 1<<16
}

// Package knn scores rows by how far their nearest neighbours are. See
// [Algorithm].
package knn

import (
	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"github.com/spf13/pflag"
)

// Algorithm is the distance to the k-th nearest neighbour.
var Algorithm = &algo.Algorithm{
	Name: "knn",
	Doc: `how far a row's nearest neighbours are

A row's score is the distance to its --neighbors-th nearest neighbour, or with
--method mean or median that of the distances to all of them. It finds what
stands alone in the whole of the columns, also where each value is common.
Places that are sparse by nature have high scores, too: lof compares a row
with its own surroundings.

Neighbours are counted in samples: copies of a row are neighbours of it at the
distance 0, itself is none, and a row of weight w is w samples. A row with
--neighbors copies or more beside itself has the score 0. Scores are those of
PyOD's KNN. Where there are fewer other samples than neighbours asked for, all
are taken. Distances are Euclidean and exact: columns must be scaled so that a
step means as much in each.

A saved model judges a row by the samples learned from; one that equals a row
of them is taken for one of its copies, and gets the score that this has. With
--novelty it is taken for a new sample like all others, and has that row as a
neighbour: scikit-learn's novelty, and PyOD's decision_function.

Reasons are the columns' shares of the squared distance to the neighbours'
mean, and what is ordinary is the range of the neighbours.`,
	Refs: []string{
		"Ramaswamy, Rastogi, Shim: Efficient algorithms for mining outliers from large data sets. SIGMOD, 2000. doi:10.1145/342009.335437",
		"Angiulli, Pizzuti: Fast outlier detection in high dimensional spaces. PKDD, 2002. doi:10.1007/3-540-45681-3_2",
	},
	Cost: "O(n·d·log n) time for distinct rows of few columns, up to O(n²·d) for many columns; " +
		"memory for three copies of the distinct rows",
	Gives: algo.Scores,
	Score: "the distance to the k-th nearest neighbour, or the mean or median of the distances to the k nearest",
	New:   func() algo.Method { m := Default(); return &m },
	Load:  load,
}

// A Summary says what of the distances is a row's score.
type Summary string

// The summaries.
const (
	Largest Summary = "largest"
	Mean    Summary = "mean"
	Median  Summary = "median"
)

func (s Summary) known() bool { return s == Largest || s == Mean || s == Median }

// A Method is the score with its parameters.
type Method struct {
	Neighbors int     // samples that are looked for beside the row itself
	Summary   Summary // of the distances to them
	Novelty   bool    // rows that the model judges are new samples, also if they equal one learned from
}

// Default returns PyOD's defaults.
func Default() Method { return Method{Neighbors: 5, Summary: Largest} }

// Flags implements algo.Method.
func (m *Method) Flags(fs *pflag.FlagSet) {
	fs.IntVar(&m.Neighbors, "neighbors", m.Neighbors, "nearest `samples` to look for, copies counted, the row itself not")
	fs.StringVar((*string)(&m.Summary), "method", string(m.Summary), "what of the distances to them is the score: largest, mean or median")
	fs.BoolVar(&m.Novelty, near.NoveltyFlag, m.Novelty, near.NoveltyUsage)
}

// Check implements algo.Method.
func (m *Method) Check() error {
	switch {
	case m.Neighbors < 1:
		return &algo.ParamError{Name: "neighbors", Value: m.Neighbors, Want: "at least 1"}
	case !m.Summary.known():
		return &algo.ParamError{Name: "method", Value: m.Summary, Want: "largest, mean or median"}
	}
	return nil
}

// Bytes implements algo.Method.
func (m *Method) Bytes(n, distinct, d, workers int) int64 {
	rows, u := int64(n), int64(distinct)
	// The distinct rows, a tree of them, and scores of distinct rows and of all.
	// A search keeps the neighbours, with all that are as far as the last.
	fit := 4*rows + u*int64(8*d+16) + near.Bytes(distinct, d) + 8*u + 8*rows
	return max(features.CollapseBytes(n, distinct, d), fit) + int64(workers)*(4<<10+48*u+near.EachBytes(min(m.Neighbors, distinct))) + 1<<16
}

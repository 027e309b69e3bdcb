// Package ward merges rows from the bottom up into a tree of clusters, by Ward's
// criterion. See [Algorithm].
package ward

import (
	"strconv"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"github.com/spf13/pflag"
)

// Algorithm is agglomerative clustering by Ward's criterion.
var Algorithm = &algo.Algorithm{
	Name: "ward",
	Doc: `clusters merged from the bottom up, so that they spread as little as can be

Each row begins as a cluster, and the two clusters whose merger adds least to the
sum of the squared distances of samples to the centre of their cluster are made
one, again and again. The height of a merger is √(2·a·b/(a+b)) times the distance
of the two centres, for clusters of a and b samples, as scikit-learn and R give
it. The last mergers are the table dendrogram.

The last --k clusters that are left are the labels. With --k auto their number
is that of 2 to 20 at which the next merger is higher than the one before by the
greatest factor. Clusters are of about equal spread, but need not be of equal size;
what is strange is what is far from the centre of its cluster.

Merging is exact for up to --max-rows distinct rows; its time grows with their
square. More are first put into that many groups, of which each is cut in two
where it spreads most until there are enough, and then each row is given to the
nearest centre and the centres are moved there a few times (k-means). Merging
then begins with the groups: a warning and the stat groups say so. The heights of
the last mergers are then off by some hundredths; the first ones are missing.

A row of another table is of the cluster of the row, or group, nearest to it.
Distances are Euclidean: columns must be scaled.`,
	Refs: []string{
		"Ward: Hierarchical grouping to optimize an objective function. J. American Statistical Association, 1963. doi:10.1080/01621459.1963.10500845",
		"Murtagh: A survey of recent advances in hierarchical clustering algorithms. The Computer Journal, 1983. doi:10.1093/comjnl/26.4.354",
		"Müllner: Modern hierarchical, agglomerative clustering algorithms. arXiv:1109.2378, 2011",
		"Murtagh, Legendre: Ward's hierarchical agglomerative clustering method: which algorithms implement Ward's criterion? J. Classification, 2014. doi:10.1007/s00357-014-9161-z",
	},
	Cost: "O(m²·d) time for the m distinct rows, at most max-rows of them; beyond, O(n·d·log n) to find the groups; " +
		"memory for two copies of the distinct rows",
	Gives: algo.Labels | algo.Scores,
	Score: "the distance to the centre of its cluster",
	New:   func() algo.Method { m := Default(); return &m },
	Load:  load,
}

// A Method is Ward's clustering with its parameters.
type Method struct {
	K       Clusters
	MaxRows int // distinct rows up to which merging is exact
}

// Clusters is a number of clusters; Auto takes it from the heights.
type Clusters int

// Auto takes the number of clusters from the heights of the mergers.
const Auto Clusters = 0

// Default returns the parameters that suit any table.
func Default() Method { return Method{K: Auto, MaxRows: 10_000} }

// Flags implements algo.Method.
func (m *Method) Flags(fs *pflag.FlagSet) {
	fs.Var(&m.K, "k", "number of `clusters`, or auto for the greatest step between the heights of mergers")
	fs.IntVar(&m.MaxRows, "max-rows", m.MaxRows, "distinct `rows` up to which merging is exact, and groups that more are put into")
}

const auto = "auto"

func (k *Clusters) String() string {
	if *k == Auto {
		return auto
	}
	return strconv.Itoa(int(*k))
}

// Set implements pflag.Value.
func (k *Clusters) Set(text string) error {
	if text == auto {
		*k = Auto
		return nil
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < 1 {
		return &algo.ParamError{Name: "k", Value: text, Want: wantK}
	}
	*k = Clusters(v)
	return nil
}

// Type implements pflag.Value.
func (k *Clusters) Type() string { return "auto|number" }

const wantK = "auto or a whole number from 1 on"

// Check implements algo.Method.
func (m *Method) Check() error {
	switch {
	case m.K < 0:
		return &algo.ParamError{Name: "k", Value: int(m.K), Want: wantK}
	case m.MaxRows < 2:
		return &algo.ParamError{Name: "max-rows", Value: m.MaxRows, Want: "at least 2"}
	}
	return nil
}

// Bytes implements algo.Method.
func (m *Method) Bytes(n, distinct, d, workers int) int64 {
	rows, u := int64(n), int64(distinct)
	g := min(distinct, m.MaxRows)
	// The distinct rows and what is said of them; what is merged, a copy of it,
	// its mergers and a tree; and what is said of all rows.
	fit := 4*rows + u*int64(8*d+36) + int64(g)*int64(8*d+60) + near.Bytes(g, d) + 12*rows
	if g < distinct {
		fit += int64(g) * int64(24*d+80) // the groups and their sums
	}
	return max(features.CollapseBytes(n, distinct, d), fit) + int64(workers)<<12 + 1<<16
}

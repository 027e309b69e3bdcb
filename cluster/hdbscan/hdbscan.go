// Package hdbscan groups rows that lie close together, whatever the density of
// each group, and tells how much of an outlier each row is. See [Algorithm].
package hdbscan

import (
	"math"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"github.com/spf13/pflag"
)

// Algorithm is HDBSCAN*.
var Algorithm = &algo.Algorithm{
	Name: "hdbscan",
	Doc: `density-based clustering for clusters of unlike density

The core distance of a sample is the distance within which there are
--min-samples samples, itself and its copies counted. The mutual reachability
distance of two samples is the greatest of their distance and of both core
distances. As that distance grows from 0, samples come together in sets: a
hierarchy, which is all that DBSCAN can find for any eps, border rows left out.
Read from the top down, a set that comes apart into several sets of at least
--min-cluster-size samples ends as a cluster, and each of these begins as one;
smaller sets only leave it. So few clusters remain, in a tree, each with its
samples' density on leaving it (1/distance). Of those, eom takes the disjoint
ones that together hold the most samples for the longest time, leaf those that
come apart no further. The rest is noise.

Sets that come together at equal distances do so at once, as the first paper
lays down: a cluster may come apart into three or more, and a row whose core
distance is that at which two clusters come together is of neither. The hdbscan
package and scikit-learn take one pair after the other, so that clusters of
equal distances are nested there and such rows of one or the other, as the
order of rows has it. Nothing here depends on the order of rows. Where there is
no such row, labels, probabilities and scores are theirs. --min-samples counts
the sample itself, as scikit-learn's does; the package's min_samples is one less.

Copies of a row come together at its core distance, which is 0 for a row of at
least min-samples copies: the density is then infinite, and a cluster that ends
in such copies is kept whatever the others hold. A cluster that has infinite
density gives its other rows the probability 0, and score 1 to the rows that
leave it: the limits of both. The column leaves_at tells these rows apart.

A row of another table is judged by the row nearest to it by mutual
reachability: it is of the cluster of that row, or of a cluster above it if it
is farther off than that cluster reaches. A row that equals one that was learned
from is judged as that one.`,
	Refs: []string{
		"Campello, Moulavi, Sander: Density-based clustering based on hierarchical density estimates. PAKDD, 2013. doi:10.1007/978-3-642-37456-2_14",
		"Campello, Moulavi, Zimek, Sander: Hierarchical density estimates for data clustering, visualization, and outlier detection. ACM Trans. Knowledge Discovery from Data, 2015. doi:10.1145/2733381",
		"McInnes, Healy: Accelerated hierarchical density based clustering. ICDM Workshops, 2017. doi:10.1109/ICDMW.2017.12",
		"Malzer, Baum: A hybrid approach to hierarchical density-based cluster selection. MFI, 2020. doi:10.1109/MFI49285.2020.9235263",
		"March, Ram, Gray: Fast Euclidean minimum spanning tree: algorithm, analysis, and applications. KDD, 2010. doi:10.1145/1835804.1835882",
	},
	Cost: "O(n·d·log² n) time for n distinct rows of few columns or of columns that go together, up to O(n²·d) for many that don't; " +
		"memory for five copies of the distinct rows",
	Gives: algo.Labels | algo.Scores,
	Score: "GLOSH: how much less dense the row is than the densest row of the cluster that it leaves last, as a share of that density",
	Noise: true,
	New:   func() algo.Method { m := Default(); return &m },
	Load:  load,
}

// A Method is HDBSCAN* with its parameters.
type Method struct {
	MinClusterSize int       // samples that make a cluster
	MinSamples     int       // samples within the core distance, itself counted; 0 for MinClusterSize
	Selection      Selection // which clusters of the tree are taken
	Epsilon        float64   // clusters that came apart at less than this distance are taken as one
	AllowSingle    bool      // the whole table may be the one cluster
}

// Selection is a way to choose disjoint clusters of the tree.
type Selection string

// The ways to choose clusters.
const (
	EOM  Selection = "eom"  // excess of mass: the greatest sum of stabilities
	Leaf Selection = "leaf" // clusters that come apart no further
)

// Default returns the defaults of the hdbscan package.
func Default() Method { return Method{MinClusterSize: 5, Selection: EOM} }

// Flags implements algo.Method.
func (m *Method) Flags(fs *pflag.FlagSet) {
	fs.IntVar(&m.MinClusterSize, "min-cluster-size", m.MinClusterSize, "samples that make a cluster")
	fs.IntVar(&m.MinSamples, "min-samples", m.MinSamples, "samples within the core distance, itself counted; 0 for min-cluster-size")
	fs.StringVar((*string)(&m.Selection), "cluster-selection-method", string(m.Selection), "eom for the clusters of the greatest excess of mass, leaf for those that come apart no further")
	fs.Float64Var(&m.Epsilon, "cluster-selection-epsilon", m.Epsilon, "clusters that come apart at less than this `distance` are taken as one")
	fs.BoolVar(&m.AllowSingle, "allow-single-cluster", m.AllowSingle, "the whole table may be the one cluster")
}

// Check implements algo.Method.
func (m *Method) Check() error {
	switch {
	case m.MinClusterSize < 2:
		return &algo.ParamError{Name: "min-cluster-size", Value: m.MinClusterSize, Want: "at least 2"}
	case m.MinSamples < 0:
		return &algo.ParamError{Name: "min-samples", Value: m.MinSamples, Want: "at least 1, or 0 for min-cluster-size"}
	case m.Selection != EOM && m.Selection != Leaf:
		return &algo.ParamError{Name: "cluster-selection-method", Value: m.Selection, Want: "eom or leaf"}
	case !(m.Epsilon >= 0) || math.IsInf(m.Epsilon, 1):
		return &algo.ParamError{Name: "cluster-selection-epsilon", Value: m.Epsilon, Want: "a finite number, 0 or more"}
	}
	return nil
}

// minSamples returns how many samples lie within a core distance.
func (m *Method) minSamples() float64 {
	if m.MinSamples == 0 {
		return float64(m.MinClusterSize)
	}
	return float64(m.MinSamples)
}

// Bytes implements algo.Method.
func (m *Method) Bytes(n, distinct, d, workers int) int64 {
	rows, u := int64(n), int64(distinct)
	// Kept throughout: the distinct rows, a tree of them, core distances.
	kept := 4*rows + u*int64(8*d+24) + near.Bytes(distinct, d) + near.MutualBytes(distinct)
	// The spanning tree; then its edges, what is not yet freed of its making,
	// the hierarchy, which has a node for a row and for an edge, and the
	// condensed tree; then what is said of each row.
	hierarchy := near.SpanningBytes(distinct, d) + u*68 + u*12
	said := u*12 + 44*rows
	return max(features.CollapseBytes(n, distinct, d), kept+max(hierarchy, said)) + int64(workers)<<12 + 1<<16
}

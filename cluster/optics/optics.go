// Package optics puts rows into an order in which clusters of any density are
// valleys, and cuts these out. See [Algorithm].
package optics

import (
	"math"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"github.com/spf13/pflag"
)

// Algorithm is OPTICS.
var Algorithm = &algo.Algorithm{
	Name: "optics",
	Doc: `an order of the rows in which clusters of any density are valleys

The core distance of a row is the distance within which there are --min-samples
samples, itself and its copies counted. A row reaches another at the greater of
its core distance and the distance between them. The order begins with the row of
the least values and goes on with the row that those before reach at the least
distance, its reachability: drawn in that order, reachabilities fall into a valley
where a cluster begins and rise where it is left, valleys within valleys.

Without --eps, clusters are what lies between a steep fall and a steep rise, both
by the share --xi from one sample to the next at least (Ankerst et al. 1999, with
the corrections of scikit-learn and Schubert, Gertz 2018), and which hold no such
cluster themselves. With --eps, clusters are those of DBSCAN for that distance,
border rows with their nearest core row: any eps can be cut from one order.

Nothing depends on the order of the rows of the table: of several that are reached
equally the one with the least values, column by column, comes first. Of those
whose distance from the rows before is equal by chance, as on a grid, only the
ones count that the minimum spanning tree of mutual reachability has an edge to;
so all reachabilities are the least, but there may be other orders that are as
good. Copies of a row come directly after it. A row has one label: that of the
first of its copies.

Distances are Euclidean and exact. They have no limit, since the limit costs more
clusters than it saves time: --max-eps sets one, as in scikit-learn. Columns
must be scaled so that a distance means as much in each.

A row of another table is judged by the row that reaches it at the least distance.
It is of the same cluster if that distance is within eps, or within the greatest
reachability inside of the cluster. A row that equals one learned from is judged
as that one.`,
	Refs: []string{
		"Ankerst, Breunig, Kriegel, Sander: OPTICS: ordering points to identify the clustering structure. SIGMOD, 1999. doi:10.1145/304182.304187",
		"Schubert, Gertz: Improving the cluster structure extracted from OPTICS plots. LWDA, 2018",
		"Campello, Moulavi, Sander: Density-based clustering based on hierarchical density estimates. PAKDD, 2013. doi:10.1007/978-3-642-37456-2_14",
	},
	Cost: "O(n·d·log² n) time for n distinct rows of few columns or of columns that go together, up to O(n²·d) for many that don't; " +
		"memory for five copies of the distinct rows",
	Gives: algo.Labels | algo.Scores,
	Score: "the least distance at which a row reaches it, itself among them: the least eps at which DBSCAN does not call it noise; 0 where there are fewer than min-samples samples",
	Noise: true,
	New:   func() algo.Method { m := Default(); return &m },
	Load:  load,
}

// A Method is OPTICS with its parameters.
type Method struct {
	MinSamples     int     // samples within the core distance, itself counted
	MaxEps         float64 // greatest distance at which a row reaches another; 0 for no limit
	Eps            float64 // distance to cut the order at; 0 to take clusters by Xi
	Xi             float64 // least share by which reachability changes at the edges of a cluster
	MinClusterSize int     // least samples of a cluster by Xi; 0 for MinSamples, at least 2
}

// Default returns scikit-learn's parameters.
func Default() Method { return Method{MinSamples: 5, Xi: 0.05} }

// Flags implements algo.Method.
func (m *Method) Flags(fs *pflag.FlagSet) {
	fs.IntVar(&m.MinSamples, "min-samples", m.MinSamples, "samples within the core distance, the row itself counted")
	fs.Float64Var(&m.MaxEps, "max-eps", m.MaxEps, "greatest `distance` at which a row reaches another; 0 for no limit")
	fs.Float64Var(&m.Eps, "eps", m.Eps, "`distance` to cut the order at, as DBSCAN would; 0 to find clusters by xi")
	fs.Float64Var(&m.Xi, "xi", m.Xi, "least `share` by which reachability falls into a cluster and rises out of it")
	fs.IntVar(&m.MinClusterSize, "min-cluster-size", m.MinClusterSize, "least `samples` of a cluster found by xi; 0 for min-samples")
}

// Check implements algo.Method.
func (m *Method) Check() error {
	switch {
	case m.MinSamples < 1:
		return &algo.ParamError{Name: "min-samples", Value: m.MinSamples, Want: "at least 1"}
	case !(m.MaxEps >= 0) || math.IsInf(m.MaxEps, 1):
		return &algo.ParamError{Name: "max-eps", Value: m.MaxEps, Want: "0 or a finite number above"}
	case !(m.Eps >= 0) || math.IsInf(m.Eps, 1):
		return &algo.ParamError{Name: "eps", Value: m.Eps, Want: "0 or a finite number above"}
	case m.MaxEps > 0 && m.Eps > m.MaxEps:
		return &algo.ParamError{Name: "eps", Value: m.Eps, Want: "at most --max-eps"}
	case !(m.Xi > 0 && m.Xi < 1):
		return &algo.ParamError{Name: "xi", Value: m.Xi, Want: "above 0 and below 1"}
	case m.MinClusterSize != 0 && m.MinClusterSize < 2:
		return &algo.ParamError{Name: "min-cluster-size", Value: m.MinClusterSize, Want: "0 or at least 2"}
	}
	return nil
}

// size returns the least samples of a cluster found by xi.
func (m *Method) size() float64 {
	if m.MinClusterSize == 0 {
		return float64(max(2, m.MinSamples))
	}
	return float64(m.MinClusterSize)
}

// Bytes implements algo.Method.
func (m *Method) Bytes(n, distinct, d, workers int) int64 {
	rows, u := int64(n), int64(distinct)
	// Kept throughout: the distinct rows, a tree of them, core distances.
	kept := 4*rows + u*int64(8*d+24) + near.Bytes(distinct, d) + near.MutualBytes(distinct)
	// The order; then what it is, the plot that clusters are found in, of up to
	// three points a row, and what is said of each row.
	plot := u*(16+3*37+12) + near.MutualBytes(distinct)
	said := u*24 + 37*rows
	return max(features.CollapseBytes(n, distinct, d), kept+max(near.OrderBytes(distinct, d), plot+said)) + int64(workers)<<12 + 5<<18
}

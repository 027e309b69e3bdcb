// Package dbscan groups rows that lie close together and leaves the others as
// noise. See [Algorithm].
package dbscan

import (
	"math"
	"strconv"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"github.com/spf13/pflag"
)

// Algorithm is DBSCAN.
var Algorithm = &algo.Algorithm{
	Name: "dbscan",
	Doc: `density-based clustering that leaves sparse rows as noise

A core row has at least --min-samples samples within the distance --eps,
itself and its copies counted. Core rows within eps of each other are of one
cluster. Any other row within eps of a core row is a border row, of the
cluster of its nearest core row; of several equally near, the one with the
least values, column by column. The rest is noise. So neither clusters nor
noise depend on the order of the rows.

Clusters have any shape and their number is found, but they are all of one
density: columns must be scaled so that a step of eps means as much in each.

Distances are Euclidean and exact. Two rows are within eps if the sum of the
squares of their differences, in the order of the columns, is at most eps
times eps, as scikit-learn compares them.

With --eps auto, eps is read off the k-distances: for each sample the distance
within which there are min-samples samples. Sorted in descending order
they fall steeply over the samples in sparse places and slowly over the rest.
Both axes are scaled to 0 to 1, and eps is the distance farthest below the
straight line from the curve's first sample to its last. Samples with enough
copies of themselves, whose k-distance is 0, are left out of the curve. Where
it is nowhere below the line, as where all of it is one distance, eps is its
greatest distance; where nothing is left of it, eps is 1, one standard
deviation of a standardised column.

--eps-sweep 0.1..2 says for 100 values of eps at once what DBSCAN would find:
clusters, noise, and the share of the largest cluster, exactly, from one
minimum spanning tree of mutual reachability distances. It takes the time of
about a dozen runs, however many values there are.`,
	Refs: []string{
		"Ester, Kriegel, Sander, Xu: A density-based algorithm for discovering clusters in large spatial databases with noise. KDD, 1996",
		"Schubert, Sander, Ester, Kriegel, Xu: DBSCAN revisited, revisited: why and how you should (still) use DBSCAN. ACM Trans. Database Systems, 2017. doi:10.1145/3068335",
		"Gunawan: A faster algorithm for DBSCAN. Master's thesis, TU Eindhoven, 2013",
		"Gan, Tao: DBSCAN revisited: mis-claim, un-fixability, and approximation. SIGMOD, 2015. doi:10.1145/2723372.2737792",
		"Campello, Moulavi, Sander: Density-based clustering based on hierarchical density estimates. PAKDD, 2013. doi:10.1007/978-3-642-37456-2_14",
		"Satopää, Albrecht, Irwin, Raghavan: Finding a \"kneedle\" in a haystack: detecting knee points in system behavior. ICDCS Workshops, 2011. doi:10.1109/ICDCSW.2011.20",
	},
	Cost: "O(n·d·log n) time where columns are few or rows crowd together, up to O(n²·d) for distinct rows of many columns that do neither; " +
		"memory for three copies of the distinct rows",
	Gives: algo.Labels | algo.Scores,
	Score: "the distance to the nearest core row, 0 for core rows; eps where there is no core row at all",
	Noise: true,
	New:   func() algo.Method { m := Default(); return &m },
	Load:  load,
}

// A Method is DBSCAN with its parameters.
type Method struct {
	Auto       bool    // take Eps from the k-distances
	Eps        float64 // greatest distance of neighbours, if not Auto
	MinSamples int     // samples within Eps that make a row a core row
	KDistance  bool    // gather the k-distances if Eps is given, too
	Sweep      Sweep   // values of Eps to tell the outcome of, besides
}

// Default returns the parameters that suit standardised columns of any table.
func Default() Method { return Method{Auto: true, MinSamples: 5} }

// Flags implements algo.Method.
func (m *Method) Flags(fs *pflag.FlagSet) {
	fs.Var((*epsValue)(m), "eps", "greatest `distance` of neighbours: a number above 0, or auto for the knee of the k-distances")
	fs.IntVar(&m.MinSamples, "min-samples", m.MinSamples, "samples within eps that make a row a core row, itself counted")
	fs.BoolVar(&m.KDistance, "kdistance", m.KDistance, "gather the curve of the k-distances even if eps is given")
	fs.Var(&m.Sweep, sweepFlag, "tell clusters, noise and largest cluster for N `values` of eps from A to B (100 if N is not given)")
}

// epsValue is the flag --eps of a Method.
type epsValue Method

const auto = "auto"

func (v *epsValue) String() string {
	if v.Auto {
		return auto
	}
	return strconv.FormatFloat(v.Eps, 'g', -1, 64)
}

func (v *epsValue) Set(text string) error {
	if text == auto {
		v.Auto, v.Eps = true, 0
		return nil
	}
	eps, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return &algo.ParamError{Name: "eps", Value: text, Want: wantEps}
	}
	v.Auto, v.Eps = false, eps
	return nil
}

func (v *epsValue) Type() string { return "auto|number" }

const wantEps = "auto or a finite number above 0"

// Check implements algo.Method.
func (m *Method) Check() error {
	switch {
	case !m.Auto && (!(m.Eps > 0) || math.IsInf(m.Eps, 1)):
		return &algo.ParamError{Name: "eps", Value: m.Eps, Want: wantEps}
	case m.MinSamples < 1:
		return &algo.ParamError{Name: "min-samples", Value: m.MinSamples, Want: "at least 1"}
	case !m.Sweep.ok():
		return &algo.ParamError{Name: sweepFlag, Value: m.Sweep.String(), Want: wantSweep}
	}
	return nil
}

// kth tells whether the distances to the min-samples-th samples are needed.
func (m *Method) kth() bool { return m.Auto || m.KDistance || m.Sweep.N > 0 }

// Bytes implements algo.Method.
func (m *Method) Bytes(n, distinct, d, workers int) int64 {
	rows, u := int64(n), int64(distinct)
	// Afterwards: the distinct rows; a tree of them; the core rows, which may
	// be all, gathered, in a tree of their own, and being joined; distances,
	// labels and scores of distinct rows; and labels, scores and kinds of all.
	fit := 4*rows + u*int64(8*d+16) + 2*near.Bytes(distinct, d) + u*int64(8*d+48) + 16*rows
	if m.kth() {
		fit += 48 * u // the k-distances, their order and the curve, which grows
	}
	if m.Sweep.N > 0 {
		// The tree of the sweep, then its edges and sets with up to so many border rows.
		borders := int64(min(m.MinSamples-1, m.Sweep.N))
		fit = max(fit, 4*rows+u*int64(8*d+24)+near.Bytes(distinct, d)+near.MutualBytes(distinct)+near.SpanningBytes(distinct, d)+u*(16+36*borders))
	}
	return max(features.CollapseBytes(n, distinct, d), fit) + int64(workers)<<12 + 1<<16
}

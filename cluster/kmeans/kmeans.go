package kmeans

import (
	"fmt"
	"math"

	"toolkit/algo"

	"github.com/spf13/pflag"
)

// Algorithm is k-means.
var Algorithm = &algo.Algorithm{
	Name: "kmeans",
	Doc: `clusters around k centres, found by k-means

Looks for the k centres with the least inertia: the sum of the squared
distances of the rows to their nearest centres. Each of --n-init starts places
centres by --init and moves each to the mean of its rows three times; the start
with the least inertia is kept and bettered by breathing: up to 16 centres are
added as k-means++ draws them, and as many taken away by merging the clusters
whose merging costs least, while that lessens the inertia, and ever
fewer after 0.3 times --n-init breaths in vain. In the end the centres move until no row changes its cluster, or the
moves become small (--tol). Every row gets a cluster, there is no noise; its
score is the distance to its centre, in units of the (scaled) columns.

With --k A..B, and by default (auto, 1..10), all these numbers of clusters are
tried, and the one at the elbow is taken: where the curve of the inertia over
k lies farthest below the straight line between its ends, both axes scaled to
0 to 1. Neither end is ever the elbow; where no point lies below the line, the
least k is taken, with a warning. The table elbow has the whole curve.

With --init k-means++ a start draws rows as centres, far from those before with
a higher chance, the best of 2+ln(k) draws for each as in scikit-learn. random
takes any distinct rows.

Distances are Euclidean, so columns must be scaled first. A cluster that loses
all its rows is moved to the row farthest from its centre. Clusters are
numbered by their first row. Neither they nor the random draws depend on the
order of the rows, or on whether equal rows are repeated or weighted.`,
	Refs: []string{
		"Lloyd: Least squares quantization in PCM. IEEE Transactions on Information Theory, 1982. doi:10.1109/TIT.1982.1056489",
		"Arthur, Vassilvitskii: k-means++: the advantages of careful seeding. SODA, 2007. doi:10.5555/1283383.1283494",
		"Fritzke: Breathing k-means: superior k-means solutions through dynamic k-values. 2020. arXiv:2006.15666",
		"Ward: Hierarchical grouping to optimize an objective function. Journal of the American Statistical Association, 1963. doi:10.1080/01621459.1963.10500845",
		"Hamerly: Making k-means even faster. SIAM International Conference on Data Mining, 2010. doi:10.1137/1.9781611972801.12",
		"Satopää, Albrecht, Irwin, Raghavan: Finding a \"kneedle\" in a haystack: detecting knee points in system behavior. ICDCS Workshops, 2011. doi:10.1109/ICDCSW.2011.20",
	},
	Cost: "O(n·d·log n) time to find the m distinct rows, then at most O(m·k·d) for each iteration of each start, " +
		"usually a small part of it; O(n + m·d) memory, and 20 bytes a distinct row for each worker",
	Gives: algo.Labels | algo.Scores,
	Score: "Euclidean distance of the row to the centre of its cluster",
	New:   func() algo.Method { m := Default(); return &m },
	Load:  load,
}

// The ways to place the first centres.
const (
	PlusPlus = "k-means++" // greedy k-means++, the best of 2+⌊ln k⌋ draws for each centre
	Random   = "random"    // distinct rows, drawn by weight
)

// A Method is k-means with its parameters. They are named after
// scikit-learn's and mean the same.
type Method struct {
	K       K       // numbers of clusters to try; of several the one at the elbow is taken
	NInit   int     // how many starts, of which the best is taken and bettered
	MaxIter int     // how often the best centres are moved at most in the end
	Tol     float64 // moving ends when the sum of the squared moves of the centres is this share of the columns' mean variance
	Init    string  // PlusPlus or Random
}

// Default returns the default parameters.
func Default() Method { return Method{NInit: 10, MaxIter: 300, Tol: 1e-4, Init: PlusPlus} }

// Flags implements algo.Method.
func (m *Method) Flags(fs *pflag.FlagSet) {
	fs.Var(&m.K, "k", fmt.Sprintf("number of clusters; of a range, or auto (1..%d), the one at the elbow of the inertia", AutoMax))
	fs.IntVar(&m.NInit, "n-init", m.NInit, "how many starts, of which the one of least inertia is kept and bettered")
	fs.IntVar(&m.MaxIter, "max-iter", m.MaxIter, "how often the best centres are moved at most in the end")
	fs.Float64Var(&m.Tol, "tol", m.Tol, "moving ends when the centres' squared moves sum to this `share` of the columns' mean variance")
	fs.StringVar(&m.Init, "init", m.Init, "where starts place the centres: "+PlusPlus+" or "+Random)
}

// Check implements algo.Method.
func (m *Method) Check() error {
	switch {
	case m.K != K{} && (m.K.Min < 1 || m.K.Max < m.K.Min):
		return &algo.ParamError{Name: "k", Value: m.K, Want: "at least 1, and of a range the lower first"}
	case m.NInit < 1:
		return &algo.ParamError{Name: "n-init", Value: m.NInit, Want: "at least 1"}
	case m.MaxIter < 1:
		return &algo.ParamError{Name: "max-iter", Value: m.MaxIter, Want: "at least 1"}
	case !(m.Tol >= 0) || math.IsInf(m.Tol, 1):
		return &algo.ParamError{Name: "tol", Value: m.Tol, Want: "a number of at least 0"}
	case m.Init != PlusPlus && m.Init != Random:
		return &algo.ParamError{Name: "init", Value: m.Init, Want: PlusPlus + " or " + Random}
	}
	return nil
}

// Bytes implements algo.Method.
func (m *Method) Bytes(n, distinct, d, workers int) int64 {
	from, to := m.K.Min, m.K.Max
	if m.K == (K{}) {
		from, to = 1, AutoMax
	}
	k := min(to, distinct)
	atOnce := min(workers, m.NInit*(to-from+1))
	most := breadth(k, distinct)
	chunks := (distinct + chunkSize(most) - 1) / chunkSize(most)
	run := int64(distinct)*20 + 8*int64(chunks+8)*int64(most)*int64(d+3)
	collapse := 12*int64(n) + 2*int64(distinct)*int64(8*d+16)
	return collapse + int64(atOnce)*run + 12*int64(n+distinct)
}

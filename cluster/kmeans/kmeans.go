package kmeans

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"toolkit/algo"

	"github.com/spf13/pflag"
)

// Algorithm is k-means.
var Algorithm = &algo.Algorithm{
	Name: "kmeans",
	Doc: `clusters around k centres, found by k-means

Looks for the k centres with the least inertia: the sum of the squared
distances of the rows to their nearest centres. Each of --n-init starts places
centres by --init and moves each to the mean of its rows, 100 times at most; the start
with the least inertia is kept and bettered by breathing: up to 16 centres are
added as k-means++ draws them, and as many taken away by merging the clusters
whose merging costs least, while that lessens the inertia, and ever fewer after
0.3 times --n-init breaths in vain. In the end the centres move until no row
changes its cluster, or the moves become small (--tol). Every row gets a
cluster, there is no noise; its score is the distance to its centre, in units of
the (scaled) columns.

With --k A..B, and by default (auto, 1..10), several numbers of clusters are
tried, and --choose takes one. elbow: where the curve of the inertia over k lies
farthest below the straight line between its ends, both axes scaled to 0 to 1;
neither end is ever the elbow, and where no point lies below the line, the
least k is taken, with a warning. silhouette: the greatest simplified
silhouette, which compares the distances to the own and to the next centre, not
to all samples; never 1 cluster. gap: the first k whose inertia, beside that of
10 references drawn evenly from the box of the data, gains no more from one
cluster more; a reference has up to 4000 samples and is fitted from one start.
xmeans: from A on, clusters are split while the Bayesian information criterion
gains, so that not every k is tried, nor what only several splits together would
gain; of those tried the best by the criterion.
The table elbow has the whole curve, with what the rule went by.

With --init k-means++ a start draws rows as centres, far from those before with
a higher chance, the best of 2+ln(k) draws for each as in scikit-learn.
k-means|| draws about 10 rows for each centre so, in 5 rounds, and then takes
the centres from among these: 5 passes over the rows instead of k. random takes
any distinct rows.

With --batch N all this is done with a sample of 8·N distinct rows, if there are
more, and the centres are then moved by batches of N until they stay still for
10 of them or --max-iter is reached. A row is in a batch with a chance that
grows with its weight and with its squared distance to the mean, and counts for
as much more as it is rarer there; equal rows take up one place at most.

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
		"Elkan: Using the triangle inequality to accelerate k-means. ICML, 2003. doi:10.5555/3041838.3041857",
		"Bahmani, Moseley, Vattani, Kumar, Vassilvitskii: Scalable k-means++. PVLDB, 2012. doi:10.14778/2180912.2180915",
		"Sculley: Web-scale k-means clustering. WWW, 2010. doi:10.1145/1772690.1772862",
		"Bachem, Lucic, Krause: Scalable k-means clustering via lightweight coresets. KDD, 2018. doi:10.1145/3219819.3219973",
		"Tibshirani, Walther, Hastie: Estimating the number of clusters in a data set via the gap statistic. Journal of the Royal Statistical Society B, 2001. doi:10.1111/1467-9868.00293",
		"Pelleg, Moore: X-means: extending k-means with efficient estimation of the number of clusters. ICML, 2000. doi:10.5555/645529.657808",
		"Vendramin, Campello, Hruschka: Relative clustering validity criteria: a comparative overview. Statistical Analysis and Data Mining, 2010. doi:10.1002/sam.10080",
		"Satopää, Albrecht, Irwin, Raghavan: Finding a \"kneedle\" in a haystack: detecting knee points in system behavior. ICDCS Workshops, 2011. doi:10.1109/ICDCSW.2011.20",
	},
	Cost: "O(n·d·log n) time to find the m distinct rows, then at most O(m·k·d) for each iteration of each start, " +
		"usually a small part of it; O(n + m·d) memory, and 20 bytes a distinct row for each worker, with k·d of 3500 or more 8·k more",
	Gives:   algo.Labels | algo.Scores,
	Score:   "Euclidean distance of the row to the centre of its cluster",
	Updates: true,
	New:     func() algo.Method { m := Default(); return &m },
	Load:    load,
}

// The ways to place the first centres.
const (
	PlusPlus = "k-means++" // greedy k-means++, the best of 2+⌊ln k⌋ draws for each centre
	Random   = "random"    // distinct rows, drawn by weight
	Parallel = "k-means||" // k of about 10·k rows drawn in 5 rounds
)

var inits = []string{PlusPlus, Random, Parallel}

// oneOf returns names as "a, b or c".
func oneOf(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// A Method is k-means with its parameters. They are named after
// scikit-learn's and mean the same.
type Method struct {
	K       K       // numbers of clusters to try; Choose says which of several is taken
	NInit   int     // how many starts, of which the best is taken and bettered
	MaxIter int     // how often the best centres are moved at most in the end
	Tol     float64 // moving ends when the sum of the squared moves of the centres is this share of the columns' mean variance
	Init    string  // PlusPlus, Random or Parallel
	Choose  string  // the rule that takes one of several K: Elbow, Silhouette, Gap or XMeans
	Batch   int     // rows of a mini-batch; 0 to move the centres by all rows
}

// Default returns the default parameters.
func Default() Method {
	return Method{NInit: 10, MaxIter: 300, Tol: 1e-4, Init: PlusPlus, Choose: Elbow}
}

// Flags implements algo.Method.
func (m *Method) Flags(fs *pflag.FlagSet) {
	fs.Var(&m.K, "k", fmt.Sprintf("number of clusters; of a range, or auto (1..%d), the one that --choose takes", AutoMax))
	fs.IntVar(&m.NInit, "n-init", m.NInit, "how many starts, of which the one of least inertia is kept and bettered")
	fs.IntVar(&m.MaxIter, "max-iter", m.MaxIter, "how often the best centres are moved at most in the end; with --batch, by how many batches")
	fs.Float64Var(&m.Tol, "tol", m.Tol, "moving ends when the centres' squared moves sum to this `share` of the columns' mean variance")
	fs.StringVar(&m.Init, "init", m.Init, "where starts place the centres: "+oneOf(inits))
	fs.StringVar(&m.Choose, "choose", m.Choose, "the `rule` that takes one of a range of --k: "+oneOf(rules))
	fs.IntVar(&m.Batch, "batch", m.Batch, "move the centres by mini-batches of that many `rows`; 0 for all rows")
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
	case !slices.Contains(inits, m.Init):
		return &algo.ParamError{Name: "init", Value: m.Init, Want: oneOf(inits)}
	case !slices.Contains(rules, m.Choose):
		return &algo.ParamError{Name: "choose", Value: m.Choose, Want: oneOf(rules)}
	case m.Batch < 0:
		return &algo.ParamError{Name: "batch", Value: m.Batch, Want: "at least 1, or 0 for all rows"}
	case m.Batch > 0 && m.Choose == XMeans && (m.K == K{} || m.K.Min < m.K.Max):
		return &algo.ParamError{Name: "batch", Value: m.Batch, Want: "0 with --choose " + XMeans + ", which splits clusters of all rows"}
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
	if elkanPays(k, d, m.MaxIter) {
		run += elkanBytes(distinct, k)
	}
	if m.Init == Parallel {
		run += int64(20*k) * int64(8*d+40) // candidates, and a run of them
	}
	if m.Batch > 0 || m.Choose == XMeans && from < to {
		run += int64(distinct) * int64(8*d+40) // parts of the rows, and chances
	}
	if m.Choose == Gap && from < to {
		run += referenceSamples * int64(16*d+80)
	}
	collapse := 12*int64(n) + 2*int64(distinct)*int64(8*d+16)
	return collapse + int64(atOnce)*run + 12*int64(n+distinct) + 3<<18
}

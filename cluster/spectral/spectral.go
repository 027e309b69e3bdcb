package spectral

import (
	"fmt"
	"math"
	"strconv"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"github.com/spf13/pflag"
)

// Algorithm is spectral clustering.
var Algorithm = &algo.Algorithm{
	Name: "spectral",
	Doc: `spectral clustering: normalised cuts of a graph of near rows

Rows are the nodes of a graph, joined the more strongly the closer they are:
by exp(−gamma·distance²). Clusters are where cuts of the graph are cheap beside
the degrees of what they part, whatever their shapes: the eigenvectors of the
--k largest eigenvalues of D^-½·W·D^-½ (W the affinities without those of
samples to themselves, D their sums) place each row, in the coordinates
spectral1, spectral2, …; --assign reads clusters off there. An eigenvalue λ of
it is 1 − λ of the normalised Laplacian, which scikit-learn speaks of.

This is the graph of all samples, though distinct rows are worked on: copies
are joined by 1, which is taken into their degree. Of n samples the graph has
further eigenvectors, differences between copies of a row, of eigenvalue
−1/degree. They are never used, as they would put copies into different
clusters; they could matter only if --k reached into negative eigenvalues. A row of weight
below 1 counts as one sample without copies.

Where the graph falls into parts, each has an eigenvalue of 1, and any mixture
of their eigenvectors is as good as another. Rows are of different parts if of
neither's degree the other has a share above 1e-16, which rounding would lose
(stat components). The eigenvectors of parts are known: each is of one part,
those of the most samples first. Stat eigenvalues_1 counts eigenvalues that are
1 to 1e-10. If there are as many parts as --k or more, as with far outliers and
a large gamma, clusters are just the largest parts: a warning says so, and a
smaller gamma, or --gamma median or local, joins more. A row that is in none of
the parts that have an eigenvector, or that has neither neighbour nor copy (stat
isolated), goes into the cluster of the row nearest to it.

--assign discretize (Yu, Shi 2003) turns the space so that each row, scaled to
length 1, is near one axis; kmeans looks for centres of rows so scaled;
cluster_qr (Damle, Minden, Ying 2019) takes rows that stand out as axes. The
first two draw random numbers.

--gamma median is 1/(2·s²), s the median distance of distinct rows; --gamma
local (Zelnik-Manor, Perona 2004) puts the distances of both rows to their
seventh nearest distinct rows in the place of 1/gamma, which suits clusters of
unequal density.

With --affinity knn a sample is joined to its --neighbors nearest samples (itself
counted, as scikit-learn does) by ½, and by 1 if both have each other among
them. Copies are the nearest; a row of more copies than neighbours is joined
to others only if it is one of theirs. Where rows equally far stand for more
samples than are left to be joined, these share what is left: no order of the
rows decides.

With --landmarks, each row is joined to its --neighbors nearest landmarks, by
affinities of --gamma, and to other rows by way of these (U-SPEC: Huang et al.
2020). Landmarks are centres, by k-means, of distinct rows drawn at random.
Eigenvalues are then those of the graph of landmarks, components its parts. It
is an approximation, for tables of more distinct rows than there is time for.

A saved model judges other rows, one by one, and is not changed by them: a row
is joined to those learned from, or to the landmarks, as the graph joins rows,
and its coordinates are the means of theirs, by affinity, each over its
eigenvalue (the Nyström extension; of landmarks the mean, as for the rows
learned from). Clusters are read off there as before. With --affinity knn it is
joined to its nearest neighbours only. Reasons are what parts a row from the
nearest row of another cluster.

Distances are Euclidean: scale the columns. Results do not depend on the order
of the rows, on workers, or on whether equal rows are repeated or weighted.`,
	Refs: []string{
		"Shi, Malik: Normalized cuts and image segmentation. IEEE Trans. Pattern Analysis and Machine Intelligence, 2000. doi:10.1109/34.868688",
		"Yu, Shi: Multiclass spectral clustering. ICCV, 2003. doi:10.1109/ICCV.2003.1238361",
		"Damle, Minden, Ying: Simple, direct and efficient multi-way spectral clustering. Information and Inference, 2019. doi:10.1093/imaiai/iay008",
		"Ng, Jordan, Weiss: On spectral clustering: analysis and an algorithm. NIPS, 2001",
		"Zelnik-Manor, Perona: Self-tuning spectral clustering. NIPS, 2004",
		"von Luxburg: A tutorial on spectral clustering. Statistics and Computing, 2007. doi:10.1007/s11222-007-9033-z",
		"Davidson: The iterative calculation of a few of the lowest eigenvalues and corresponding eigenvectors of large real-symmetric matrices. J. Computational Physics, 1975. doi:10.1016/0021-9991(75)90065-0",
		"Stathopoulos, Saad, Wu: Dynamic thick restarting of the Davidson, and the implicitly restarted Arnoldi methods. SIAM J. Scientific Computing, 1998. doi:10.1137/S1064827596304162",
		"Li, Wu, Chang: Segmentation using superpixels: a bipartite graph partitioning approach. CVPR, 2012. doi:10.1109/CVPR.2012.6247750",
		"Huang, Wang, Wu, Lai, Kwoh: Ultra-scalable spectral clustering and ensemble clustering. IEEE Trans. Knowledge and Data Engineering, 2020. doi:10.1109/TKDE.2019.2903410",
		"Bengio, Paiement, Vincent, Delalleau, Le Roux, Ouimet: Out-of-sample extensions for LLE, Isomap, MDS, eigenmaps, and spectral clustering. NIPS, 2003",
		"Gonzalez: Clustering to minimize the maximum intercluster distance. Theoretical Computer Science, 1985. doi:10.1016/0304-3975(85)90224-5",
	},
	Cost: "O(m²·d) time for each of ten to a hundred products with the affinities of m distinct rows, which are worked out anew each time " +
		"unless they fit into 256 MiB; none if the graph is in k parts; O(m·(d+k)) memory. With knn or landmarks O(m·log m) or so",
	Gives: algo.Labels | algo.Coords,
	New:   func() algo.Method { m := Default(); return &m },
	Load:  load,
}

// The ways to read clusters off the eigenvectors.
const (
	Discretize = "discretize"
	KMeans     = "kmeans"
	ClusterQR  = "cluster_qr"
)

const wantAssign = Discretize + ", " + KMeans + " or " + ClusterQR

// The ways to choose gamma.
const (
	Median = "median"
	Local  = "local"
)

// The kinds of affinity.
const (
	RBF = "rbf"
	KNN = "knn"
)

// A Method is spectral clustering with its parameters.
type Method struct {
	K         int     // clusters, and eigenvectors
	Affinity  string  // RBF or KNN
	Gamma     float64 // of exp(−Gamma·distance²), if Scale is ""
	Scale     string  // Median or Local in the place of Gamma
	Neighbors int     // samples near to a sample, itself counted, of KNN; landmarks near to a row
	Landmarks int     // in the place of affinities between all rows; 0 for none
	Assign    string  // Discretize, KMeans or ClusterQR
}

// Default returns the default parameters.
func Default() Method {
	return Method{K: 8, Affinity: RBF, Gamma: 1, Neighbors: 10, Assign: Discretize}
}

// Flags implements algo.Method.
func (m *Method) Flags(fs *pflag.FlagSet) {
	fs.IntVar(&m.K, "k", m.K, "number of clusters")
	fs.Var((*gamma)(m), "gamma", "of the affinity exp(-gamma·distance²): a number above 0, "+Median+" or "+Local)
	fs.StringVar(&m.Affinity, "affinity", m.Affinity, "what joins rows: "+RBF+" all of them, "+KNN+" nearest neighbours only")
	fs.IntVar(&m.Neighbors, "neighbors", m.Neighbors, "samples near to a sample, itself counted, with --affinity "+KNN+"; with --landmarks, landmarks near to a row")
	fs.IntVar(&m.Landmarks, "landmarks", m.Landmarks, "join rows by way of so many landmarks, for millions of rows; 0 for exact affinities")
	fs.StringVar(&m.Assign, "assign", m.Assign, "how clusters are read off the eigenvectors: "+wantAssign)
}

// gamma is the flag --gamma of a Method.
type gamma Method

func (g *gamma) String() string {
	if g.Scale != "" {
		return g.Scale
	}
	return strconv.FormatFloat(g.Gamma, 'g', -1, 64)
}

func (g *gamma) Set(text string) error {
	if text == Median || text == Local {
		g.Gamma, g.Scale = 0, text
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return &algo.ParamError{Name: "gamma", Value: text, Want: wantGamma}
	}
	g.Gamma, g.Scale = v, ""
	return nil
}

func (g *gamma) Type() string { return "number|" + Median + "|" + Local }

const wantGamma = "a finite number above 0, " + Median + " or " + Local

// Check implements algo.Method.
func (m *Method) Check() error {
	switch {
	case m.K < 1:
		return &algo.ParamError{Name: "k", Value: m.K, Want: "at least 1"}
	case m.Scale == "" && (!(m.Gamma > 0) || math.IsInf(m.Gamma, 1)):
		return &algo.ParamError{Name: "gamma", Value: m.Gamma, Want: wantGamma}
	case m.Scale != "" && m.Scale != Median && m.Scale != Local:
		return &algo.ParamError{Name: "gamma", Value: m.Scale, Want: wantGamma}
	case m.Affinity != RBF && m.Affinity != KNN:
		return &algo.ParamError{Name: "affinity", Value: m.Affinity, Want: RBF + " or " + KNN}
	case m.Neighbors < 2:
		return &algo.ParamError{Name: "neighbors", Value: m.Neighbors, Want: "at least 2"}
	case m.Landmarks < 0:
		return &algo.ParamError{Name: "landmarks", Value: m.Landmarks, Want: "at least 0"}
	case m.Landmarks > 0 && m.Affinity == KNN:
		return &algo.ParamError{Name: "landmarks", Value: m.Landmarks, Want: "0 with --affinity " + KNN}
	case m.Landmarks > 0 && m.Scale == Local:
		return &algo.ParamError{Name: "gamma", Value: m.Scale, Want: "a number or " + Median + " with --landmarks"}
	case m.Assign != Discretize && m.Assign != KMeans && m.Assign != ClusterQR:
		return &algo.ParamError{Name: "assign", Value: m.Assign, Want: wantAssign}
	}
	return nil
}

// Bytes implements algo.Method.
func (m *Method) Bytes(n, distinct, d, workers int) int64 {
	rows, u := int64(n), int64(distinct)
	k := int64(min(m.K, distinct))
	held := 4*rows + u*int64(8*d+16)
	result := rows*(8*k+4) + 8*u*k*5 + near.Bytes(distinct, d)
	var graph, nodes int64
	switch {
	case m.Landmarks > 0:
		nodes = min(u, int64(m.Landmarks))
		graph = 36*u*min(nodes, int64(m.Neighbors)) + candidates*nodes*int64(16*d+64) + 16*nodes*nodes
	case m.Affinity == KNN:
		nodes, graph = u, sparseBytes(distinct, d, m.Neighbors)
	default:
		nodes, graph = u, rbfBytes(distinct, d)
	}
	// The search space and its products, and both once more when it begins
	// again from its best; the coarse problem, in as many sums as strips.
	space := min(int64(m.K)+guards+basis, nodes)
	again := min(int64(m.K)+2*guards, nodes)
	groups := min(int64(coarse), nodes/16)
	solve := 16*nodes*(space+again) + 24*8*nodes + groups*groups*8*(strips+4)
	return max(features.CollapseBytes(n, distinct, d), held+graph+solve+result) + 2<<20
}

func axis(j int) string { return fmt.Sprintf("spectral%d", j+1) }

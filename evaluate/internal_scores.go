package evaluate

import (
	"context"
	"math"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"
)

// An Internal says how far apart and how compact clusters are, by the rows
// alone. Noise is left out of all of it but Noise. Scores are nil where they
// are not defined: with fewer than two clusters, or as many as samples.
type Internal struct {
	Clusters []ClusterShape
	Profiles []Profile // of the largest clusters; nil where there are no silhouettes
	Noise    float64   // samples without a cluster

	// Silhouette is the mean of the samples' silhouettes, −1 to 1, the higher
	// the better; the simplified ones, with distances to centres, if
	// Simplified. A high one says little where one cluster has nearly all
	// samples: look at the sizes.
	Silhouette *float64
	Simplified bool

	// CalinskiHarabasz is the ratio of the dispersion between clusters to that
	// within, each by its degrees of freedom (Caliński & Harabasz 1974): the
	// higher the better. nil, too, where there is none within.
	CalinskiHarabasz *float64

	// DBCV is the density-based clustering validation index (Moulavi and others
	// 2014), −1 to 1, the higher the better: whether clusters of any shape are
	// denser than what is between them. Noise counts as 0. nil, too, where it
	// would take too long, unless Full, and of Simplified scores.
	DBCV *float64

	// DaviesBouldin is the mean over the clusters of the greatest ratio of two
	// clusters' radii to the distance of their centres (Davies & Bouldin
	// 1979): the lower the better. As scikit-learn's, clusters of one centre
	// count for nothing.
	DaviesBouldin *float64
}

// A ClusterShape is a cluster's size and shape.
type ClusterShape struct {
	Label      int32
	Rows       int     // of the matrix
	Samples    float64 // that they stand for
	Radius     float64 // mean distance of its samples to its centre
	Silhouette float64 // mean of its samples; NaN where there is none
	Validity   float64 // of DBCV; NaN where there is none
}

// How says how silhouettes are worked out.
type How uint8

// The ways. Auto is Exact where that takes no more than half a second or so of
// one CPU, else Simplified. DBCV takes up to a few times as long as exact
// silhouettes do: it comes with Full, and with Auto and Exact where it takes no
// more than a few seconds.
const (
	Auto How = iota
	Exact
	Simplified
	Full
)

// affordable is how many pairs of distinct rows times columns Auto compares.
const affordable = 1e9

// InternalScores works out the internal scores of the clusters that labels
// make of the rows of x, as Euclidean distances tell; below 0 is noise. A row
// of weight w is w samples. It takes the time of Silhouettes, if they are
// exact, and up to a few times that for DBCV, else O(n·d·(log n + clusters)), and InternalBytes(n, d) memory at most.
func InternalScores(ctx context.Context, x *features.Matrix, labels []int32, how How, workers int) (*Internal, error) {
	c := newClustered(x, labels)
	in := &Internal{Noise: c.noise}
	centres := c.centres()
	for k, l := range c.label {
		shape := ClusterShape{Label: l, Samples: c.samples[k], Silhouette: math.NaN(), Validity: math.NaN()}
		lo, hi := c.cluster(k)
		for g := lo; g < hi; g++ {
			shape.Radius += c.weight[g] * math.Sqrt(squareDistance(c.row(g), centres[k*c.d:(k+1)*c.d]))
		}
		shape.Radius /= shape.Samples
		in.Clusters = append(in.Clusters, shape)
	}
	rows := make([]int, len(c.weight))
	for _, g := range c.of {
		if g >= 0 {
			rows[g]++
		}
	}
	for k := range c.label {
		lo, hi := c.cluster(k)
		for _, n := range rows[lo:hi] {
			in.Clusters[k].Rows += n
		}
	}
	if c.lone() {
		return in, nil
	}
	in.CalinskiHarabasz = c.calinskiHarabasz(centres)
	in.DaviesBouldin = c.daviesBouldin(centres, in.Clusters)

	u := float64(len(c.weight))
	in.Simplified = how == Simplified || how == Auto && u*u*float64(c.d) > affordable
	var s []float64
	var err error
	if in.Simplified {
		s, err = c.simplified(ctx, centres, workers)
	} else {
		s, err = c.silhouettes(ctx, workers)
	}
	if err != nil {
		return nil, err
	}
	if !in.Simplified && (how == Full || u*u*float64(c.d) <= affordable) {
		var validity []float64
		if in.DBCV, validity, err = c.dbcv(ctx, workers); err != nil {
			return nil, err
		}
		for k, v := range validity {
			in.Clusters[k].Validity = v
		}
	}
	in.Profiles = c.profiles(s)
	var all sum
	for k := range c.label {
		var own sum
		lo, hi := c.cluster(k)
		for g := lo; g < hi; g++ {
			own.add(c.weight[g] * s[g])
			all.add(c.weight[g] * s[g])
		}
		in.Clusters[k].Silhouette = own.value() / c.samples[k]
	}
	mean := all.value() / c.total()
	in.Silhouette = &mean
	return in, nil
}

// InternalBytes returns the memory that InternalScores takes at most for n rows
// of d columns, all different.
func InternalBytes(n, d int) int64 {
	// The rows with their labels and weights; the order of their values, the
	// distinct ones, once more while their slices grow; and what is the row of
	// which.
	gathering := int64(n) * int64(8*(d+2)+4+12+(8*(d+1)+16)*9/4)
	// For DBCV the distinct rows, once more those that are no leaves, and a tree.
	trees := int64(n)*int64(8*d+4+48+(8*d+12)*9/4) + near.Bytes(n, d) + near.MutualBytes(n) + near.NearSpanningBytes(n)
	return max(gathering, trees)
}

// centres returns the mean of each cluster, worked out from its first row so
// that what is far from 0 keeps its digits.
func (c *clustered) centres() []float64 {
	centres := make([]float64, len(c.label)*c.d)
	for k := range c.label {
		m := centres[k*c.d : (k+1)*c.d]
		lo, hi := c.cluster(k)
		first := c.row(lo)
		for g := lo; g < hi; g++ {
			for j, v := range c.row(g) {
				m[j] += c.weight[g] * (v - first[j])
			}
		}
		for j := range m {
			m[j] = first[j] + m[j]/c.samples[k]
		}
	}
	return centres
}

func (c *clustered) calinskiHarabasz(centres []float64) *float64 {
	n, k := c.total(), float64(len(c.label))
	mean := make([]float64, c.d)
	for i, samples := range c.samples {
		for j, v := range centres[i*c.d : (i+1)*c.d] {
			mean[j] += v * (samples / n)
		}
	}
	var between, within sum
	for i, samples := range c.samples {
		centre := centres[i*c.d : (i+1)*c.d]
		between.add(samples * squareDistance(centre, mean))
		lo, hi := c.cluster(i)
		for g := lo; g < hi; g++ {
			within.add(c.weight[g] * squareDistance(c.row(g), centre))
		}
	}
	v := between.value() * (n - k) / (within.value() * (k - 1))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func (c *clustered) daviesBouldin(centres []float64, shapes []ClusterShape) *float64 {
	var mean float64
	for a := range shapes {
		var worst float64
		for b := range shapes {
			d := math.Sqrt(squareDistance(centres[a*c.d:(a+1)*c.d], centres[b*c.d:(b+1)*c.d]))
			if a != b && d > 0 {
				worst = max(worst, (shapes[a].Radius+shapes[b].Radius)/d)
			}
		}
		mean += worst / float64(len(shapes))
	}
	if math.IsNaN(mean) || math.IsInf(mean, 0) {
		return nil
	}
	return &mean
}

// The names of the scores, as Stats has them.
const (
	Silhouette           = "silhouette"
	SilhouetteSimplified = "silhouette_simplified"
	CalinskiHarabasz     = "calinski_harabasz"
	DaviesBouldin        = "davies_bouldin"
	DBCV                 = "dbcv"
)

// InternalNames are the names of the scores, in the order in which they are shown.
var InternalNames = []string{Silhouette, SilhouetteSimplified, CalinskiHarabasz, DaviesBouldin, DBCV}

// Stats returns the scores as named numbers, those that are defined, beside
// the sizes of the greatest and the smallest cluster.
func (in *Internal) Stats() []algo.Stat {
	var stats []algo.Stat
	add := func(name string, v *float64) {
		if v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) {
			stats = append(stats, algo.Stat{Name: name, Value: *v})
		}
	}
	silhouette := Silhouette
	if in.Simplified {
		silhouette = SilhouetteSimplified
	}
	add(silhouette, in.Silhouette)
	add(CalinskiHarabasz, in.CalinskiHarabasz)
	add(DaviesBouldin, in.DaviesBouldin)
	add(DBCV, in.DBCV)
	if len(in.Clusters) > 0 {
		least, most := math.Inf(1), 0.0
		for _, s := range in.Clusters {
			least, most = min(least, s.Samples), max(most, s.Samples)
		}
		add("largest_cluster_samples", &most)
		add("smallest_cluster_samples", &least)
	}
	return stats
}

// Table returns the shapes of the clusters, a row each.
func (in *Internal) Table() *features.Table {
	label := &features.Column{Field: features.Field{Name: "label", Type: features.Int, Role: features.Key, Doc: "Cluster."}}
	rows := &features.Column{Field: features.Field{Name: "rows", Type: features.Int, Unit: features.Count, Role: features.Outcome, Doc: "Rows of the cluster."}}
	samples := &features.Column{Field: features.Field{Name: "samples", Type: features.Float, Unit: features.Count, Role: features.Outcome, Doc: "Samples that they stand for."}}
	radius := &features.Column{Field: features.Field{Name: "radius", Type: features.Float, Role: features.Outcome, Doc: "Mean distance of the samples to the cluster's centre."}}
	mean := &features.Column{Field: features.Field{Name: "silhouette", Type: features.Float, Role: features.Outcome, Doc: "Mean silhouette of the samples."}}
	if in.Simplified {
		mean.Name, mean.Doc = "silhouette_simplified", "Mean silhouette of the samples, with distances to centres."
	}
	validity := &features.Column{Field: features.Field{Name: "validity", Type: features.Float, Role: features.Outcome, Doc: "How much denser the cluster is than what is between it and the next, -1 to 1: its part in DBCV."}}
	number := func(c *features.Column, v float64) {
		if math.IsNaN(v) {
			c.AppendNull()
		} else {
			c.AppendFloat(v)
		}
	}
	for _, s := range in.Clusters {
		label.Ints, rows.Ints = append(label.Ints, int64(s.Label)), append(rows.Ints, int64(s.Rows))
		samples.Floats, radius.Floats = append(samples.Floats, s.Samples), append(radius.Floats, s.Radius)
		number(mean, s.Silhouette)
		number(validity, s.Validity)
	}
	return &features.Table{Name: "clusters", Columns: []*features.Column{label, rows, samples, radius, mean, validity}}
}

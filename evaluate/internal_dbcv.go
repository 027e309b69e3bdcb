package evaluate

import (
	"context"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/internal/near"

	"gonum.org/v1/gonum/mat"
)

// dbcv works out the density-based clustering validation index (Moulavi,
// Jaskowiak, Campello, Zimek, Sander 2014): the mean validity of the clusters,
// by their samples, noise counting 0. A cluster's validity, −1 to 1, compares
// how far it is from the nearest other one with how sparse it is inside, both
// as mutual reachability distances between rows that are no leaves of its
// minimum spanning tree.
//
// A sample that has copies is infinitely dense: its core distance is 0. Copies
// hang as leaves from one of them. As in the authors' own program, a cluster of
// one sample is noise. It returns nil with fewer than two clusters besides
// these. validity has a number for each cluster, NaN for such of one sample.
//
// Core distances of u distinct rows take up to O(u²·d) time where there are few
// columns and clusters have no rows far from each other; the rest are searches
// of k-d trees. The most of the memory is a tree of the rows, and one of those
// that are no leaves.
func (c *clustered) dbcv(ctx context.Context, workers int) (index *float64, validity []float64, err error) {
	t := &trees{clustered: c, core: make([]float64, len(c.weight)), inner: make([]bool, len(c.weight)), sparse: make([]float64, len(c.label)), apart: make([]float64, len(c.label))}
	validity = make([]float64, len(c.label))
	whole := 0
	for k, samples := range c.samples {
		if validity[k] = math.NaN(); samples > 1 {
			whole++
		}
	}
	if whole < 2 {
		return nil, validity, nil
	}
	err = algo.Each(ctx, workers, len(c.label), func(k int) {
		if c.samples[k] > 1 {
			t.span(ctx, k, workers)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	t.separate(workers)
	var total sum
	for k, samples := range c.samples {
		if samples <= 1 {
			continue
		}
		validity[k] = 0
		if most := max(t.apart[k], t.sparse[k]); most > 0 {
			validity[k] = (t.apart[k] - t.sparse[k]) / most
		}
		total.add(samples * validity[k])
	}
	v := total.value() / (c.total() + c.noise)
	if math.IsNaN(v) {
		return nil, validity, nil // distances beyond float64
	}
	return &v, validity, nil
}

// trees are the minimum spanning trees of clusters.
type trees struct {
	*clustered
	core   []float64 // of each row: its squared core distance among the samples of its cluster
	inner  []bool    // whether it is no leaf
	sparse []float64 // of each cluster: its longest edge between rows that are no leaves
	apart  []float64 // of each cluster: the least distance from these to those of another one
}

// span finds the minimum spanning tree of cluster k, from it which rows are no
// leaves, and the longest edge between these: of all edges if there is none. A
// row's core distance is the reach to all rows within it, so that trees of equal
// length are common, with other leaves: of equal edges those between nearer rows
// are taken, and then of the first rows, which depends on nothing but the rows.
func (t *trees) span(ctx context.Context, k, workers int) {
	lo, hi := t.cluster(k)
	tree := near.New(mat.NewDense(hi-lo, t.d, t.rows[lo*t.d:hi*t.d]), t.weight[lo:hi], workers)
	core, err := tree.AllPoints(ctx, workers)
	if err != nil {
		return
	}
	copy(t.core[lo:hi], core)
	edges, err := tree.Mutual(core).NearSpanningTree(ctx)
	if err != nil {
		return
	}
	degree := make([]float64, hi-lo)
	for i := range degree {
		degree[i] = t.weight[lo+i] - 1 // the copies
	}
	for _, e := range edges {
		degree[e.A]++
		degree[e.B]++
	}
	inner := t.inner[lo:hi]
	for i, d := range degree {
		inner[i] = d > 1
	}
	longest, inside := 0.0, -1.0
	for _, e := range edges {
		longest = max(longest, e.D2)
		if inner[e.A] && inner[e.B] {
			inside = max(inside, e.D2)
		}
	}
	if inside < 0 {
		inside = longest
	}
	t.sparse[k] = math.Sqrt(inside)
	if !slices.Contains(inner, true) { // a pair has but leaves
		for i := range inner {
			inner[i] = true
		}
	}
}

// separate finds how far each cluster is from the others.
func (t *trees) separate(workers int) {
	var rows, core []float64
	var of []int32
	for k := range t.end {
		lo, hi := t.cluster(k)
		for g := lo; g < hi; g++ {
			if t.inner[g] {
				rows, core, of = append(rows, t.row(g)...), append(core, t.core[g]), append(of, int32(k))
			}
		}
	}
	tree := near.New(mat.NewDense(len(of), t.d, rows), nil, workers)
	for k, d2 := range tree.Mutual(core).Parting(of).Least(len(t.end)) {
		t.apart[k] = math.Sqrt(d2)
	}
}

package evaluate

import (
	"context"
	"math"
	"sync"

	"toolkit/algo"
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
// Each distinct row is compared with each of its cluster three times, and with
// those of other clusters once: O(u²·d) time and O(u) memory.
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
	if err := t.cores(ctx, workers); err != nil {
		return nil, nil, err
	}
	err = algo.Each(ctx, workers, len(c.label), func(k int) {
		if c.samples[k] > 1 {
			t.span(ctx, k)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	if err := t.separate(ctx, workers); err != nil {
		return nil, nil, err
	}
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
	core   []float64 // of each row: its core distance among the samples of its cluster
	inner  []bool    // whether it is no leaf
	sparse []float64 // of each cluster: its longest edge between rows that are no leaves
	apart  []float64 // of each cluster: the least distance from these to those of another one
}

// cores works out the core distance of each row: the mean of the other samples'
// distances to the power −d, to the power −1/d.
func (t *trees) cores(ctx context.Context, workers int) error {
	u := len(t.weight)
	return algo.Each(ctx, workers, (u+tile-1)/tile, func(at int) {
		k := 0
		for g := at * tile; g < min((at+1)*tile, u); g++ {
			for t.end[k] <= g {
				k++
			}
			if t.weight[g] > 1 || ctx.Err() != nil {
				continue // 0
			}
			lo, hi := t.cluster(k)
			// Σ w·(least/distance)^d, squared distances: least is the smallest so far.
			least, sum := math.Inf(1), 0.0
			for h := lo; h < hi; h++ {
				if h == g {
					continue
				}
				d2 := squareDistance(t.row(g), t.row(h))
				if d2 < least {
					sum = sum*power(d2/least, t.d) + t.weight[h]
					least = d2
				} else {
					sum += t.weight[h] * power(least/d2, t.d)
				}
			}
			if least > 0 && hi-lo > 1 {
				t.core[g] = math.Sqrt(least) * math.Pow((t.samples[k]-1)/sum, 1/float64(t.d))
			}
		}
	})
}

// power returns r2 to the power d/2.
func power(r2 float64, d int) float64 {
	p := 1.0
	if d%2 == 1 {
		p = math.Sqrt(r2)
	}
	for d /= 2; d > 0; d /= 2 {
		if d%2 == 1 {
			p *= r2
		}
		r2 *= r2
	}
	return p
}

// reach returns the mutual reachability distance of two rows.
func (t *trees) reach(g, h int) float64 {
	return max(math.Sqrt(squareDistance(t.row(g), t.row(h))), t.core[g], t.core[h])
}

// span finds the minimum spanning tree of cluster k (Prim 1957) and from it which rows are no leaves, and the longest
// edge between these: of all edges if there is none. A row's core distance is the
// reach to all rows within it, so that trees of equal length are common, with
// other leaves: of equal edges those between nearer rows are taken, and then of
// the first rows, which depends on nothing but the rows.
func (t *trees) span(ctx context.Context, k int) {
	lo, hi := t.cluster(k)
	n := hi - lo
	nearest, direct := make([]float64, n), make([]float64, n) // to the tree: the reach, and the squared distance
	from := make([]int32, n)                                  // −1 once in it
	degree := make([]float64, n)
	for i := range nearest {
		nearest[i] = math.Inf(1)
		degree[i] = t.weight[lo+i] - 1 // the copies
	}
	type edge struct {
		a, b   int32
		length float64
	}
	edges := make([]edge, 0, n-1)
	for last := 0; len(edges) < n-1; {
		if len(edges)%64 == 0 && ctx.Err() != nil {
			return
		}
		from[last] = -1
		next := -1
		for i := range n {
			if from[i] < 0 {
				continue
			}
			if nearest[i] >= t.core[lo+last] { // else no shorter
				d2 := squareDistance(t.row(lo+last), t.row(lo+i))
				r := max(math.Sqrt(d2), t.core[lo+last], t.core[lo+i])
				if r < nearest[i] || r == nearest[i] && d2 < direct[i] {
					nearest[i], direct[i], from[i] = r, d2, int32(last)
				}
			}
			if next < 0 || nearest[i] < nearest[next] || nearest[i] == nearest[next] && direct[i] < direct[next] {
				next = i
			}
		}
		edges = append(edges, edge{from[next], int32(next), nearest[next]})
		degree[from[next]]++
		degree[next]++
		last = next
	}
	any := false
	for i, d := range degree {
		if d > 1 {
			t.inner[lo+i], any = true, true
		}
	}
	longest, inside := 0.0, -1.0
	for _, e := range edges {
		longest = max(longest, e.length)
		if t.inner[lo+int(e.a)] && t.inner[lo+int(e.b)] {
			inside = max(inside, e.length)
		}
	}
	if t.sparse[k] = inside; inside < 0 {
		t.sparse[k] = longest
	}
	for i := range degree {
		t.inner[lo+i] = t.inner[lo+i] || !any // a pair has but leaves
	}
}

// separate finds how far each cluster is from the others.
func (t *trees) separate(ctx context.Context, workers int) error {
	var mu sync.Mutex
	for k := range t.apart {
		t.apart[k] = math.Inf(1)
	}
	u := len(t.weight)
	return algo.Each(ctx, workers, (u+tile-1)/tile, func(at int) {
		least := make(map[int]float64)
		k := 0
		for g := at * tile; g < min((at+1)*tile, u); g++ {
			for t.end[k] <= g {
				k++
			}
			if !t.inner[g] || ctx.Err() != nil {
				continue
			}
			best, ok := least[k]
			if !ok {
				best = math.Inf(1)
			}
			lo, hi := t.cluster(k)
			for h := 0; h < u && best > t.core[g]; h++ {
				if h == lo {
					if h = hi; h >= u {
						break
					}
				}
				if t.inner[h] && t.core[h] < best {
					best = min(best, t.reach(g, h))
				}
			}
			least[k] = best
		}
		mu.Lock()
		defer mu.Unlock()
		for k, v := range least {
			t.apart[k] = min(t.apart[k], v)
		}
	})
}

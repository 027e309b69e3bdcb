package spectral

import (
	"context"
	"math"
	"slices"

	"toolkit/features"
	"toolkit/internal/near"

	"gonum.org/v1/gonum/mat"
)

// A sparse is the symmetric matrix of a graph in which few rows are joined,
// row by row: places first[i] to first[i+1]-1 of to and value are row i's. The
// diagonal is among them.
type sparse struct {
	n       int
	first   []int64
	to      []int32
	value   []float64
	workers int
}

// An edge joins a row to another.
type edge struct {
	to    int32
	value float64
}

// newSparse returns the affinities of each sample to its nearest neighbours:
// ½ for each of two samples that has the other among its k−1 nearest other
// samples, so 1 if both have. Where rows equally far stand for more samples
// than are left of these, the samples share what is left of the ½.
func newSparse(ctx context.Context, c *features.Collapsed, k, workers int) (*sparse, error) {
	m := &sparse{n: len(c.Weight), workers: workers}
	tree := near.New(c.X, c.Weight, workers)
	from := make([][]edge, m.n)
	err := near.Each(ctx, m.n, 64, workers, nil, func(lo, hi int) {
		search := tree.Neighbours(float64(k-1), 1)
		for p := lo; p < hi; p++ {
			i := tree.Row(p)
			for _, b := range search.Find(tree.At(p)) {
				j := tree.Row(int(b.Place))
				whole := c.Weight[j]
				if i == j {
					whole = copies(whole)
				}
				from[i] = append(from[i], edge{int32(j), b.Weight / whole / 2})
			}
		}
	})
	if err != nil {
		return nil, err
	}
	// Each edge both ways; those that are in both rows are added up.
	count := make([]int32, m.n)
	for i, es := range from {
		count[i] += int32(len(es))
		for _, e := range es {
			count[e.to]++
		}
	}
	all := make([][]edge, m.n)
	for i, es := range from {
		all[i] = append(make([]edge, 0, count[i]), es...)
	}
	for i, es := range from {
		for _, e := range es {
			all[e.to] = append(all[e.to], edge{int32(i), e.value})
		}
		from[i] = nil
	}
	m.first = make([]int64, m.n+1)
	for i, es := range all {
		slices.SortFunc(es, func(a, b edge) int { return int(a.to) - int(b.to) })
		last := int32(-1)
		for _, e := range es {
			if e.to == last {
				m.value[len(m.value)-1] += e.value
				continue
			}
			m.to, m.value = append(m.to, e.to), append(m.value, e.value)
			last = e.to
		}
		all[i] = nil
		m.first[i+1] = int64(len(m.to))
	}
	return m, nil
}

// sparseBytes is the memory of the graph of k neighbours of n rows, while it
// is made, where distances differ.
func sparseBytes(n, d, k int) int64 {
	return near.Bytes(n, d) + int64(n)*(64+96*int64(min(k, n)))
}

// components returns the part of the graph that each row is in, numbered by
// their first rows.
func (m *sparse) components() (comp []int32, count int) {
	comp = make([]int32, m.n)
	for i := range comp {
		comp[i] = -1
	}
	var queue []int32
	for i := range comp {
		if comp[i] >= 0 {
			continue
		}
		comp[i], queue = int32(count), append(queue[:0], int32(i))
		for len(queue) > 0 {
			a := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			for _, b := range m.to[m.first[a]:m.first[a+1]] {
				if comp[b] < 0 {
					comp[b] = int32(count)
					queue = append(queue, b)
				}
			}
		}
		count++
	}
	return comp, count
}

// normalise makes the matrix D^-½·W·D^-½ for the rows' weights w, and returns
// the logarithms of the degrees.
func (m *sparse) normalise(w []float64) []float64 {
	logs := make([]float64, m.n)
	for i := range logs {
		degree := 0.0
		for p := m.first[i]; p < m.first[i+1]; p++ {
			if j := m.to[p]; int(j) == i {
				m.value[p] *= copies(w[i]) / w[i]
			}
			degree += m.value[p] * w[m.to[p]]
		}
		logs[i] = math.Log(degree)
	}
	for i := range logs {
		for p := m.first[i]; p < m.first[i+1]; p++ {
			j := m.to[p]
			m.value[p] *= math.Exp((math.Log(w[i]) - logs[i] + math.Log(w[j]) - logs[j]) / 2)
		}
	}
	return logs
}

// mul implements matrix.
func (m *sparse) mul(ctx context.Context, y, x []float64) error {
	return near.Each(ctx, m.n, 1024, m.workers, nil, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			var sum [width]float64
			for p := m.first[i]; p < m.first[i+1]; p++ {
				v := m.value[p]
				for c, a := range (*[width]float64)(x[int(m.to[p])*width:]) {
					sum[c] += v * a
				}
			}
			copy(y[i*width:], sum[:])
		}
	})
}

// gather implements matrix.
func (m *sparse) gather(ctx context.Context, group []int32, groups int, v []float64) (*mat.SymDense, error) {
	sum := make([]float64, groups*groups)
	for i := range m.n {
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for p := m.first[i]; p < m.first[i+1]; p++ {
			j := m.to[p]
			sum[int(group[i])*groups+int(group[j])] += v[i] * m.value[p] * v[j]
		}
	}
	all := mat.NewSymDense(groups, nil)
	for g := range groups {
		for h := g; h < groups; h++ {
			all.SetSym(g, h, (sum[g*groups+h]+sum[h*groups+g])/2)
		}
	}
	return all, nil
}

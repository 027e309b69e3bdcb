package spectral

import (
	"context"
	"fmt"
	"math"

	"toolkit/algo"
	"toolkit/cluster/kmeans"
	"toolkit/features"
	"toolkit/internal/near"

	"gonum.org/v1/gonum/mat"
)

// candidates is how many distinct rows are drawn for each landmark.
const candidates = 10

// A bipartite is a graph of rows and landmarks: each row is joined to its
// nearest landmarks only (Huang et al. 2020). Of the affinities of row i, whose
// landmarks are first[i] to first[i+1]−1 of to, share says how they are parted.
type bipartite struct {
	first     []int64
	to        []int32
	share     []float64 // sums to 1 in each row
	logDegree []float64 // of each row
}

// landmarks returns up to count centres of distinct rows: of a sample that is
// drawn from them, by k-means.
func landmarks(ctx context.Context, c *features.Collapsed, count int, env algo.Env) (*mat.Dense, error) {
	n, d := c.Dims()
	if n <= count {
		return c.X, nil
	}
	rows := env.Rand("spectral landmarks", 0).Perm(n)[:min(n, candidates*count)]
	sample := mat.NewDense(len(rows), d, nil)
	for i, a := range rows {
		sample.SetRow(i, c.X.RawRowView(a))
	}
	m := kmeans.Default()
	m.K, m.NInit, m.MaxIter = kmeans.K{Min: count, Max: count}, 1, 10
	env.Progress = nil
	r, err := algo.Fit(ctx, &m, &features.Matrix{Names: c.Names, X: sample}, env)
	if err != nil {
		return nil, fmt.Errorf("landmarks: %w", err)
	}
	state := r.Model.State()
	centres := mat.NewDense(state.Len(), d, nil)
	for j, name := range c.Names {
		centres.SetCol(j, state.Column(name).Floats)
	}
	return centres, nil
}

// newBipartite joins rows to their k nearest of the landmarks, with those
// equally far. gamma is of their affinities.
func newBipartite(ctx context.Context, c *features.Collapsed, centres *mat.Dense, k int, gamma float64, workers int) (*bipartite, error) {
	n, _ := c.Dims()
	tree := near.New(centres, nil, workers)
	b := &bipartite{first: make([]int64, n+1), logDegree: make([]float64, n)}
	const run = 1024
	runs := (n + run - 1) / run
	to, share := make([][]int32, runs), make([][]float64, runs)
	err := algo.Each(ctx, workers, runs, func(at int) {
		search := tree.Neighbours(float64(k), 0)
		for i := at * run; i < min((at+1)*run, n); i++ {
			found := search.Find(c.X.RawRowView(i))
			b.logDegree[i] = shares(found, gamma, func(place int, part float64) {
				to[at], share[at] = append(to[at], int32(tree.Row(place))), append(share[at], part)
			})
			b.first[i+1] = int64(len(found))
		}
	})
	for at := range runs {
		b.to, b.share = append(b.to, to[at]...), append(b.share, share[at]...)
	}
	for i := range n {
		b.first[i+1] += b.first[i]
	}
	return b, err
}

// shares calls add with the place of each of the landmarks found near a row and
// its share of the row's affinities, and returns the logarithm of their sum.
func shares(found []near.Neighbour, gamma float64, add func(place int, share float64)) float64 {
	least := min(found[0].D2, math.MaxFloat64)
	sum := 0.0
	for _, f := range found {
		sum += expNeg(gamma * (least - min(f.D2, math.MaxFloat64)))
	}
	for _, f := range found {
		add(int(f.Place), expNeg(gamma*(least-min(f.D2, math.MaxFloat64)))/sum)
	}
	return math.Log(sum) - min(gamma*least, math.MaxFloat64)
}

// graph returns the graph of the landmarks, in which two are joined by way of
// the rows that both are near to, and what the eigenvectors of which say of
// the rows (Li, Wu, Chang 2012: transfer cuts). weight is of the rows.
func (b *bipartite) graph(weight []float64, landmarks, workers int) *graph {
	w := mat.NewSymDense(landmarks, nil)
	largest := math.Inf(-1)
	for i, l := range b.logDegree {
		largest = max(largest, l+math.Log(weight[i]))
	}
	for i, l := range b.logDegree {
		mass := math.Exp(l + math.Log(weight[i]) - largest)
		at, share := b.to[b.first[i]:b.first[i+1]], b.share[b.first[i]:b.first[i+1]]
		for p, g := range at {
			for q, h := range at {
				if h >= g {
					w.SetSym(int(g), int(h), w.At(int(g), int(h))+mass*share[p]*share[q])
				}
			}
		}
	}
	m := &full{w, workers}
	comp, count := m.components(m.degrees())
	ones := make([]float64, landmarks)
	for i := range ones {
		ones[i] = 1
	}
	return newGraph(m, ones, m.normalise(), comp, count)
}

// embed returns vectors of landmarks as vectors of rows: the means of their
// landmarks, by their shares.
func (b *bipartite) embed(v [][]float64) [][]float64 {
	rows := make([][]float64, len(v))
	for j := range v {
		rows[j] = make([]float64, len(b.logDegree))
		for i := range rows[j] {
			for p := b.first[i]; p < b.first[i+1]; p++ {
				rows[j][i] += b.share[p] * v[j][b.to[p]]
			}
		}
	}
	return rows
}

// A full is a matrix that is kept as it is.
type full struct {
	*mat.SymDense
	workers int
}

// degrees returns the sums of the rows.
func (m *full) degrees() []float64 {
	degrees := make([]float64, m.SymmetricDim())
	for i := range degrees {
		for j := range degrees {
			degrees[i] += m.At(i, j)
		}
	}
	return degrees
}

// components returns the part of the graph that each row is in, numbered by
// their first rows. Rows are joined if either has a share above lost of the
// other's degree.
func (m *full) components(degrees []float64) (comp []int32, count int) {
	s := &sparse{n: len(degrees), first: make([]int64, 1)}
	for i, a := range degrees {
		for j, b := range degrees {
			if m.At(i, j) > lost*min(a, b) {
				s.to = append(s.to, int32(j))
			}
		}
		s.first = append(s.first, int64(len(s.to)))
	}
	return s.components()
}

// normalise makes the matrix D^-½·W·D^-½, and returns the logarithms of the
// degrees.
func (m *full) normalise() []float64 {
	logs := m.degrees()
	for i, v := range logs {
		logs[i] = math.Log(v)
	}
	for i := range logs {
		for j := i; j < len(logs); j++ {
			if v := m.At(i, j); v > 0 {
				m.SetSym(i, j, math.Exp(math.Log(v)-(logs[i]+logs[j])/2))
			}
		}
	}
	return logs
}

// mul implements matrix.
func (m *full) mul(ctx context.Context, y, x []float64) error {
	n := m.SymmetricDim()
	return near.Each(ctx, n, 64, m.workers, nil, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			var sum [width]float64
			for j := range n {
				v := m.At(i, j)
				for c, a := range (*[width]float64)(x[j*width:]) {
					sum[c] += v * a
				}
			}
			copy(y[i*width:], sum[:])
		}
	})
}

// gather implements matrix.
func (m *full) gather(ctx context.Context, group []int32, groups int, v []float64) (*mat.SymDense, error) {
	all := mat.NewSymDense(groups, nil)
	for i := range v {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for j := range v {
			if g, h := int(group[i]), int(group[j]); h >= g {
				all.SetSym(g, h, all.At(g, h)+v[i]*m.At(i, j)*v[j])
			}
		}
	}
	return all, nil
}

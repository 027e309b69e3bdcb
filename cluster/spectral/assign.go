package spectral

import (
	"context"
	"fmt"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/cluster/kmeans"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// An embedding is n distinct rows in the space of k eigenvectors, each scaled
// to length 1, with their weights.
type embedding struct {
	k      int
	scale  []float64 // of each eigenvector
	rows   []int32   // which of the distinct rows: those that are not at 0
	x      []float64 // len(rows)×k
	weight []float64
}

// newEmbedding scales the eigenvectors so that their squares sum to the same
// over all samples, then the rows to length 1. Rows at 0 are left out.
func newEmbedding(u [][]float64, weight []float64) *embedding {
	e := &embedding{k: len(u)}
	e.scale = make([]float64, e.k)
	for j, v := range u {
		largest := 0.0
		for _, a := range v {
			largest = max(largest, math.Abs(a))
		}
		square := 0.0
		for i, a := range v {
			square += weight[i] * (a / largest) * (a / largest)
		}
		e.scale[j] = 1 / largest / math.Sqrt(square)
	}
	coords, row := make([]float64, e.k), make([]float64, e.k)
	for i, w := range weight {
		for j, v := range u {
			coords[j] = v[i]
		}
		if !unit(row, coords, e.scale) {
			continue
		}
		e.rows, e.weight, e.x = append(e.rows, int32(i)), append(e.weight, w), append(e.x, row...)
	}
	return e
}

func (e *embedding) row(i int) []float64 { return e.x[i*e.k : (i+1)*e.k] }

// kmeans returns the centres of k clusters of the rows.
func (e *embedding) kmeans(ctx context.Context, env algo.Env) ([][]float64, error) {
	m := kmeans.Default()
	m.K = kmeans.K{Min: e.k, Max: e.k}
	x := &features.Matrix{X: mat.NewDense(len(e.rows), e.k, e.x), Weight: e.weight}
	for j := range e.k {
		x.Names = append(x.Names, axis(j))
	}
	env.Progress = nil
	r, err := algo.Fit(ctx, &m, x, env)
	if err != nil {
		return nil, fmt.Errorf("k-means of the eigenvectors: %w", err)
	}
	state := r.Model.State()
	centres := make([][]float64, state.Len())
	for c := range centres {
		for _, name := range x.Names {
			centres[c] = append(centres[c], state.Column(name).Floats[c])
		}
	}
	return centres, nil
}

// starts is how many first rotations discretize tries.
const starts = 10

// discretize turns the space so that each row is as near as can be to an axis,
// which is its cluster (Yu, Shi 2003), and returns the axes. It begins with axes along rows that are
// far from each other in direction, the first drawn at random, and keeps the
// best of several starts.
func (e *embedding) discretize(ctx context.Context, env algo.Env) ([][]float64, error) {
	var best []float64
	most := math.Inf(-1)
	for start := range starts {
		first := env.Rand("spectral discretize", start).IntN(len(e.rows))
		turn, fit, err := e.rotate(ctx, e.far(first))
		if err != nil {
			return nil, err
		}
		if fit > most*(1+1e-9) || best == nil {
			best, most = turn, fit
		}
	}
	var axes [][]float64
	for axis := range slices.Chunk(best, e.k) {
		axes = append(axes, axis)
	}
	return axes, nil
}

// far returns k rows as columns: the first given, the next always that which
// has least in common with those before.
func (e *embedding) far(first int) *mat.Dense {
	r := mat.NewDense(e.k, e.k, nil)
	common := make([]float64, len(e.rows))
	for j := range e.k {
		if j > 0 {
			first = 0
			for i, c := range common {
				if c < common[first] {
					first = i
				}
			}
		}
		axis := slices.Clone(e.row(first))
		r.SetCol(j, axis)
		for i := range common {
			dot := 0.0
			for p, v := range e.row(i) {
				dot += v * axis[p]
			}
			common[i] += math.Abs(dot)
		}
	}
	return r
}

// rotate improves the rotation r until the rows' sum of what they have along
// their axes, which it returns with the axes, one after the other, rises no more.
func (e *embedding) rotate(ctx context.Context, r *mat.Dense) (turn []float64, fit float64, err error) {
	for range 100 {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		turn = mat.DenseCopyOf(r.T()).RawMatrix().Data // axis by axis
		sum := mat.NewDense(e.k, e.k, nil)             // of the rows of each axis
		for i := range e.rows {
			row := e.row(i)
			to := sum.RawRowView(int(nearestAxis(row, turn)))
			for p, v := range row {
				to[p] += e.weight[i] * v
			}
		}
		var svd mat.SVD
		if !svd.Factorize(sum, mat.SVDFull) {
			return turn, fit, nil
		}
		next := 0.0
		for _, v := range svd.Values(nil) {
			next += v
		}
		if next <= fit*(1+1e-12) {
			return turn, max(next, fit), nil
		}
		fit = next
		var u, v mat.Dense
		svd.UTo(&u)
		svd.VTo(&v)
		r = new(mat.Dense)
		r.Mul(&v, u.T())
	}
	return turn, fit, nil
}

// nearestAxis returns the axis along which row has most; turn are the axes of
// len(row) numbers each.
func nearestAxis(row, turn []float64) int32 {
	best, most := int32(0), math.Inf(-1)
	for c := range len(row) {
		dot := 0.0
		for p, v := range turn[c*len(row) : (c+1)*len(row)] {
			dot += row[p] * v
		}
		if dot > most {
			best, most = int32(c), dot
		}
	}
	return best
}

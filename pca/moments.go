package pca

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

const (
	// blockRows is how many rows are centred at a time: few enough to stay
	// in the cache while the columns are multiplied with each other.
	blockRows = 1 << 10

	// chunkRows is how many rows a worker takes at a time.
	chunkRows = 1 << 14
)

// A moments is the weight, means and cross products of the columns over some
// rows: cross[a·d+b] is Σ w·(x_a − mean_a)·(x_b − mean_b) for a ≤ b. Means are
// those of the distances to origin, a row of the table, so that digits that
// all rows share cost no precision.
type moments struct {
	origin []float64
	weight float64
	mean   []float64
	cross  []float64
}

func newMoments(origin []float64) *moments {
	d := len(origin)
	return &moments{origin: origin, mean: make([]float64, d), cross: make([]float64, d*d)}
}

func (m *moments) clone() *moments {
	return &moments{slices.Clone(m.origin), m.weight, slices.Clone(m.mean), slices.Clone(m.cross)}
}

// gather returns the moments of all rows of x about the origin.
func gather(ctx context.Context, x *features.Matrix, origin []float64, env algo.Env) (*moments, error) {
	all := newMoments(origin)
	return all, all.add(ctx, x, env)
}

// add adds the rows of x. The moments of blocks are merged in the order of the
// rows, and so are the same for any number of workers. After an error, which
// is ctx's, m is of no use.
func (all *moments) add(ctx context.Context, x *features.Matrix, env algo.Env) error {
	n, _ := x.Dims()
	workers := env.NumWorkers()
	chunks := (n + chunkRows - 1) / chunkRows
	for first := 0; first < chunks; first += workers {
		part := make([]*moments, min(workers, chunks-first))
		err := algo.Each(ctx, workers, len(part), func(i int) {
			lo := (first + i) * chunkRows
			part[i] = chunk(x, lo, min(lo+chunkRows, n), all.origin)
		})
		if err != nil {
			return err
		}
		for _, p := range part {
			all.merge(p)
		}
		env.Step(int64(min((first+len(part))*chunkRows, n)), int64(n))
	}
	return nil
}

// chunk returns the moments of rows lo to hi-1.
func chunk(x *features.Matrix, lo, hi int, origin []float64) *moments {
	d := len(origin)
	sum, block := newMoments(origin), newMoments(origin)
	buf := newBuffer(d, min(blockRows, hi-lo), x.Weight != nil)
	for ; lo < hi; lo += blockRows {
		block.fill(x, lo, min(lo+blockRows, hi), buf)
		sum.merge(block)
	}
	return sum
}

// A buffer holds the columns of a block, each in a piece, and if there are
// weights, the columns times the weights as well.
type buffer struct {
	column, weighted [][]float64
}

func newBuffer(d, rows int, weights bool) *buffer {
	b := &buffer{column: make([][]float64, d)}
	for j := range b.column {
		b.column[j] = make([]float64, rows)
	}
	b.weighted = b.column
	if weights {
		b.weighted = make([][]float64, d)
		for j := range b.weighted {
			b.weighted[j] = make([]float64, rows)
		}
	}
	return b
}

// fill sets m to the moments of rows lo to hi-1, in two passes of which the
// second corrects what the first rounded.
func (m *moments) fill(x *features.Matrix, lo, hi int, buf *buffer) {
	d, rows := len(m.mean), hi-lo
	for i := lo; i < hi; i++ {
		for j, v := range x.X.RawRowView(i) {
			buf.column[j][i-lo] = v - m.origin[j]
		}
	}
	m.weight = float64(rows)
	var w []float64
	if x.Weight != nil {
		w = x.Weight[lo:hi]
		m.weight = floats.Sum(w)
	}
	rest := make([]float64, d) // Σ w·(x − mean), 0 but for rounding
	for j := range d {
		c := buf.column[j][:rows]
		if w == nil {
			m.mean[j] = floats.Sum(c) / m.weight
			floats.AddConst(-m.mean[j], c)
		} else {
			m.mean[j] = floats.Dot(w, c) / m.weight
			floats.AddConst(-m.mean[j], c)
			floats.MulTo(buf.weighted[j][:rows], w, c)
		}
		rest[j] = floats.Sum(buf.weighted[j][:rows])
		m.mean[j] += rest[j] / m.weight
	}
	for a := range d {
		for b := a; b < d; b++ {
			m.cross[a*d+b] = floats.Dot(buf.weighted[a][:rows], buf.column[b][:rows]) - rest[a]*rest[b]/m.weight
		}
	}
}

// merge adds the rows of o (Chan, Golub & LeVeque 1983).
func (m *moments) merge(o *moments) {
	d := len(m.mean)
	weight := m.weight + o.weight
	share := o.weight / weight
	for a := range d {
		da := o.mean[a] - m.mean[a]
		for b := a; b < d; b++ {
			m.cross[a*d+b] += o.cross[a*d+b] + m.weight*share*da*(o.mean[b]-m.mean[b])
		}
	}
	for j := range d {
		m.mean[j] += (o.mean[j] - m.mean[j]) * share
	}
	m.weight = weight
}

// components returns the model of all components, none of them kept yet.
//
// The columns are put in the order of their variances, least first, for the
// eigenvalues: with columns of very different scales the small ones keep
// their precision only in that order.
func (m *moments) components(names []string) (*model, error) {
	d := len(m.mean)
	order := make([]int, d)
	for j := range order {
		order[j] = j
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(m.cross[a*d+a], m.cross[b*d+b]) })
	sym := mat.NewSymDense(d, nil)
	for i, a := range order {
		for k, b := range order[i:] {
			sym.SetSym(i, i+k, m.cross[min(a, b)*d+max(a, b)])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(sym, true) {
		return nil, errors.New("PCA: the eigenvalues of the columns' cross products were not found: leave out columns that are all but equal to others")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil)

	out := &model{columns: names, mean: make([]float64, d), variance: make([]float64, d), components: make([][]float64, d)}
	for j := range d {
		out.mean[j] = m.origin[j] + m.mean[j]
	}
	for k := range d {
		e := d - 1 - k // eigenvalues ascend
		if m.weight > 1 {
			out.variance[k] = max(values[e], 0) / (m.weight - 1)
		}
		out.components[k] = make([]float64, d)
		for i, j := range order {
			out.components[k][j] = vectors.At(i, e)
		}
		orient(out.components[k])
	}
	return out, nil
}

// orient turns the component so that its largest loading is positive, the
// first of several that are equal but for rounding.
func orient(component []float64) {
	const rounding = 1e-8
	var largest float64
	for _, v := range component {
		largest = max(largest, math.Abs(v))
	}
	for _, v := range component {
		if math.Abs(v) >= largest*(1-rounding) {
			if v < 0 {
				floats.Scale(-1, component)
			}
			return
		}
	}
}

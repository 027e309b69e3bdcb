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
	// shareRank is how many components the randomized solver has for a share
	// of the variance, and oversample how many more than are kept it computes.
	shareRank  = 100
	oversample = 10

	// sketchRows is how many rows are centred at a time for a product.
	sketchRows = 1 << 7

	// Subspace iteration ends when the sum of the variances that may be kept
	// grows by less than this share, or after all passes.
	settled = 1e-9
)

// passes returns how often the covariance is multiplied at most, for so many
// components of n rows of d columns: so that components are of the power that
// scikit-learn's are, whose solver makes 7 or, for more than a tenth of all
// components, 4 power iterations between a first product and a last one.
func passes(components, n, d int) int {
	if 10*components < min(n, d) {
		return 7 + 2
	}
	return 4 + 2
}

// sketch returns the model of the first l components, or as many as there
// are: subspace iteration from l random directions (Halko, Martinsson & Tropp
// 2011, sections 4.5 and 5.3). A pass multiplies the covariance, of which only
// the product is made, with the directions.
func (p *PCA) sketch(ctx context.Context, x *features.Matrix, env algo.Env, l int) (*model, error) {
	n, d := x.Dims()
	m := &model{columns: x.Names, weight: x.Samples()}
	var err error
	if m.mean, m.rest, err = margins(ctx, x, env.NumWorkers()); err != nil {
		return nil, err
	}
	divisor := max(m.weight-1, 1)
	for j, name := range x.Names {
		if math.IsNaN(m.rest[j]) || math.IsInf(m.rest[j], 0) {
			return nil, tooFarApart(name)
		}
		m.rest[j] /= divisor
		m.total += m.rest[j]
	}
	normal := env.Rand(Algorithm.Name, 0)
	basis := mat.NewDense(l, d, nil)
	basis.Apply(func(int, int, float64) float64 { return normal.NormFloat64() }, basis)
	basis = orthonormal(basis)

	var sum float64
	most := passes(max(l-oversample, 1), n, d)
	for pass := range most {
		product, err := multiply(ctx, x, m.mean, basis, env.NumWorkers())
		if err != nil {
			return nil, err
		}
		product.Scale(1/divisor, product)
		last := sum
		if err := m.ritz(basis, product); err != nil {
			return nil, err
		}
		sum = floats.Sum(m.variance[:min(max(l-oversample, 1), len(m.variance))])
		env.Step(int64(pass+1), int64(most))
		next := orthonormal(product)
		if sum-last <= settled*sum || next == nil {
			break
		}
		basis = next
	}
	env.Step(int64(most), int64(most))
	if err := p.keep(m); err != nil {
		return nil, err
	}

	others := slices.Clone(m.variance[m.kept:])
	left := m.total - floats.Sum(m.variance)
	if unknown := min(d, n) - len(m.variance); unknown > 0 && left > rounding*m.total {
		for range unknown {
			others = append(others, left/float64(unknown))
		}
	}
	for k, c := range m.components[:m.kept] {
		for j, v := range c {
			m.rest[j] = max(m.rest[j]-m.variance[k]*v*v, 0)
		}
	}
	m.setLimits(others)
	return m, nil
}

// ritz sets the model's variances and components to those that the plane of
// the basis has, of whose vectors product is the covariance's product.
func (m *model) ritz(basis, product *mat.Dense) error {
	l, d := basis.Dims()
	var t mat.Dense
	t.Mul(basis, product.T())
	sym := mat.NewSymDense(l, nil)
	for a := range l {
		for b := a; b < l; b++ {
			sym.SetSym(a, b, (t.At(a, b)+t.At(b, a))/2)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(sym, true) {
		return errors.New("PCA: the eigenvalues of the sketch were not found: use --solver exact")
	}
	var vectors, components mat.Dense
	eigen.VectorsTo(&vectors)
	components.Mul(vectors.T(), basis)
	values := eigen.Values(nil)
	m.variance, m.components = make([]float64, l), make([][]float64, l)
	for k := range l {
		e := l - 1 - k // eigenvalues ascend
		m.variance[k] = max(values[e], 0)
		m.components[k] = slices.Clone(components.RawRowView(e)[:d])
		orient(m.components[k])
	}
	return nil
}

// eachChunk calls f with the bounds of chunks of rows, and merge with what it
// returns, in the order of the rows.
func eachChunk[T any](ctx context.Context, n, rows, workers int, f func(lo, hi int) T, merge func(T)) error {
	chunks := (n + rows - 1) / rows
	for first := 0; first < chunks; first += workers {
		part := make([]T, min(workers, chunks-first))
		err := algo.Each(ctx, workers, len(part), func(i int) {
			lo := (first + i) * rows
			part[i] = f(lo, min(lo+rows, n))
		})
		if err != nil {
			return err
		}
		for _, p := range part {
			merge(p)
		}
	}
	return nil
}

// margins returns the means of the columns, and the sums of the weighted
// squares of the distances to them.
func margins(ctx context.Context, x *features.Matrix, workers int) (mean, squares []float64, err error) {
	n, d := x.Dims()
	origin := slices.Clone(x.X.RawRowView(0))
	// sums returns Σ w·(x − from) and Σ w·(x − from)².
	sums := func(from []float64) (first, second []float64, err error) {
		first, second = make([]float64, d), make([]float64, d)
		err = eachChunk(ctx, n, chunkRows, workers, func(lo, hi int) [2][]float64 {
			a, b := make([]float64, d), make([]float64, d)
			for i := lo; i < hi; i++ {
				w := x.W(i)
				for j, v := range x.X.RawRowView(i) {
					v -= from[j]
					a[j] += w * v
					b[j] += w * v * v
				}
			}
			return [2][]float64{a, b}
		}, func(part [2][]float64) {
			floats.Add(first, part[0])
			floats.Add(second, part[1])
		})
		return first, second, err
	}
	weight := x.Samples()
	first, _, err := sums(origin)
	if err != nil {
		return nil, nil, err
	}
	mean = origin
	floats.AddScaled(mean, 1/weight, first)
	// The second pass corrects what the first has rounded.
	first, squares, err = sums(mean)
	if err != nil {
		return nil, nil, err
	}
	for j, v := range first {
		squares[j] = max(squares[j]-v/weight*v, 0)
	}
	floats.AddScaled(mean, 1/weight, first)
	return mean, squares, nil
}

// multiply returns the product of each vector of the basis, l×d, and the
// cross products of the centred columns, which are not made: Σ w·c·(c·b) for
// the centred rows c.
func multiply(ctx context.Context, x *features.Matrix, mean []float64, basis *mat.Dense, workers int) (*mat.Dense, error) {
	n, d := x.Dims()
	l, _ := basis.Dims()
	product := mat.NewDense(l, d, nil)
	err := eachChunk(ctx, n, chunkRows, workers, func(lo, hi int) *mat.Dense {
		sum, part := mat.NewDense(l, d, nil), mat.NewDense(l, d, nil)
		centred := mat.NewDense(min(sketchRows, hi-lo), d, nil)
		for ; lo < hi; lo += sketchRows {
			rows := min(sketchRows, hi-lo)
			block := centred.Slice(0, rows, 0, d).(*mat.Dense)
			for i := range rows {
				floats.SubTo(block.RawRowView(i), x.X.RawRowView(lo+i), mean)
			}
			var along mat.Dense // of each row, its coordinates
			along.Mul(block, basis.T())
			if x.Weight != nil {
				for i := range rows {
					floats.Scale(x.Weight[lo+i], along.RawRowView(i))
				}
			}
			part.Mul(along.T(), block)
			sum.Add(sum, part)
		}
		return sum
	}, func(part *mat.Dense) { product.Add(product, part) })
	return product, err
}

// orthonormal returns vectors of length 1, square to each other, that span
// what the rows of x do: as many as these, or fewer, if they depend on each
// other; nil if all are 0. x is changed.
func orthonormal(x *mat.Dense) *mat.Dense {
	l, d := x.Dims()
	// The longest first, by which it is told what is but rounding.
	order, length := make([]int, l), make([]float64, l)
	for k := range order {
		order[k], length[k] = k, floats.Norm(x.RawRowView(k), 2)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(length[b], length[a]) })
	basis := make([]float64, 0, l*d)
	found := 0
	for _, k := range order {
		v := x.RawRowView(k)
		if length[k] == 0 {
			break
		}
		floats.Scale(1/length[k], v)
		// Twice is enough (Giraud, Langou & Rozložník 2005).
		for range 2 {
			for b := range found {
				u := basis[b*d : (b+1)*d]
				floats.AddScaled(v, -floats.Dot(u, v), u)
			}
		}
		rest := floats.Norm(v, 2)
		if rest < rounding {
			continue
		}
		floats.Scale(1/rest, v)
		basis = append(basis, v...)
		found++
	}
	if found == 0 {
		return nil
	}
	return mat.NewDense(found, d, basis)
}

package spectral

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"toolkit/algo"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Of the eigensolver.
const (
	dense     = 256   // rows up to which the whole matrix is taken apart
	coarse    = 512   // groups of rows in the coarse problem
	basis     = 96    // vectors of the search space, besides those sought
	guards    = 8     // vectors sought besides those wanted, so that these settle sooner
	tolerance = 1e-10 // residual of an eigenvector
	rounds    = 300   // products with eight vectors at most
)

// A spectrum is the eigenvectors of the largest eigenvalues of a graph's
// matrix, in the order of these.
type spectrum struct {
	values    []float64
	residuals []float64
	u         [][]float64 // D^-½·eigenvector, of rows
	ones      int         // eigenvalues that are 1 because the graph has that many components
	products  int         // with eight vectors
	converged bool
	next      float64 // the first eigenvalue left out; NaN if there is none
}

// largest returns the k largest eigenvalues and their vectors, or as many as
// there are. x is the rows.
func (g *graph) largest(ctx context.Context, x *mat.Dense, k int, env algo.Env) (*spectrum, error) {
	parts := g.parts()
	s := &spectrum{ones: len(parts), converged: true, next: math.NaN()}
	for _, c := range parts[:min(k, len(parts))] {
		y := make([]float64, g.n)
		for i, v := range g.kernel {
			if g.comp[i] == c {
				y[i] = v
			}
		}
		s.add(g, 1, 0, y)
	}
	connected := 0
	for _, c := range g.comp {
		if !g.isolated[c] {
			connected++
		}
	}
	rest := connected - len(parts) // eigenvectors that are not of components
	want := min(k-len(s.values), rest)
	switch {
	case k < len(parts):
		s.next = 1
	case want <= 0:
	case g.n <= dense:
		if err := g.all(ctx, s, want); err != nil {
			return nil, err
		}
	default:
		if err := g.search(ctx, s, x, want, rest, env); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// add appends an eigenvector, as D^-½·y of a fixed sign: the entry of largest
// size is positive.
func (s *spectrum) add(g *graph, value, residual float64, y []float64) {
	u := make([]float64, g.n)
	size := 0.0
	for i, v := range y {
		if !g.isolated[g.comp[i]] {
			u[i] = v * math.Exp(-g.logRoot[i])
		}
		if math.Abs(u[i]) > math.Abs(size) {
			size = u[i]
		}
	}
	if size < 0 {
		floats.Scale(-1, u)
	}
	s.values, s.residuals, s.u = append(s.values, value), append(s.residuals, residual), append(s.u, u)
}

// all takes the whole matrix apart, and adds the want largest eigenvalues that
// are not of components.
func (g *graph) all(ctx context.Context, s *spectrum, want int) error {
	group, ones := make([]int32, g.n), make([]float64, g.n)
	for i := range group {
		group[i], ones[i] = int32(i), 1
	}
	a, err := g.gather(ctx, group, g.n, ones)
	if err != nil {
		return err
	}
	// What is known already goes to −2, where no eigenvalue is.
	for i, c := range g.comp {
		for j := i; j < g.n; j++ {
			switch {
			case g.isolated[c] && i == j:
				a.SetSym(i, i, -2)
			case g.comp[j] == c:
				a.SetSym(i, j, a.At(i, j)-3*g.kernel[i]*g.kernel[j])
			}
		}
	}
	values, vectors, err := symmetric(a)
	if err != nil {
		return err
	}
	y := make([]float64, g.n)
	for i := range want {
		s.add(g, values[i], 0, mat.Col(y, i, vectors))
	}
	if want < len(values) && values[want] > -1.5 {
		s.next = values[want]
	}
	return nil
}

// symmetric returns the eigenvalues of a, the largest first, and its
// eigenvectors as columns.
func symmetric(a mat.Symmetric) ([]float64, *mat.Dense, error) {
	var e mat.EigenSym
	if !e.Factorize(a, true) {
		return nil, nil, errors.New("taking a symmetric matrix apart: its eigenvalues don't converge; scale the columns")
	}
	values := e.Values(nil)
	var v mat.Dense
	e.VectorsTo(&v)
	n := len(values)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	sorted, vectors, col := make([]float64, n), mat.NewDense(n, n, nil), make([]float64, n)
	for k, i := range order {
		sorted[k] = values[i]
		vectors.SetCol(k, mat.Col(col, i, &v))
	}
	return sorted, vectors, nil
}

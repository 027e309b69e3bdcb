package spectral

import (
	"context"
	"math"

	"toolkit/algo"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// A solver is a search for eigenvectors by the method of Davidson (1975) in
// blocks of eight: it finds the best vectors of a space, corrects the space by
// their residuals, made quicker by a coarse problem, and begins again from the
// best vectors when the space is full (thick restart: Stathopoulos, Saad, Wu
// 1998). Vectors are orthogonal to those of the graph's components.
type solver struct {
	*graph
	pre     *preconditioner
	v, w    [][]float64 // orthonormal vectors, and their products with the matrix
	h       *mat.SymDense
	x, y    []float64 // eight vectors by rows
	workers int
}

// search adds the want largest eigenvalues of the rest of them that are not
// of components.
func (g *graph) search(ctx context.Context, s *spectrum, x *mat.Dense, want, rest int, env algo.Env) error {
	padded := (g.n + side - 1) / side * side * width
	d := &solver{graph: g, x: make([]float64, padded), y: make([]float64, padded), workers: env.NumWorkers()}
	var err error
	if d.pre, err = g.preconditioner(ctx, x); err != nil {
		return err
	}
	seek := min(want+guards, rest)
	most := min(seek+basis, rest)
	start := d.pre.start(seek)
	random := env.Rand("spectral", 0)
	for len(start) < min(2*seek, most) {
		t := make([]float64, g.n)
		for i := range t {
			t[i] = g.kernel[i] * random.NormFloat64()
		}
		start = append(start, t)
	}
	if err := d.extend(ctx, start); err != nil {
		return err
	}
	stuck := false // no correction leads out of the space
	for s.products = len(d.v) / width; ; s.products++ {
		values, q, err := symmetric(d.h)
		if err != nil {
			return err
		}
		env.Step(int64(min(s.products, rounds)), rounds)
		var corrections [][]float64
		s.converged = true
		residuals := make([]float64, want)
		for i := 0; i < min(seek, len(d.v)) && (i < want || len(corrections) < width); i++ {
			r := d.combine(d.w, q, i)
			floats.AddScaled(r, -values[i], d.combine(d.v, q, i))
			norm := floats.Norm(r, 2)
			if i < want {
				residuals[i] = norm
			}
			if norm > tolerance {
				s.converged = s.converged && i >= want
				if len(corrections) < width {
					d.pre.apply(r)
					corrections = append(corrections, r)
				}
			}
		}
		full := len(d.v) == rest
		if s.converged || s.products >= rounds || full || stuck {
			for i := range min(want, len(values)) {
				y := d.combine(d.w, q, i) // one more product: rows of small degree follow their neighbours
				if math.Abs(values[i]) > 0.1 {
					floats.Scale(1/values[i], y)
				} else {
					y = d.combine(d.v, q, i)
				}
				s.add(g, values[i], residuals[i], y)
			}
			if want < len(values) {
				s.next = values[want]
			}
			s.converged = s.converged || full
			return nil
		}
		if len(d.v)+len(corrections) > most {
			d.restart(values, q, min(seek+guards, len(d.v)))
		}
		before := len(d.v)
		if err := d.extend(ctx, corrections); err != nil {
			return err
		}
		stuck = len(d.v) == before
	}
}

// combine returns Σ_j q[j,i]·v_j.
func (d *solver) combine(v [][]float64, q *mat.Dense, i int) []float64 {
	t := make([]float64, d.n)
	for j := range v {
		floats.AddScaled(t, q.At(j, i), v[j])
	}
	return t
}

// restart keeps the best vectors of the space.
func (d *solver) restart(values []float64, q *mat.Dense, keep int) {
	v, w := make([][]float64, keep), make([][]float64, keep)
	d.h = mat.NewSymDense(keep, nil)
	for i := range keep {
		v[i], w[i] = d.combine(d.v, q, i), d.combine(d.w, q, i)
		d.h.SetSym(i, i, values[i])
	}
	d.v, d.w = v, w
}

// extend adds vectors to the space, but those that are in it already.
func (d *solver) extend(ctx context.Context, ts [][]float64) error {
	var fresh [][]float64
	for _, t := range ts {
		if d.orthogonalise(t, fresh) {
			fresh = append(fresh, t)
		}
	}
	for lo := 0; lo < len(fresh); lo += width {
		hi := min(lo+width, len(fresh))
		clear(d.x)
		for c, t := range fresh[lo:hi] {
			for i, v := range t {
				d.x[i*width+c] = v
			}
		}
		if err := d.mul(ctx, d.y, d.x); err != nil {
			return err
		}
		for c := range fresh[lo:hi] {
			w := make([]float64, d.n)
			for i := range w {
				w[i] = d.y[i*width+c]
			}
			d.project(w)
			d.w = append(d.w, w)
		}
	}
	d.v = append(d.v, fresh...)
	j := len(d.v) - len(fresh)
	h := mat.NewSymDense(len(d.v), nil)
	for a := range d.v {
		for b := a; b < len(d.v); b++ {
			if b < j {
				h.SetSym(a, b, d.h.At(a, b))
			} else {
				h.SetSym(a, b, floats.Dot(d.v[a], d.w[b]))
			}
		}
	}
	d.h = h
	return nil
}

// orthogonalise makes t of length 1 and orthogonal to the space and to fresh,
// and tells whether there is anything left of it.
func (d *solver) orthogonalise(t []float64, fresh [][]float64) bool {
	if !d.unit(t) {
		return false
	}
	for range 4 {
		d.project(t)
		for _, v := range d.v {
			floats.AddScaled(t, -floats.Dot(v, t), v)
		}
		for _, v := range fresh {
			floats.AddScaled(t, -floats.Dot(v, t), v)
		}
		norm := floats.Norm(t, 2)
		if norm < 1e-14 || !d.unit(t) {
			return false
		}
		if norm > 0.7 {
			return true
		}
	}
	return false
}

func (d *solver) unit(t []float64) bool {
	norm := floats.Norm(t, 2)
	if !(norm > 0) || math.IsInf(norm, 1) {
		return false
	}
	floats.Scale(1/norm, t)
	return true
}

// A preconditioner approximates the inverse of 1 − A by that of a coarse
// problem: vectors that are the same multiple of √(weight·degree) throughout
// each group of rows, and by 1 for the rest.
type preconditioner struct {
	g      *graph
	group  []int32
	v      []float64  // √(weight·degree), of length 1 in each group
	values []float64  // of the coarse problem
	q      *mat.Dense // its vectors, by columns
}

// shift is the least distance of an eigenvalue of the coarse problem from 1
// that is made up for in full.
const shift = 1e-3

func (g *graph) preconditioner(ctx context.Context, x *mat.Dense) (*preconditioner, error) {
	group, count, err := g.groups(ctx, x, min(coarse, g.n/16))
	if err != nil {
		return nil, err
	}
	p := &preconditioner{g: g, group: group, v: make([]float64, g.n)}
	largest, square := make([]float64, count), make([]float64, count)
	for i := range largest {
		largest[i] = math.Inf(-1)
	}
	for i, c := range group {
		largest[c] = max(largest[c], g.logRoot[i])
	}
	for i, c := range group {
		if !math.IsInf(g.logRoot[i], -1) {
			p.v[i] = math.Exp(g.logRoot[i] - largest[c])
			square[c] += p.v[i] * p.v[i]
		}
	}
	for i, c := range group {
		if square[c] > 0 {
			p.v[i] /= math.Sqrt(square[c])
		}
	}
	a, err := g.gather(ctx, group, count, p.v)
	if err != nil {
		return nil, err
	}
	p.values, p.q, err = symmetric(a)
	return p, err
}

// start returns the n best vectors of the coarse problem, besides those that
// components may have.
func (p *preconditioner) start(n int) [][]float64 {
	count := len(p.values)
	var vs [][]float64
	for i := range min(n+len(p.g.parts()), count) {
		t := make([]float64, p.g.n)
		for a, c := range p.group {
			t[a] = p.v[a] * p.q.At(int(c), i)
		}
		vs = append(vs, t)
	}
	return vs
}

// apply multiplies t by the preconditioner.
func (p *preconditioner) apply(t []float64) {
	count := len(p.values)
	sum := make([]float64, count)
	for a, c := range p.group {
		sum[c] += p.v[a] * t[a]
	}
	var z mat.VecDense
	z.MulVec(p.q.T(), mat.NewVecDense(count, sum))
	for i, l := range p.values {
		z.SetVec(i, z.AtVec(i)*(1/max(1-l, shift)-1))
	}
	var back mat.VecDense
	back.MulVec(p.q, &z)
	for a, c := range p.group {
		t[a] += p.v[a] * back.AtVec(int(c))
	}
}

package spectral

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// cloud returns n rows of d columns, and a root of gamma for each.
func cloud(n, d int, seed uint64) (*mat.Dense, []float64) {
	r := rand.New(rand.NewPCG(seed, 0))
	x, c := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range n {
		c[i] = 0.5 + r.Float64()
		for j := range d {
			x.Set(i, j, 3*r.NormFloat64())
		}
	}
	return x, c
}

// Products and sums over groups are those of the matrix written out, for
// blocks that are full or not, in fewer strips than there are or more.
func TestMatrix(t *testing.T) {
	for _, n := range []int{1, 63, 64, 130, 1100} {
		x, c := cloud(n, 3, uint64(n))
		m := newRBF(x, c, 2)
		for i := range n {
			m.s[i], m.diag[i] = -c[i], c[i]/2
		}
		a := mat.NewSymDense(n, nil)
		for i := range n {
			for j := range n {
				d2 := 0.0
				for k, v := range x.RawRowView(i) {
					d2 += (v - x.At(j, k)) * (v - x.At(j, k))
				}
				a.SetSym(i, j, math.Exp(m.s[i]+m.s[j]-c[i]*c[j]*d2))
			}
			a.SetSym(i, i, m.diag[i])
		}
		r := rand.New(rand.NewPCG(7, 0))
		in, got := make([]float64, m.blocks*side*width), make([]float64, m.blocks*side*width)
		for i := range n * width {
			in[i] = r.NormFloat64()
		}
		ctx := context.Background()
		if err := m.mul(ctx, got, in); err != nil {
			t.Fatal(err)
		}
		var want mat.Dense
		want.Mul(a, mat.NewDense(n, width, in[:n*width]))
		for i := range n * width {
			if math.Abs(got[i]-want.At(i/width, i%width)) > 1e-12 {
				t.Fatalf("%d rows: product %d is %v, want %v", n, i, got[i], want.At(i/width, i%width))
			}
		}

		if err := m.keep(ctx); err != nil {
			t.Fatal(err)
		}
		kept := make([]float64, len(got))
		if err := m.mul(ctx, kept, in); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(kept, got) {
			t.Errorf("%d rows: products differ where affinities are kept", n)
		}

		group := make([]int32, n)
		for i := range group {
			group[i] = int32(i % min(n, 5))
		}
		groups, err := m.gather(ctx, group, min(n, 5), in[:n])
		if err != nil {
			t.Fatal(err)
		}
		sum := mat.NewSymDense(min(n, 5), nil)
		for g := range min(n, 5) {
			for h := g; h < min(n, 5); h++ {
				total := 0.0
				for i := g; i < n; i += 5 {
					for j := h; j < n; j += 5 {
						total += in[i] * a.At(i, j) * in[j]
					}
				}
				sum.SetSym(g, h, total)
			}
		}
		if !mat.EqualApprox(groups, sum, 1e-10) {
			t.Errorf("%d rows: sums of groups %v, want %v", n, mat.Formatted(groups), mat.Formatted(sum))
		}
	}
}

// Degrees of rows far from all others keep their digits, below what float64
// can hold in full, too; and where there is nothing, there is nothing.
func TestDegrees(t *testing.T) {
	x := mat.NewDense(7, 1, []float64{0, 20, 46.7, 200, 300, 327.3, 354.6})
	one := []float64{1, 1, 1, 1, 1, 1, 1}
	m := newRBF(x, one, 1)
	w := []float64{3, 1, 1, 2, 1, 1, 1}
	logs, err := m.logDegrees(context.Background(), w)
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{
		math.Log(2),                              // its copies
		math.Log(3) - 400,                        // far from three samples at 0; 26.7 from the next
		-26.7 * 26.7,                             // beyond 708, where float64 has few digits
		0,                                        // its copy
		math.Inf(-1), math.Inf(-1), math.Inf(-1), // 27.3 squared is above 745.13
	}
	for i, v := range want {
		if !(math.Abs(logs[i]-v) <= 1e-12*math.Abs(v)) && logs[i] != v {
			t.Errorf("logarithm of degree %d is %v, want %v", i, logs[i], v)
		}
	}
	comp, count, err := m.components(context.Background(), w, logs)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int32{0, 0, 0, 1, 2, 3, 4}; !slices.Equal(comp, want) || count != 5 {
		t.Errorf("parts %v, want %v", comp, want)
	}
}

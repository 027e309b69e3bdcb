package tail

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

func matrix(v []float64) *features.Matrix {
	return &features.Matrix{Names: []string{"a"}, X: mat.NewDense(len(v), 1, v)}
}

// Values are sorted as by a comparison, equal ones by row.
func TestSorted(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, draw := range []func() float64{
		r.NormFloat64,
		func() float64 { return float64(r.IntN(5) - 2) },
		func() float64 { return 1 + float64(r.IntN(100))*0x1p-52 + float64(r.IntN(3)) },
		func() float64 { return math.Copysign(0, r.NormFloat64()) },
		func() float64 { return math.Ldexp(r.NormFloat64(), r.IntN(2000)-1000) },
		func() float64 {
			return []float64{math.MaxFloat64, -math.MaxFloat64, 5e-324, -5e-324, 0}[r.IntN(5)]
		},
	} {
		v := make([]float64, 500)
		for i := range v {
			v[i] = draw()
		}
		want := make([]int, len(v))
		for i := range want {
			want[i] = i
		}
		slices.SortStableFunc(want, func(a, b int) int {
			switch {
			case v[a] < v[b]:
				return -1
			case v[a] > v[b]:
				return 1
			}
			return 0
		})
		for i, k := range newSorter(len(v)).sort(matrix(v), 0) {
			if int(k.row) != want[i] || k.value() != v[want[i]] {
				t.Fatalf("place %d: row %d of value %v, want row %d of %v", i, k.row, k.value(), want[i], v[want[i]])
			}
		}
	}
}

func TestSkewness(t *testing.T) {
	f := func(v []float64, want int) {
		t.Helper()
		if c := gather(newSorter(len(v)).sort(matrix(v), 0), matrix(v)); c.skew != want {
			t.Errorf("skewness of %v has the sign %d, want %d", v, c.skew, want)
		}
	}
	f([]float64{7, 7, 7}, 0)
	f([]float64{0, 0, 1}, 1)
	f([]float64{0, 1, 1}, -1)
	f([]float64{0, 1, 2, 3}, 0)
	f([]float64{0.1, 0.2, 0.3}, 0) // not quite symmetric as float64
	f([]float64{1e9 + 0.1, 1e9 + 0.2, 1e9 + 0.3}, 0)
	f([]float64{1e9, 1e9, 1e9 + 1}, 1)
	f([]float64{0, 0, math.MaxFloat64}, 1)
	f([]float64{-math.MaxFloat64, math.MaxFloat64, math.MaxFloat64}, -1)
	f([]float64{0, 0, 1e-300}, 1)
	f([]float64{5}, 0)

	// A symmetric column is one on any scale: the mean of standardised values
	// is a rounding error only.
	r := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		scale, shift := r.NormFloat64(), 10*r.NormFloat64()
		var v []float64
		for range 1 + r.IntN(20) {
			u := float64(r.IntN(8))
			v = append(v, scale*u+shift, -scale*u+shift)
		}
		f(v, 0)
	}
}

// Tails between, at and beyond the values learned from.
func TestTails(t *testing.T) {
	x := matrix([]float64{1, 3, 3, 9})
	x.Weight = []float64{2, 1, 1, 1}
	m := &Model{cols: []*column{gather(newSorter(4).sort(x, 0), x)}}
	c := m.cols[0]
	left, right := func(l, _ float64, _ int) float64 { return l }, func(_, r float64, _ int) float64 { return r }
	for _, p := range []struct{ v, left, right float64 }{
		{0, 1. / 6, 1}, {1, 2. / 5, 1}, {2, 2. / 5, 3. / 5}, {3, 4. / 5, 3. / 5}, {4, 4. / 5, 1. / 5}, {9, 1, 1. / 5}, {10, 1, 1. / 6},
	} {
		for _, side := range []struct {
			name  string
			score Score
			want  float64
		}{{"left", left, p.left}, {"right", right, p.right}} {
			c.derive(side.score)
			if got := c.shareOf(p.v, side.score); math.Abs(got-side.want) > 1e-15 {
				t.Errorf("%s tail at %v is %v, want %v", side.name, p.v, got, side.want)
			}
		}
	}
}

// What is beyond all values is stranger than any of them, also where samples
// are parts of one.
func TestBeyond(t *testing.T) {
	farther := func(l, r float64, _ int) float64 { return Unlikely(min(l, r)) }
	for _, w := range []float64{0.001, 1, 5} {
		x := matrix([]float64{1, 2, 3})
		x.Weight = []float64{w, 1, w}
		c := gather(newSorter(3).sort(x, 0), x)
		c.derive(farther)
		for _, p := range [][2]float64{{0, 1}, {4, 3}} {
			if beyond, at := c.shareOf(p[0], farther), c.shareOf(p[1], farther); !(beyond > at) {
				t.Errorf("weight %v: share of %v is %v, of %v %v", w, p[0], beyond, p[1], at)
			}
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	score := Score(func(l, r float64, _ int) float64 { return Unlikely(l * r) })
	x := matrix([]float64{1, 2, 3})
	c := gather(newSorter(3).sort(x, 0), x)
	c.derive(score)
	f := func(what string, spoil func(*features.Table)) {
		state := (&Model{score, []string{"a"}, []*column{c}}).State()
		if _, err := score.Load(state); err != nil {
			t.Fatal(err)
		}
		spoil(state)
		if _, err := score.Load(state); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	f("values out of order", func(s *features.Table) { s.Columns[1].Floats[0] = 5 })
	f("not a number", func(s *features.Table) { s.Columns[1].Floats[1] = math.NaN() })
	f("tail that shrinks", func(s *features.Table) { s.Columns[2].Floats[1] = 0.5 })
	f("no samples", func(s *features.Table) { s.Columns[3].Floats[2] = 0 })
	f("infinite", func(s *features.Table) { s.Columns[2].Floats[2] = math.Inf(1) })
	f("no column", func(s *features.Table) { s.Columns = s.Columns[:3] })
	f("no rows", func(s *features.Table) {
		for _, c := range s.Columns {
			c.Codes, c.Floats, c.Ints = nil, nil, nil
		}
	})
}

// Ordinary finds the bounds that a column has, with weights or copies.
func TestOrdinary(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	score := Score(func(l, r float64, _ int) float64 { return Unlikely(l * r) })
	for range 200 {
		n := 1 + r.IntN(50)
		v, w := make([]float64, n), make([]float64, n)
		var copies []float64
		for i := range v {
			v[i], w[i] = float64(r.IntN(30)), float64(1+r.IntN(4))
			copies = append(copies, slices.Repeat([]float64{v[i]}, int(w[i]))...)
		}
		x := matrix(v)
		x.Weight = w
		c := gather(newSorter(n).sort(x, 0), x)
		c.derive(score)
		for _, x := range []*features.Matrix{x, matrix(copies)} {
			low, high, err := Ordinary(t.Context(), x, 1)
			if err != nil || low[0] != c.low || high[0] != c.high {
				t.Fatalf("%v, weights %v: %v to %v, want %v to %v (%v)", v, x.Weight, low, high, c.low, c.high, err)
			}
		}
	}
}

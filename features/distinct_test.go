package features_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"toolkit/features"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// plainCollapse sorts all rows and takes equal neighbours together.
func plainCollapse(m *features.Matrix) *features.Collapsed {
	n, d := m.Dims()
	c := &features.Collapsed{Of: make([]int32, n)}
	var data []float64
	for k, i := range features.Order(m) {
		row := m.X.RawRowView(i)
		if k == 0 || slices.Compare(data[len(data)-d:], row) != 0 {
			data = append(data, row...)
			c.Row, c.Weight = append(c.Row, int64(i)), append(c.Weight, 0)
		}
		g := len(c.Row) - 1
		c.Weight[g] += m.W(i)
		c.Of[i] = int32(g)
	}
	c.Names = m.Names
	c.X = mat.NewDense(len(c.Row), d, data)
	return c
}

func TestCollapse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(1, 60).Draw(t, "n"), rapid.IntRange(1, 4).Draw(t, "d")
		m := &features.Matrix{Names: []string{"a", "b", "c", "d"}[:d], X: mat.NewDense(n, d, nil)}
		// 0 and −0 are equal, and the first of a group's rows stands for it.
		value := rapid.SampledFrom([]float64{math.Copysign(0, -1), 0, 1, -1, 0.1, 1e300, -1e300, 5e-324})
		m.X.Apply(func(int, int, float64) float64 { return value.Draw(t, "value") }, m.X)
		if rapid.Bool().Draw(t, "weighted") {
			for range n { // that are rounded when they are added up
				m.Weight = append(m.Weight, rapid.Float64Range(1e-3, 1e3).Draw(t, "weight"))
			}
		}
		if rapid.Bool().Draw(t, "part") { // rows that do not follow each other in memory
			wide := mat.NewDense(n, d+2, nil)
			wide.Slice(0, n, 1, d+1).(*mat.Dense).Copy(m.X)
			m.X = wide.Slice(0, n, 1, d+1).(*mat.Dense)
		}
		got, want := features.Collapse(m), plainCollapse(m)
		if !reflect.DeepEqual(got.Of, want.Of) || !reflect.DeepEqual(got.Row, want.Row) || !reflect.DeepEqual(got.Weight, want.Weight) || !reflect.DeepEqual(got.Names, want.Names) {
			t.Fatalf("%v: got %+v, want %+v", mat.Formatted(m.X), got, want)
		}
		for k := range got.Row {
			for j := range d {
				if a, b := got.X.At(k, j), want.X.At(k, j); math.Float64bits(a) != math.Float64bits(b) {
					t.Errorf("row %d, column %d is %v, want %v", k, j, a, b)
				}
			}
		}
		if distinct := features.Distinct(m); distinct != len(want.Row) {
			t.Errorf("%d distinct rows, want %d", distinct, len(want.Row))
		}
	})
}

// More rows than the first tables of hashes hold.
func TestCollapseMany(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	m := &features.Matrix{Names: []string{"a", "b"}, X: mat.NewDense(20_000, 2, nil)}
	m.X.Apply(func(int, int, float64) float64 { return float64(r.IntN(120)) }, m.X)
	if got, want := features.Collapse(m), plainCollapse(m); !reflect.DeepEqual(got, want) {
		t.Errorf("%d distinct rows are not the %d wanted", len(got.Row), len(want.Row))
	}
}

// The matrix of a pair table: mostly rows of zeros.
func BenchmarkCollapse(b *testing.B) {
	for _, n := range []int{10_000, 342_094, 3_420_940} {
		b.Run(fmt.Sprintf("n=%dk/d=8", n/1000), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 0))
			m := &features.Matrix{X: mat.NewDense(n, 8, nil)}
			for i := range n {
				if r.IntN(100) < 14 {
					for j := range 8 {
						m.X.Set(i, j, math.Floor(math.Exp(3*r.NormFloat64())))
					}
				}
			}
			for b.Loop() {
				features.Collapse(m)
			}
		})
	}
	b.Run("distinct", func(b *testing.B) {
		r := rand.New(rand.NewPCG(1, 0))
		m := &features.Matrix{X: mat.NewDense(300_000, 8, nil)}
		m.X.Apply(func(int, int, float64) float64 { return r.NormFloat64() }, m.X)
		for b.Loop() {
			features.Collapse(m)
		}
	})
}

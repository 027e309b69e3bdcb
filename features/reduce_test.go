package features_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

func columns(names string, columns ...[]float64) *features.Matrix {
	m := &features.Matrix{Names: strings.Fields(names), X: mat.NewDense(len(columns[0]), len(columns), nil)}
	for j, c := range columns {
		m.X.SetCol(j, c)
	}
	return m
}

func TestReduce(t *testing.T) {
	for _, c := range []struct {
		what string
		m    *features.Matrix
		keep string
		left []string
	}{
		{"nothing redundant", columns("a b", []float64{1, 2, 3}, []float64{1, 2, 4}), "a b", nil},
		{"constant", columns("a b c", []float64{7, 7, 7}, []float64{1, 2, 4}, []float64{0, 0, 0}), "b",
			[]string{"column a is left out: it is 7 in every row", "column c is left out: it is 0 in every row"}},
		{"equal", columns("a b c d", []float64{1, 2, 4}, []float64{1, 3, 4}, []float64{1, 2, 4}, []float64{1, 3, 4}), "a b",
			[]string{"column c is left out: it is equal to a in every row", "column d is left out: it is equal to b in every row"}},
		{"constant but for rounding", columns("a b", []float64{0.3, math.Nextafter(0.3, 1), 0.3}, []float64{1, 2, 4}), "b",
			[]string{"column a is left out: it is 0.3 in every row"}},
		{"large counts", columns("a b", []float64{1e14, 1e14 + 1, 1e14}, []float64{-1, 0, math.Copysign(0, -1)}), "a b", nil},
		{"−0 is 0", columns("a b", []float64{0, 1, 0}, []float64{math.Copysign(0, -1), 1, 0}), "a",
			[]string{"column b is left out: it is equal to a in every row"}},
		{"all constant", columns("a b", []float64{7, 7}, []float64{8, 8}), "a", []string{"column b is left out: it is 8 in every row"}},
		{"one row", columns("a b", []float64{7}, []float64{7}), "a b", nil},
		{"far apart", columns("a b", []float64{-1.7e308, 1.7e308}, []float64{1, 2}), "a b", nil},
	} {
		c.m.Weight = make([]float64, len(c.m.X.RawMatrix().Data)/len(c.m.Names))
		before := mat.DenseCopyOf(c.m.X)
		got, left := c.m.Reduce()
		var text []string
		for _, r := range left {
			text = append(text, r.Error())
		}
		if strings.Join(got.Names, " ") != c.keep || !slices.Equal(text, c.left) || len(got.Weight) != len(c.m.Weight) {
			t.Errorf("%s: kept %v, %q, want %s, %q", c.what, got.Names, text, c.keep, c.left)
		}
		for k, name := range got.Names {
			if j := slices.Index(c.m.Names, name); !slices.Equal(mat.Col(nil, k, got.X), mat.Col(nil, j, c.m.X)) {
				t.Errorf("%s: column %s is %v", c.what, name, mat.Col(nil, k, got.X))
			}
		}
		if !mat.Equal(before, c.m.X) {
			t.Errorf("%s: the matrix has changed", c.what)
		}
	}
}

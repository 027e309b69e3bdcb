package optics

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// sklearn is testdata/sklearn.json, made by internal/ref/gen_optics.py, which
// names the versions.
type sklearn struct {
	Cases []struct {
		Kind         string
		X            [][]float64
		MinSamples   int     `json:"min_samples"`
		MaxEps       float64 `json:"max_eps"`
		Ordering     []int
		Reachability []*float64 // none where infinite
		Core         []*float64 `json:"core_distances"`
		Predecessor  []int
		Xi           []struct {
			Xi             float64
			MinClusterSize int `json:"min_cluster_size"`
			Labels         []int32
		}
		Cut []struct {
			Eps    float64
			Labels []int32
		}
	}
}

// matrix returns the rows as a matrix.
func matrix(rows [][]float64) *features.Matrix {
	m := &features.Matrix{X: mat.NewDense(len(rows), len(rows[0]), nil)}
	for i, r := range rows {
		m.X.SetRow(i, r)
	}
	for j := range rows[0] {
		m.Names = append(m.Names, fmt.Sprintf("f%d", j))
	}
	return m
}

func fit(t *testing.T, m Method, x *features.Matrix, workers int) *algo.Result {
	t.Helper()
	r, err := algo.Fit(context.Background(), &m, x, algo.Env{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// renumber returns the labels numbered by first row, noise as it is.
func renumber(labels []int32) []int32 {
	to := map[int32]int32{algo.Noise: algo.Noise}
	out := make([]int32, len(labels))
	for i, l := range labels {
		if _, ok := to[l]; !ok {
			to[l] = int32(len(to)) - 1
		}
		out[i] = to[l]
	}
	return out
}

func TestSklearn(t *testing.T) {
	text, err := os.ReadFile("testdata/sklearn.json")
	if err != nil {
		t.Fatal(err)
	}
	var want sklearn
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if len(want.Cases) < 20 {
		t.Fatalf("%d cases", len(want.Cases))
	}
	clusters := 0
	for k, c := range want.Cases {
		name := fmt.Sprintf("case %d, %s of %d×%d, min_samples %d, max_eps %v", k, c.Kind, len(c.X), len(c.X[0]), c.MinSamples, c.MaxEps)
		x := matrix(c.X)
		m := Method{MinSamples: c.MinSamples, MaxEps: c.MaxEps, Xi: 0.05}
		r := fit(t, m, x, 2)
		// All rows differ and are in ascending order, so that they are numbered as the distinct rows are.
		var order []int
		for _, row := range r.Tables[0].Column("row").Ints {
			order = append(order, int(row))
		}
		if !slices.Equal(order, c.Ordering) {
			t.Fatalf("%s: order %v, want %v", name, order, c.Ordering)
		}
		for i := range c.X {
			distance(t, fmt.Sprintf("%s: reachability of row %d", name, i), r.Columns[1], i, c.Reachability[i], 0)
			distance(t, fmt.Sprintf("%s: core distance of row %d", name, i), r.Columns[2], i, c.Core[i], c.MaxEps)
		}
		for _, xi := range c.Xi {
			m := m
			m.Xi, m.MinClusterSize = xi.Xi, xi.MinClusterSize
			r := fit(t, m, x, 1)
			if got := r.Labels; !slices.Equal(got, renumber(xi.Labels)) {
				t.Errorf("%s, xi %v, min_cluster_size %d: labels %v, want %v", name, xi.Xi, xi.MinClusterSize, got, renumber(xi.Labels))
			}
			clusters += int(slices.Max(r.Labels)) + 1
		}
		for _, cut := range c.Cut {
			if c.MaxEps > 0 && cut.Eps > c.MaxEps {
				continue
			}
			m := m
			m.Eps = cut.Eps
			// scikit-learn leaves out some border rows, and gives others to another cluster than the nearest's.
			got, theirs := fit(t, m, x, 1).Labels, slices.Clone(cut.Labels)
			for i, core := range c.Core {
				if core == nil || *core > cut.Eps {
					if got[i] == algo.Noise && theirs[i] != algo.Noise {
						t.Errorf("%s, eps %v: row %d is noise, want border", name, cut.Eps, i)
					}
					got[i], theirs[i] = algo.Noise, algo.Noise
				}
			}
			if !slices.Equal(renumber(got), renumber(theirs)) {
				t.Errorf("%s, eps %v: core rows have other clusters", name, cut.Eps)
			}
		}
	}
	if clusters < 100 {
		t.Errorf("only %d clusters by xi in all cases", clusters)
	}
}

// distance compares a distance, which is none in want if it is infinite or, if
// limit isn't 0, beyond the limit. scikit-learn rounds to 15 decimals.
func distance(t *testing.T, what string, c *features.Column, i int, want *float64, limit float64) {
	t.Helper()
	switch {
	case want == nil && limit > 0 && c.Float(i) > limit:
	case want == nil != c.IsNull(i), want != nil && math.Abs(c.Float(i)-*want) > 1e-12*max(1, *want):
		t.Fatalf("%s is %v, want %v", what, c.Float(i), want)
	}
}

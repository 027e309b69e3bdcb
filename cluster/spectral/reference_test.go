package spectral_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/cluster/spectral"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

type reference struct {
	Name       string
	X          [][]float64
	Copies     []float64
	Gamma      float64
	K          int
	Laplacian  []float64
	Embedding  [][]float64
	Discretize []int32
	KMeans     []int32
	ClusterQR  []int32 `json:"cluster_qr"`
	Separated  bool    // whether clusters are, so that labels can be compared
}

func matrixOf(rows [][]float64, weight []float64) *features.Matrix {
	x := &features.Matrix{X: mat.NewDense(len(rows), len(rows[0]), nil), Weight: weight}
	for i, r := range rows {
		x.X.SetRow(i, r)
	}
	for j := range rows[0] {
		x.Names = append(x.Names, string(rune('a'+j)))
	}
	return x
}

func fit(t *testing.T, m spectral.Method, x *features.Matrix, workers int) *algo.Result {
	t.Helper()
	r, err := algo.Fit(context.Background(), &m, x, algo.Env{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func stat(t *testing.T, r *algo.Result, name string) float64 {
	t.Helper()
	v, ok := r.Stat(name)
	if !ok {
		t.Fatalf("no stat %s", name)
	}
	return v
}

func renumber(labels []int32) []int32 {
	to, out := map[int32]int32{}, make([]int32, len(labels))
	for i, l := range labels {
		if _, ok := to[l]; !ok {
			to[l] = int32(len(to))
		}
		out[i] = to[l]
	}
	return out
}

// scikit-learn's values for the repeated rows: testdata/sklearn.json, written
// by internal/ref/gen_spectral.py.
func TestScikitLearn(t *testing.T) {
	raw, err := os.ReadFile("testdata/sklearn.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []reference }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range file.Cases {
		x := matrixOf(c.X, c.Copies)
		m := spectral.Default()
		m.K, m.Gamma = c.K, c.Gamma
		r := fit(t, m, x, 2)
		got := r.Tables[0].Column("laplacian").Floats
		if len(got) != c.K {
			t.Fatalf("%s: %d eigenvalues, want %d", c.Name, len(got), c.K)
		}
		for i, v := range got {
			if math.Abs(v-c.Laplacian[i]) > 1e-12 {
				t.Errorf("%s: eigenvalue %d is %v, want %v", c.Name, i, v, c.Laplacian[i])
			}
		}
		if gap := c.Laplacian[c.K] - c.Laplacian[c.K-1]; math.Abs(stat(t, r, "eigengap")-gap) > 1e-9 {
			t.Errorf("%s: eigengap %v, want %v", c.Name, stat(t, r, "eigengap"), gap)
		}
		if c.Embedding != nil {
			worst, size := 0.0, 0.0
			for i, row := range c.Embedding {
				for j, v := range row {
					worst, size = max(worst, math.Abs(v-r.Coords.At(i, j))), max(size, math.Abs(v))
				}
			}
			if worst > 1e-8*size {
				t.Errorf("%s: coordinates differ by %g of %g", c.Name, worst, size)
			}
		}
		if !c.Separated {
			continue
		}
		if !slices.Equal(r.Labels, renumber(c.Discretize)) {
			t.Errorf("%s: labels are not scikit-learn's", c.Name)
		}
		m.Assign = spectral.ClusterQR
		if r := fit(t, m, x, 2); !slices.Equal(r.Labels, renumber(c.ClusterQR)) {
			t.Errorf("%s: labels by cluster_qr are not scikit-learn's", c.Name)
		}
		m.Assign = spectral.KMeans
		differ := 0
		for i, l := range fit(t, m, x, 2).Labels {
			if l != renumber(c.KMeans)[i] {
				differ++
			}
		}
		// scikit-learn's k-means is of rows that are not scaled to length 1.
		if differ > len(c.X)/100 {
			t.Errorf("%s: labels by k-means are not scikit-learn's in %d of %d rows", c.Name, differ, len(c.X))
		}
	}
}

package hdbscan_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"toolkit/cluster/hdbscan"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// testdata/reference.json is what internal/ref/gen_hdbscan.py writes.
func TestReference(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Cases []struct {
			X              [][]float64
			MinClusterSize int `json:"min_cluster_size"`
			MinSamples     int `json:"min_samples"`
			Method         hdbscan.Selection
			Epsilon        float64
			Single         bool
			Labels         []int32
			Probabilities  []float64
			OutlierScores  []float64 `json:"outlier_scores"`
		}
	}
	if err := json.Unmarshal(data, &ref); err != nil {
		t.Fatal(err)
	}
	for k, c := range ref.Cases {
		x := &features.Matrix{X: mat.NewDense(len(c.X), len(c.X[0]), nil)}
		for i, row := range c.X {
			x.X.SetRow(i, row)
		}
		for j := range c.X[0] {
			x.Names = append(x.Names, fmt.Sprintf("f%d", j))
		}
		r := fit(t, hdbscan.Method{MinClusterSize: c.MinClusterSize, MinSamples: c.MinSamples, Selection: c.Method, Epsilon: c.Epsilon, AllowSingle: c.Single}, x, 2)
		differ := 0
		for i, want := range renumber(c.Labels) {
			p := r.Columns[0].Floats[i]
			if r.Labels[i] != want || math.Abs(p-c.Probabilities[i]) > 1e-9 || c.OutlierScores != nil && math.Abs(r.Scores[i]-c.OutlierScores[i]) > 1e-9 {
				differ++
				if c.MinSamples <= 2 {
					t.Errorf("case %d, row %d: label %d, probability %v, score %v, want %d, %v", k, i, r.Labels[i], p, r.Scores[i], want, c.Probabilities[i])
				}
			}
		}
		// From three samples on a core distance can be that at which two
		// clusters come together: the row is of neither, there of one of them.
		if want := map[int]int{10: 4}[k]; differ != want {
			t.Errorf("case %d: %d rows differ, want %d", k, differ, want)
		}
	}
}

package batchcluster

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// The k-th distances are those of a sort of all.
func TestKthDistances(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 3, 40} {
		x := mat.NewDense(n, 4, nil)
		for i := range n {
			for c := range 4 {
				x.Set(i, c, float64(r.IntN(6)))
			}
		}
		for i, got := range kthDistances(x, 5) {
			var all []float64
			for o := range n {
				all = append(all, floats.Distance(x.RawRowView(i), x.RawRowView(o), 2))
			}
			slices.Sort(all)
			if want := all[min(5, n)-1]; !scalarNear(got, want) {
				t.Errorf("row %d of %d: %v, want %v", i, n, got, want)
			}
		}
	}
}

func scalarNear(a, b float64) bool { return a-b < 1e-12 && b-a < 1e-12 }

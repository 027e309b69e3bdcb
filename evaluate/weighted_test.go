package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Weights are copies: the weighted index is that of the repeated rows.
func TestWeightedARI(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		var a, b, ra, rb []int32
		var w []float64
		for range 1 + r.IntN(30) {
			x, y, n := int32(r.IntN(5))-1, int32(r.IntN(4))-1, 1+r.IntN(6)
			a, b, w = append(a, x), append(b, y), append(w, float64(n))
			for range n {
				ra, rb = append(ra, x), append(rb, y)
			}
		}
		want := NewContingency(ra, rb).ARI()
		if got := WeightedARI(a, b, w); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v, %v, weights %v: %v, want %v", a, b, w, got, want)
		}
		if got := WeightedARI(ra, rb, nil); math.Abs(got-want) > 1e-12 {
			t.Fatalf("without weights: %v, want %v", got, want)
		}
	}
}

package bound_test

import (
	"math"
	"testing"

	"toolkit/detect/bound"

	"gonum.org/v1/gonum/stat/distuv"
)

// The bound is above the exact tail, and near it.
func TestBinomial(t *testing.T) {
	for _, p := range []float64{0.01, 0.2, 0.7} {
		for _, n := range []int64{1, 9, 50, 100} {
			exact := 0.0
			for k := n; k >= 0; k-- {
				exact += distuv.Binomial{N: float64(n), P: p}.Prob(float64(k))
				got := bound.Binomial(n, k, p)
				if float64(k) <= float64(n)*p {
					if got != 0 {
						t.Errorf("n %d, k %d, p %v: %v, want 0", n, k, p, got)
					}
					continue
				}
				if low := math.Log(exact); got < low-1e-9 || got > low+math.Log(8*math.Sqrt(float64(n))) {
					t.Errorf("n %d, k %d, p %v: bound %v of %v", n, k, p, got, low)
				}
			}
		}
	}
}

func TestShare(t *testing.T) {
	for _, n := range []int64{5, 40, 1000} {
		x := bound.Share(n, 0.2, -10)
		if k := int64(math.Floor(x * float64(n))); bound.Binomial(n, k, 0.2) < -10-1e-9 {
			t.Errorf("n %d: %d are less likely than e^-10", n, k)
		}
		if k := int64(math.Floor(x*float64(n))) + 1; k <= n && bound.Binomial(n, k, 0.2) > -10 {
			t.Errorf("n %d: %d are as likely as e^-10", n, k)
		}
	}
}

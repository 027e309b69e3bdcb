package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Sums of distances are those of one pair after another, and the path in Go is
// the same to the last bit.
func TestDistances(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	for range 300 {
		n, d := r.IntN(40), 1+r.IntN(30)
		q, rows, weight := make([][lanes]float64, d), make([]float64, n*d), make([]float64, n)
		for j := range q {
			for i := range lanes {
				q[j][i] = r.NormFloat64()
			}
		}
		for i := range rows {
			rows[i] = r.NormFloat64()
		}
		for i := range weight {
			weight[i] = r.ExpFloat64()
		}
		got, inGo := distances(q, rows, weight), distancesGo(q, rows, weight)
		if got != inGo {
			t.Fatalf("%d rows of %d columns: %v, in Go %v", n, d, got, inGo)
		}
		for i, sum := range got {
			var want float64
			for k, w := range weight {
				var s float64
				for j, v := range rows[k*d : (k+1)*d] {
					s += float64((q[j][i] - v) * (q[j][i] - v))
				}
				want += float64(w * math.Sqrt(s))
			}
			if sum != want {
				t.Fatalf("%d rows of %d columns: lane %d is %v, want %v", n, d, i, sum, want)
			}
		}
	}
}

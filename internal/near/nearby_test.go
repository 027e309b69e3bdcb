package near

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A nearby keeps rows in the order of their distances, of those equally far in
// the order in which they came; taken together they are what they are one by one.
func TestNearby(t *testing.T) {
	if !fast {
		t.Skip("no AVX2")
	}
	type row struct {
		place int32
		d2    float64
	}
	rows := func(s *nearby) (all []row) {
		for i := range s.n {
			place, d2 := s.at(i)
			all = append(all, row{place, d2})
		}
		return all
	}
	r := rand.New(rand.NewPCG(1, 2))
	for run := range 500 {
		var quick, plain nearby
		quick.room(1)
		plain.room(1)
		k := 1 + r.IntN(40)
		for first := 0; first < 6*leafRows; first += leafRows {
			var apart [leafRows]float64
			for i := range apart {
				apart[i] = float64(r.IntN(1+run*run)) / 4
				if r.IntN(100) == 0 {
					apart[i] = math.Inf(1)
				}
			}
			all := hits(r.Uint32())
			quick.room(leafRows)
			left := quick.take(k, all, &apart, first)
			// One by one, as far as they were taken.
			stopped := left != 0
			for h, i := all&^left, 0; h != 0; {
				if i, h = h.next(); plain.n < k || apart[i] < plain.d2[k] {
					plain.room(1)
					plain.insert(int32(first+i), apart[i])
					if plain.n > k && plain.d2[k+1] > plain.d2[k] {
						plain.cut(1)
					}
				}
			}
			if got, want := rows(&quick), rows(&plain); !slices.Equal(got, want) {
				t.Fatalf("%d of %b at %v: %v, want %v", k, all, apart, got, want)
			}
			if !stopped && quick.n <= k {
				continue
			}
			if stopped && quick.n <= k {
				next, _ := left.next()
				if d2 := apart[next]; d2 != 0 && (quick.n < k || d2 != quick.d2[k]) {
					t.Fatalf("stopped before a row at %v that is neither at 0 nor as far as the last of %v", d2, rows(&quick))
				}
			}
			break
		}
	}
}

package window

import (
	"math/rand/v2"
	"testing"
)

// Counts and sets are what maps are, also when they are used again.
func TestDistinct(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var s Scratch
	for _, size := range []uint64{5000, 40, 300} {
		want, ids := make(map[uint64]int32), make(map[uint64]int)
		counts, set := &s.Counts[0], &s.Sets[0]
		for range 4 * size {
			n := r.Uint64N(1 + r.Uint64N(size))
			want[n]++
			if want[n] == 1 {
				ids[n] = len(ids)
			}
			now := counts.Add(n)
			if id, fresh := set.Add(n<<40 | n); now != want[n] || fresh != (now == 1) || id != ids[n] {
				t.Fatalf("%d: the %dth, number %d, fresh %v; want the %dth, number %d", n, now, id, fresh, want[n], ids[n])
			}
		}
		sum := 0
		for n := range counts.All {
			sum += int(n)
		}
		if set.Len() != len(want) || counts.Distinct() != len(want) || sum != int(4*size) {
			t.Errorf("%d and %d numbers, %d in all; want %d, %d", set.Len(), counts.Distinct(), sum, len(want), 4*size)
		}
		s.reset()
	}
}

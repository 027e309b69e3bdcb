package evaluate

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestRadixSort(t *testing.T) {
	for _, n := range []int{0, 1, 2, radixFew - 1, radixFew, 3 * radixFew} {
		for bits := 0; bits <= 64; bits += 4 {
			rng := rand.New(rand.NewPCG(uint64(bits), uint64(n)))
			keys := make([]uint64, n)
			for i := range keys {
				// bits of the key differ, on top of some that don't.
				keys[i] = 1<<63 ^ rng.Uint64()>>(64-bits)<<(rng.IntN(2)*(64-bits)/2)
			}
			want := slices.Sorted(slices.Values(keys))
			radixSort(keys, make([]uint64, n))
			if !slices.Equal(keys, want) {
				t.Errorf("%d keys of %d bits are not in order", n, bits)
			}
		}
	}
}

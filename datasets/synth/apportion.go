package synth

import (
	"math/rand/v2"
	"slices"
)

// apportion shares out total in whole numbers, in proportion to weights but
// not less than lo nor more than hi of each. A total out of reach gives the
// nearest one. Weights are at least 0, not all 0.
func apportion(total int, weights []float64, lo, hi func(i int) int) []int {
	share := make([]int, len(weights))
	fill := func(perWeight float64) (sum int) {
		for i, w := range weights {
			share[i] = int(min(max(perWeight*w, float64(lo(i))), float64(hi(i))))
			sum += share[i]
		}
		return sum
	}
	// The sum grows with perWeight: double it until it is too much, then bisect.
	below, above := 0.0, 1.0
	for range 64 {
		if fill(above) > total {
			break
		}
		below, above = above, 2*above
	}
	for range 64 {
		if mid := (below + above) / 2; fill(mid) > total {
			above = mid
		} else {
			below = mid
		}
	}
	left := total - fill(below)
	for left > 0 { // less than one for each, and more only if hi is in the way
		before := left
		for i := 0; i < len(share) && left > 0; i++ {
			if share[i] < hi(i) {
				share[i]++
				left--
			}
		}
		if left == before {
			break
		}
	}
	return share
}

// A picker draws indices with probabilities in proportion to weights.
type picker []float64 // sums of the weights up to each

func newPicker(n int, weight func(i int) float64) picker {
	p := make(picker, n)
	sum := 0.0
	for i := range p {
		sum += weight(i)
		p[i] = sum
	}
	return p
}

func (p picker) pick(rng *rand.Rand) int {
	i, _ := slices.BinarySearch(p, rng.Float64()*p[len(p)-1])
	return min(i, len(p)-1)
}

// weight returns what index i weighs.
func (p picker) weight(i int) float64 {
	if i == 0 {
		return p[0]
	}
	return p[i] - p[i-1]
}

package hbos

import (
	"context"
	"math"
	"slices"
)

// regularBins returns the number of equal-width bins, below √samples, of the
// highest penalised likelihood (Birgé and Rozenholc 2006), as PyOD's
// get_optimal_n_bins works it out: with 1 added inside the logarithm and the
// penalty b−1+(ln b)^2.5 taken off once for each of the b bins. The first of
// equals wins. It takes O(samples·log n) time.
func regularBins(ctx context.Context, p []point) (int, error) {
	values, below := make([]float64, len(p)), make([]float64, len(p)+1)
	for i, q := range p {
		values[i], below[i+1] = q.value, below[i]+q.weight
	}
	lo, hi := widen(values[0], values[len(values)-1])
	total := below[len(p)]
	best, most := 1, math.Inf(-1)
	for b := 1; b < max(2, int(math.Sqrt(total))); b++ {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		step := (hi - lo) / float64(b)
		var fit float64
		from, at := 0, lo
		for k := range b {
			to, next := len(values), hi
			if k < b-1 {
				next = border(lo, step, k+1)
				i, _ := slices.BinarySearch(values[from:], next)
				to = from + i
			}
			if next <= at { // no more borders than this in so narrow a range
				return best, nil
			}
			if n := below[to] - below[from]; n > 0 {
				fit += n * math.Log(float64(b)*n/total+1)
			}
			from, at = to, next
		}
		if fit -= float64(b) * (float64(b-1) + math.Pow(math.Log(float64(b)), 2.5)); fit > most {
			best, most = b, fit
		}
	}
	return best, nil
}

// contentBins returns the paper's number of equal-content bins.
func contentBins(p []point) int {
	var total float64
	for _, q := range p {
		total += q.weight
	}
	return max(1, int(math.Sqrt(total)))
}

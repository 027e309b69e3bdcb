package evaluate

import (
	"maps"
	"math"
	"slices"
)

// WeightedARI returns the adjusted Rand index (Hubert & Arabie 1985) of two
// partitions of rows that stand for as many samples as they weigh: that of the
// samples, copies of a row being together in both. Labels below 0 are one
// class. A nil weight is 1 for each row. It panics if lengths differ.
func WeightedARI(a, b []int32, weight []float64) float64 {
	checkLen("b", len(b), len(a))
	if weight != nil {
		checkLen("weight", len(weight), len(a))
	}
	cells, rows, cols := map[[2]int32]float64{}, map[int32]float64{}, map[int32]float64{}
	var n float64
	for i := range a {
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		x, y := max(a[i], -1), max(b[i], -1)
		cells[[2]int32{x, y}] += w
		rows[x] += w
		cols[y] += w
		n += w
	}
	both, inRow, inCol, all := pairsOf(cells), pairsOf(rows), pairsOf(cols), n*(n-1)/2
	expected := inRow * inCol / all
	most := (inRow + inCol) / 2
	if all == 0 || most == expected || math.IsNaN(expected) {
		return 1
	}
	return (both - expected) / (most - expected)
}

// pairsOf sums the pairs within each class, in an order that does not depend
// on that of the map.
func pairsOf[K comparable](sizes map[K]float64) float64 {
	var sum float64
	for _, w := range slices.Sorted(maps.Values(sizes)) {
		sum += w * (w - 1) / 2
	}
	return sum
}

package scale

import (
	"cmp"
	"math"
	"slices"

	"toolkit/features"
)

// A column is one column of a matrix.
type column struct {
	x *features.Matrix
	j int
}

func (c column) len() int { n, _ := c.x.Dims(); return n }

func (c column) at(i int) float64 { return c.x.X.At(i, c.j) }

// nothing leaves the column where it is.
func nothing(column) (center, scale float64) { return 0, 1 }

// bounds returns the least value and the distance to the greatest, 1 if they
// are equal.
func bounds(c column) (center, scale float64) {
	lo, hi := c.at(0), c.at(0)
	for i := range c.len() {
		lo, hi = min(lo, c.at(i)), max(hi, c.at(i))
	}
	return lo, orOne(hi - lo)
}

// moments returns the mean and the population's standard deviation, 1 for a
// constant column.
//
// Both are taken of the distances to the first value, and the second pass
// corrects what the first rounded (Chan, Golub & LeVeque 1983): the digits
// that all values share cost no precision.
func moments(c column) (center, scale float64) {
	origin := c.at(0)
	constant := true
	var sum, total float64
	for i := range c.len() {
		w, v := c.x.W(i), c.at(i)-origin
		sum += w * v
		total += w
		constant = constant && v == 0
	}
	if constant {
		return origin, 1
	}
	mean := sum / total
	var rest, squares float64
	for i := range c.len() {
		w, v := c.x.W(i), c.at(i)-origin-mean
		rest += w * v
		squares += w * v * v
	}
	mean += rest / total
	return origin + mean, orOne(math.Sqrt((squares - rest*rest/total) / total))
}

// quartiles returns the median and the distance between the quartiles, 1 if
// they are equal.
func quartiles(c column) (center, scale float64) {
	type value struct{ v, w float64 }
	sorted := make([]value, c.len())
	for i := range sorted {
		sorted[i] = value{c.at(i), c.x.W(i)}
	}
	slices.SortFunc(sorted, func(a, b value) int { return cmp.Compare(a.v, b.v) })
	total := c.x.Samples()

	// quantile is features.Quantile of the values repeated by their weights.
	quantile := func(p float64) float64 {
		h := p * max(total-1, 0)
		lo := math.Floor(h)
		var before float64
		for i, s := range sorted {
			before += s.w
			if before > lo {
				next := s.v
				if before <= lo+1 && i+1 < len(sorted) {
					next = sorted[i+1].v
				}
				return features.Quantile([]float64{s.v, next}, h-lo)
			}
		}
		return sorted[len(sorted)-1].v
	}
	return quantile(0.5), orOne(quantile(0.75) - quantile(0.25))
}

func orOne(scale float64) float64 {
	if scale > 0 {
		return scale
	}
	return 1
}

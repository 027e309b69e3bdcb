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

// A weighted is a value and the weight of its row.
type weighted struct{ v, w float64 }

// sorted returns the values, ascending.
func (c column) sorted() []weighted {
	values := make([]weighted, c.len())
	for i := range values {
		values[i] = weighted{c.at(i), c.x.W(i)}
	}
	// By weight too, so that sums of weights do not depend on the order of rows.
	slices.SortFunc(values, func(a, b weighted) int { return cmp.Or(cmp.Compare(a.v, b.v), cmp.Compare(a.w, b.w)) })
	return values
}

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
// Sums are of twice the precision, so that once rounded they do not depend on
// the order of the rows, nor on whether a row is repeated or weighs more. The
// deviation is of the distances to the mean: digits that all values share cost
// nothing (Chan, Golub & LeVeque 1983).
func moments(c column) (center, scale float64) {
	raw, weight := c.x.X.RawMatrix(), c.x.Weight
	values := raw.Data[c.j:]
	constant := true
	var sum, total doubled
	w := 1.0
	for i := range raw.Rows {
		v := values[i*raw.Stride]
		if weight != nil {
			w = weight[i]
		}
		sum.addProduct(w, v)
		total.add(w)
		constant = constant && v == values[0]
	}
	if constant {
		return values[0], 1
	}
	n := total.value()
	mean := sum.value() / n
	var rest, squares doubled
	for i := range raw.Rows {
		v := values[i*raw.Stride] - mean
		if weight != nil {
			w = weight[i]
		}
		rest.addProduct(w, v)
		square := v * v
		squares.addProduct(w, square)
		squares.lo += w * math.FMA(v, v, -square)
	}
	off := rest.value() / n // what rounding the mean has left
	return mean + off, orOne(math.Sqrt(max(squares.value()/n-off*off, 0)))
}

// A doubled is a sum of twice the precision of a float64: its value is hi, and
// lo is what hi lacks (Dekker 1971).
type doubled struct{ hi, lo float64 }

func (s *doubled) add(v float64) {
	sum := s.hi + v
	t := sum - s.hi
	s.lo += (s.hi - (sum - t)) + (v - t)
	s.hi = sum
}

// addProduct adds a·b with what the product is rounded by.
func (s *doubled) addProduct(a, b float64) {
	p := a * b
	s.add(p)
	s.lo += math.FMA(a, b, -p)
}

func (s *doubled) value() float64 { return s.hi + s.lo }

// quartiles returns the median and the distance between the quartiles, 1 if
// they are equal.
func quartiles(c column) (center, scale float64) {
	sorted := c.sorted()
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

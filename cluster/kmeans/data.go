package kmeans

import (
	"errors"
	"math"
	"slices"

	"toolkit/features"
)

// data are the distinct rows that k-means works on. They are not changed, and
// shared by all runs. Means are worked out from the rows' differences from low:
// a large constant then swallows nothing that is added to it, and sums of whole
// numbers stay exact.
type data struct {
	n, d     int
	x        []float64 // n×d
	w        []float64 // weight of each row
	total    float64   // sum of the weights
	low      []float64 // the least value of each column
	variance float64   // mean of the columns' (population) variances
	diameter float64   // no two points among the rows are farther apart
}

var errOverflow = errors.New("k-means: the values are so far apart that their squared distances overflow: scale the columns first")

func newData(c *features.Collapsed) (*data, error) {
	n, d := c.Dims()
	a := &data{n: n, d: d, x: c.X.RawMatrix().Data, w: c.Weight}
	a.low = slices.Clone(a.row(0))
	high := slices.Clone(a.row(0))
	for i := range n {
		a.total += a.w[i]
		for j, v := range a.row(i) {
			a.low[j], high[j] = min(a.low[j], v), max(high[j], v)
		}
	}
	a.diameter = math.Sqrt(sqDist(a.low, high))
	if math.IsInf(a.total*a.diameter*a.diameter, 0) {
		return nil, errOverflow
	}
	mean := make([]float64, d)
	for i := range n {
		for j, v := range a.row(i) {
			mean[j] += float64(a.w[i] * (v - a.low[j]))
		}
	}
	for j := range mean {
		mean[j] = a.low[j] + mean[j]/a.total
	}
	for i := range n {
		a.variance += float64(a.w[i] * sqDist(a.row(i), mean))
	}
	a.variance /= a.total * float64(d)
	return a, nil
}

func (a *data) row(i int) []float64 { return a.x[i*a.d : (i+1)*a.d] }

package kmeans

import (
	"errors"
	"math"

	"toolkit/features"
)

// data are the distinct rows that k-means works on. They are not changed, and
// shared by all runs.
type data struct {
	n, d     int
	x        []float64 // n×d
	w        []float64 // weight of each row
	total    float64   // sum of the weights
	mean     []float64 // of each column
	variance float64   // mean of the columns' (population) variances
	diameter float64   // no two points among the rows are farther apart
}

var errOverflow = errors.New("k-means: the values are so far apart that their squared distances overflow: scale the columns first")

func newData(c *features.Collapsed) (*data, error) {
	n, d := c.Dims()
	a := &data{n: n, d: d, x: c.X.RawMatrix().Data, w: c.Weight, mean: make([]float64, d)}
	low, high := append([]float64(nil), a.row(0)...), append([]float64(nil), a.row(0)...)
	for i := range n {
		a.total += a.w[i]
		for j, v := range a.row(i) {
			low[j], high[j] = min(low[j], v), max(high[j], v)
		}
	}
	a.diameter = math.Sqrt(sqDist(low, high))
	if math.IsInf(a.total*a.diameter*a.diameter, 0) {
		return nil, errOverflow
	}
	// Deviations from one of the rows are summed, not the values: a large
	// constant must not swallow what is added to it.
	for i := range n {
		for j, v := range a.row(i) {
			a.mean[j] += float64(a.w[i] * (v - low[j]))
		}
	}
	for j := range d {
		a.mean[j] = low[j] + a.mean[j]/a.total
	}
	for i := range n {
		a.variance += float64(a.w[i] * sqDist(a.row(i), a.mean))
	}
	a.variance /= a.total * float64(d)
	return a, nil
}

func (a *data) row(i int) []float64 { return a.x[i*a.d : (i+1)*a.d] }

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
	_, d := c.Dims()
	return dataOf(d, c.X.RawMatrix().Data, c.Weight)
}

// dataOf returns the data of the rows x of d columns and weights w.
func dataOf(d int, x, w []float64) (*data, error) {
	n := len(w)
	a := &data{n: n, d: d, x: x, w: w}
	a.low = slices.Clone(a.row(0))
	for i := range n {
		a.total += a.w[i]
		for j, v := range a.row(i) {
			a.low[j] = min(a.low[j], v)
		}
	}
	a.diameter = math.Sqrt(sqDist(a.low, a.high()))
	if math.IsInf(a.total*a.diameter*a.diameter, 0) {
		return nil, errOverflow
	}
	mean := a.mean()
	for i := range n {
		a.variance += float64(a.w[i] * sqDist(a.row(i), mean))
	}
	a.variance /= a.total * float64(d)
	return a, nil
}

// mean returns the mean of the rows.
func (a *data) mean() []float64 {
	mean := make([]float64, a.d)
	for i := range a.n {
		for j, v := range a.row(i) {
			mean[j] += float64(a.w[i] * (v - a.low[j]))
		}
	}
	for j := range mean {
		mean[j] = a.low[j] + mean[j]/a.total
	}
	return mean
}

// high returns the greatest value of each column.
func (a *data) high() []float64 {
	high := slices.Clone(a.row(0))
	for i := range a.n {
		for j, v := range a.row(i) {
			high[j] = max(high[j], v)
		}
	}
	return high
}

// take returns the data of the given rows, with those weights.
func (a *data) take(rows []int, w []float64) (*data, error) {
	x := make([]float64, 0, len(rows)*a.d)
	for _, i := range rows {
		x = append(x, a.row(i)...)
	}
	return dataOf(a.d, x, w)
}

func (a *data) row(i int) []float64 { return a.x[i*a.d : (i+1)*a.d] }

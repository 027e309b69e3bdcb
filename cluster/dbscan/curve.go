package dbscan

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"toolkit/features"
)

// A curve is the k-distances of all samples in descending order, a point for
// each distance.
type curve struct {
	distance []float64 // descending, above 0, finite
	samples  []float64 // how many samples have at least that distance
}

// newCurve returns the curve of rows with the given squared k-distances and
// weights. Rows are left out whose distance is 0 or infinite.
func newCurve(d2, weight []float64) *curve {
	var rows []int32
	for i, v := range d2 {
		if v > 0 && !math.IsInf(v, 1) {
			rows = append(rows, int32(i))
		}
	}
	slices.SortFunc(rows, func(a, b int32) int {
		return cmp.Or(cmp.Compare(d2[b], d2[a]), cmp.Compare(a, b))
	})
	c, sum := &curve{}, 0.0
	for k, i := range rows {
		sum += weight[i]
		if k > 0 && d2[i] == d2[rows[k-1]] {
			c.samples[len(c.samples)-1] = sum
			continue
		}
		c.distance = append(c.distance, within(d2[i]))
		c.samples = append(c.samples, sum)
	}
	return c
}

// within returns the least eps that rows of squared distance d2 are within.
func within(d2 float64) float64 {
	eps := math.Sqrt(d2)
	for eps*eps < d2 {
		eps = math.Nextafter(eps, math.Inf(1))
	}
	return eps
}

// knee returns the distance at which the curve is farthest below the straight
// line from its first sample to its last, both axes scaled to 0 to 1 (Satopää
// et al. 2011); of several, the greatest. It is the greatest of all where the
// curve is nowhere below the line, and 1 for an empty curve.
func (c *curve) knee() float64 {
	n := len(c.distance)
	switch n {
	case 0:
		return 1
	case 1:
		return c.distance[0]
	}
	top, bottom := c.distance[0], c.distance[n-1]
	last := c.samples[n-1] - min(1, c.samples[n-1]-c.samples[n-2]) // samples before the last
	knee, deepest, before := top, 1e-12, 0.0                       // what is less deep is rounding
	for i, d := range c.distance {
		// The first sample of that distance stands after all those before.
		if depth := 1 - before/last - (d-bottom)/(top-bottom); depth > deepest {
			knee, deepest = d, depth
		}
		before = c.samples[i]
	}
	return knee
}

// curvePoints is how many points of a curve a table has at most.
const curvePoints = 1000

// table returns the curve, thinned to evenly spread points with both ends.
func (c *curve) table(eps float64, minSamples int) *features.Table {
	samples := &features.Column{Field: features.Field{Name: "samples", Type: features.Float, Unit: features.Count, Role: features.Value,
		Doc: "Samples with at least this k-distance."}}
	distance := &features.Column{Field: features.Field{Name: "distance", Type: features.Float, Role: features.Value,
		Doc: "The k-distance: the distance within which a sample has min_samples samples, itself included."}}
	points := min(len(c.distance), curvePoints)
	for k := range points {
		i := k
		if points > 1 {
			i = k * (len(c.distance) - 1) / (points - 1)
		}
		samples.Floats = append(samples.Floats, c.samples[i])
		distance.Floats = append(distance.Floats, c.distance[i])
	}
	return &features.Table{
		Name:    "kdistance",
		Columns: []*features.Column{samples, distance},
		Meta:    map[string]string{"eps": formatFloat(eps), "min_samples": strconv.Itoa(minSamples)},
	}
}

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

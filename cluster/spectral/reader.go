package spectral

import "math"

// A reader reads clusters off the space of the eigenvectors: each cluster has an
// axis there.
type reader struct {
	Assign string      `json:"assign"`
	Scale  []float64   `json:"scale"` // of each eigenvector
	Axes   [][]float64 `json:"axes"`  // by cluster
}

// unit sets row to the coordinates, each times the scale of its eigenvector, as
// a vector of length 1, and tells whether it has a direction.
func unit(row, coords, scale []float64) bool {
	largest, square := 0.0, 0.0
	for j, v := range coords {
		row[j] = v * scale[j]
		largest = max(largest, math.Abs(row[j]))
	}
	if largest == 0 {
		return false
	}
	for _, v := range row {
		square += (v / largest) * (v / largest)
	}
	for j := range row {
		row[j] = row[j] / largest / math.Sqrt(square)
	}
	return true
}

// read returns the cluster of coordinates, and false for those of a row that is
// in none of the parts that have an eigenvector. row is of as many numbers, for
// its use.
func (r *reader) read(coords, row []float64) (int32, bool) {
	if len(r.Axes) == 0 || !unit(row, coords, r.Scale) {
		return 0, false
	}
	if r.Assign == ClusterQR {
		row = coords
	}
	best, most := int32(0), math.Inf(-1)
	for c, axis := range r.Axes {
		fit := 0.0
		for j, v := range axis {
			if r.Assign == KMeans {
				fit -= (row[j] - v) * (row[j] - v)
			} else {
				fit += row[j] * v
			}
		}
		if r.Assign == ClusterQR {
			fit = math.Abs(fit)
		}
		if fit > most {
			best, most = int32(c), fit
		}
	}
	return best, true
}

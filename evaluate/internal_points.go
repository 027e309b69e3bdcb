package evaluate

import (
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// clustered is the distinct rows of each cluster.
type clustered struct {
	d       int
	rows    []float64 // u×d, cluster by cluster
	weight  []float64 // of each
	end     []int     // where the rows of each cluster end
	label   []int32   // of each cluster, ascending
	samples []float64 // of each cluster
	of      []int32   // for each row of the matrix, its distinct row; −1 for noise
	noise   float64   // samples without a cluster
}

// newClustered gathers the rows of x by their labels. Equal rows of different
// labels are different.
func newClustered(x *features.Matrix, labels []int32) *clustered {
	n, d := x.Dims()
	checkLen("labels", len(labels), n)
	c := &clustered{d: d, of: make([]int32, n)}
	in := 0
	for _, l := range labels {
		if l >= 0 {
			in++
		}
	}
	m := &features.Matrix{Weight: make([]float64, 0, in)}
	data := make([]float64, 0, in*(d+1))
	for i, l := range labels {
		if c.of[i] = -1; l < 0 {
			c.noise += x.W(i)
			continue
		}
		c.of[i] = int32(len(m.Weight))
		m.Weight = append(m.Weight, x.W(i))
		data = append(append(data, float64(l)), x.X.RawRowView(i)...)
	}
	if in == 0 {
		return c
	}
	m.X = mat.NewDense(len(m.Weight), d+1, data)
	groups := features.Collapse(m)
	for i, k := range c.of {
		if k >= 0 {
			c.of[i] = groups.Of[k]
		}
	}
	u, _ := groups.Dims()
	c.rows, c.weight = make([]float64, 0, u*d), groups.Weight
	for g := range u {
		row := groups.X.RawRowView(g)
		if l := int32(row[0]); len(c.label) == 0 || l != c.label[len(c.label)-1] {
			c.label, c.end, c.samples = append(c.label, l), append(c.end, g), append(c.samples, 0)
		}
		c.rows = append(c.rows, row[1:]...)
		k := len(c.label) - 1
		c.end[k] = g + 1
		c.samples[k] += c.weight[g]
	}
	return c
}

// cluster returns where the rows of cluster k begin and end.
func (c *clustered) cluster(k int) (lo, hi int) {
	if k > 0 {
		lo = c.end[k-1]
	}
	return lo, c.end[k]
}

func (c *clustered) row(g int) []float64 { return c.rows[g*c.d : (g+1)*c.d] }

// total returns how many samples are in clusters.
func (c *clustered) total() float64 {
	var sum float64
	for _, s := range c.samples {
		sum += s
	}
	return sum
}

// lone tells whether clusters can't be compared: there are fewer than two, or
// none has two samples.
func (c *clustered) lone() bool {
	return len(c.label) < 2 || c.total() <= float64(len(c.label))
}

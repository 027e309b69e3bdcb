package ward

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// A merger makes one cluster of two. It names them by a row of each.
type merger struct {
	a, b   int32
	height float64
	wa, wb float64 // samples of both
}

// mergers returns the mergers of rows with weights in the order of their
// heights, one fewer than there are rows: by chains of nearest neighbours
// (Benzécri 1982; Murtagh 1983), which give the same clusters as merging the
// nearest two of all each time, as Ward's criterion is reducible. Of clusters
// that are equally near the one of the lowest row is taken. It takes O(n²·d)
// time and n·(8·d+60) bytes.
func mergers(ctx context.Context, x *mat.Dense, weight []float64, step func(done int)) ([]merger, error) {
	n, d := x.Dims()
	c := &clusters{d: d, centre: make([]float64, 0, n*d), weight: slices.Clone(weight), row: make([]int32, n)}
	for i := range n {
		c.centre = append(c.centre, x.RawRowView(i)...)
		c.row[i] = int32(i)
	}
	var chain []int32 // rows of clusters, each the nearest of the one before
	place := make([]int32, n)
	for i := range place {
		place[i] = int32(i)
	}
	all := make([]merger, 0, n-1)
	for k := 0; len(all) < n-1; k++ {
		if k%16 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			step(len(all))
		}
		if len(chain) == 0 {
			chain = append(chain, c.row[0])
		}
		top := place[chain[len(chain)-1]]
		before := int32(-1)
		if len(chain) > 1 {
			before = place[chain[len(chain)-2]]
		}
		next, cost := c.nearest(top, before)
		if next != before {
			chain = append(chain, c.row[next])
			continue
		}
		chain = chain[:len(chain)-2]
		a, b := min(top, next), max(top, next)
		all = append(all, merger{c.row[a], c.row[b], math.Sqrt(2 * cost), c.weight[a], c.weight[b]})
		c.merge(a, b, place)
	}
	slices.SortStableFunc(all, func(x, y merger) int { return cmp.Compare(x.height, y.height) })
	return all, nil
}

// clusters are what is left while merging, side by side, in the order of a row
// of each.
type clusters struct {
	d      int
	centre []float64
	weight []float64
	row    []int32
}

func (c *clusters) at(i int32) []float64 { return c.centre[int(i)*c.d : (int(i)+1)*c.d] }

// nearest returns the cluster whose merger with cluster i adds least to the sum
// of squares, and how much. Of several it is before, which may be −1, or the
// first.
func (c *clusters) nearest(i, before int32) (next int32, cost float64) {
	next, cost = -1, math.Inf(1)
	q, w := c.at(i), c.weight[i]
	if before >= 0 {
		next, cost = before, c.cost(q, c.at(before), w, c.weight[before])
	}
	for j := range int32(len(c.row)) {
		if j == i {
			continue
		}
		if v := c.cost(q, c.at(j), w, c.weight[j]); v < cost || next < 0 {
			next, cost = j, v
		}
	}
	return next, cost
}

// cost returns what merging two clusters adds to the sum of squares.
func (c *clusters) cost(a, b []float64, wa, wb float64) float64 {
	var s float64
	b = b[:len(a)]
	for j, v := range a {
		v -= b[j]
		s += float64(v * v)
	}
	return s * (wa / (wa + wb) * wb)
}

// merge makes clusters a and b, a < b, one in a's place. place is where the
// cluster of a row stands.
func (c *clusters) merge(a, b int32, place []int32) {
	p, q := c.at(a), c.at(b)
	share := c.weight[b] / (c.weight[a] + c.weight[b])
	for j := range p {
		p[j] += 2 * float64(share*(q[j]/2-p[j]/2)) // halves, as the whole may be beyond float64
	}
	c.weight[a] += c.weight[b]
	// The last one takes b's place.
	last := int32(len(c.row) - 1)
	copy(q, c.at(last))
	c.weight[b], c.row[b] = c.weight[last], c.row[last]
	place[c.row[b]] = b
	c.row, c.weight, c.centre = c.row[:last], c.weight[:last], c.centre[:int(last)*c.d]
}

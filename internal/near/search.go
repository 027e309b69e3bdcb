package near

import (
	"math"
	"slices"
)

// Count returns the weight of the rows within squared distance r2 of q, or, as
// soon as that is at least enough, what is counted so far.
func (t *Tree) Count(q []float64, r2, enough float64) float64 {
	if t.minDist(0, q, r2) > r2 {
		return 0
	}
	c := counter{t, q, r2, enough, 0}
	c.visit(0)
	return c.sum
}

type counter struct {
	*Tree
	q          []float64
	r2, enough float64
	sum        float64
}

// visit counts the rows of node i, which may be within reach. It tells whether
// there are enough.
func (c *counter) visit(i int) bool {
	nd := &c.nodes[i]
	// A box wider than the ball can't lie in it: no need to work it out.
	if nd.diag <= 4*c.r2 && c.maxDist(i, c.q, c.r2) <= c.r2 {
		c.sum += nd.weight
		return c.sum >= c.enough
	}
	if c.leaf(i) {
		var d2 [leafRows]float64
		for h, k := c.inside(i, c.q, c.r2, &d2), 0; h != 0; {
			k, h = h.next()
			if c.sum += c.weight[int(nd.lo)+k]; c.sum >= c.enough {
				return true
			}
		}
		return false
	}
	near, far, dn, df := c.children(i, c.q, c.r2)
	return dn <= c.r2 && c.visit(near) || df <= c.r2 && c.visit(far)
}

// A Kth finds k-th distances. It is for one goroutine at a time.
type Kth struct {
	t    *Tree
	k    float64
	q    []float64
	near []weighted // the nearest rows so far that together weigh k or just above, ascending
	sum  float64    // their weight
	d2   float64    // the k-th squared distance so far
}

type weighted struct{ d2, w float64 }

// Kth returns a search for the distance at which the rows around a place weigh
// k in all.
func (t *Tree) Kth(k float64) *Kth { return &Kth{t: t, k: k} }

// Distance returns the squared distance from q within which the rows weigh at
// least k, the row of q itself among them if it is in the tree: +Inf if all
// weigh less.
func (s *Kth) Distance(q []float64) (d2 float64) {
	s.begin(q)
	s.visit(0)
	return s.d2
}

func (s *Kth) begin(q []float64) { s.q, s.near, s.sum, s.d2 = q, s.near[:0], 0, math.Inf(1) }

func (s *Kth) visit(i int) {
	t := s.t
	if t.leaf(i) {
		var d2 [leafRows]float64
		s.take(i, t.inside(i, s.q, s.d2, &d2), &d2)
		return
	}
	near, far, dn, df := t.children(i, s.q, s.d2)
	// At the k-th distance itself a row changes nothing.
	if dn < s.d2 || math.IsInf(s.d2, 1) {
		s.visit(near)
	}
	if df < s.d2 || math.IsInf(s.d2, 1) {
		s.visit(far)
	}
}

// take takes in rows of leaf i, those that are no farther than the k-th so far.
func (s *Kth) take(i int, in hits, d2 *[leafRows]float64) {
	lo := int(s.t.nodes[i].lo)
	for k := 0; in != 0; {
		if k, in = in.next(); d2[k] < s.d2 || math.IsInf(s.d2, 1) {
			s.add(weighted{d2[k], s.t.weight[lo+k]})
		}
	}
}

func (s *Kth) add(c weighted) {
	at, _ := slices.BinarySearchFunc(s.near, c.d2, func(e weighted, d2 float64) int {
		if e.d2 <= d2 {
			return -1
		}
		return 1
	})
	s.near = slices.Insert(s.near, at, c)
	s.sum += c.w
	for {
		last := s.near[len(s.near)-1]
		if s.sum-last.w < s.k {
			break
		}
		s.near, s.sum = s.near[:len(s.near)-1], s.sum-last.w
	}
	if s.sum >= s.k {
		s.d2 = s.near[len(s.near)-1].d2
	}
}

package near

import (
	"context"
	"math"
	"slices"
)

// A Neighbour is a row near a place that was asked for.
type Neighbour struct {
	Place  int32   // where the row stands in the tree's order
	D2     float64 // squared distance
	Weight float64 // how many of the k samples it stands for
}

// Neighbours finds the k nearest samples. It is for one goroutine at a time.
type Neighbours struct {
	t      *Tree
	k, own float64
	q      []float64
	near   []Neighbour // the nearest rows so far that weigh k or just above, and all as far as the last, ascending
	sum    float64     // their weight
	last   float64     // the weight of those as far as the last
	d2     float64     // the last one's squared distance once there are k samples
	equal  int32       // the place of a row equal to q, −1 if there is none
}

// Neighbours returns a search for the k samples nearest to a place. Of a row
// equal to the place, own samples are not counted: 1 where the place is itself
// one of the samples, and not its own neighbour; 0 where it is another.
func (t *Tree) Neighbours(k, own float64) *Neighbours { return &Neighbours{t: t, k: k, own: own} }

// Find returns the rows that the k samples nearest to q are copies of, in
// ascending order of distance; fewer if there are no more. Where rows equally
// far, the farthest, stand for more samples than are left of k, they share
// those in proportion to their weights, so that no order of the rows decides
// on any. The answer holds until the next call.
func (s *Neighbours) Find(q []float64) []Neighbour {
	s.begin(q)
	s.visit(0)
	s.share(Tied(s.near))
	return s.near
}

// Tied returns how many of the rows that a search has found are as far as the
// last.
func Tied(found []Neighbour) int {
	n := len(found)
	for n > 0 && found[n-1].D2 == found[len(found)-1].D2 {
		n--
	}
	return len(found) - n
}

// Again returns what Find has returned for the row at place p, which no other
// equals, without a search: places are those of its neighbours, of which the
// last tied are equally far. Without distances these are all 0.
func (s *Neighbours) Again(p int, places []int32, tied int, distances bool) []Neighbour {
	q := s.t.At(p)
	near, sum, last := s.near[:0], 0.0, 0.0
	for i, c := range places {
		w, d2 := s.t.weight[c], 0.0
		if int(c) == p {
			w = max(0, w-s.own)
		} else if distances {
			d2 = SqDist(s.t.At(int(c)), q)
		}
		near = append(near, Neighbour{c, d2, w})
		sum += w
		if i >= len(places)-tied {
			last += w
		}
	}
	s.near, s.sum, s.last = near, sum, last
	s.share(tied)
	return near
}

// EachNeighbours calls do with each place of the tree and the k samples nearest
// to it, its own copies among them but not itself: what Neighbours(k, 1).Find
// returns, in another order where rows are equally far. do is called from that
// many goroutines at once and must not keep found.
//
// The places of a leaf are searched for together, from their own leaf up: the
// nearest are met first.
func (t *Tree) EachNeighbours(ctx context.Context, k float64, workers int, step func(done int), do func(p int, found []Neighbour)) error {
	return t.eachLeaf(ctx, workers, step, func() func(leaf int) {
		var each [leafRows]*Neighbours
		for i := range each {
			each[i] = t.Neighbours(k, 1)
		}
		group := &together{Tree: t}
		group.scan = func(k, leaf int) {
			each[k].scan(leaf)
			group.limit[k] = each[k].d2
		}
		return func(leaf int) {
			lo, hi := int(t.nodes[leaf].lo), int(t.nodes[leaf].hi)
			for p := lo; p < hi; p++ {
				each[p-lo].begin(t.At(p))
			}
			group.search(leaf)
			for p := lo; p < hi; p++ {
				each[p-lo].share(Tied(each[p-lo].near))
				do(p, each[p-lo].near)
			}
		}
	})
}

func (s *Neighbours) begin(q []float64) {
	s.q, s.near, s.sum, s.last, s.d2, s.equal = q, s.near[:0], 0, 0, math.Inf(1), -1
}

// scan compares the place with the rows of leaf i.
func (s *Neighbours) scan(i int) {
	var d2 [leafRows]float64
	lo := int(s.t.nodes[i].lo)
	for h, k := s.t.inside(i, s.q, s.d2, &d2), 0; h != 0; {
		if k, h = h.next(); d2[k] <= s.d2 {
			s.add(lo+k, d2[k])
		}
	}
}

// Equal returns the place of the row that equals what the last Find was asked
// for, −1 if there is none.
func (s *Neighbours) Equal() int32 { return s.equal }

func (s *Neighbours) visit(i int) {
	t := s.t
	if t.leaf(i) {
		s.scan(i)
		return
	}
	near, far := 2*i+1, 2*i+2
	dn, df := boxDist(t.boxOf(near), s.q, s.d2), boxDist(t.boxOf(far), s.q, s.d2)
	if df < dn {
		near, far, dn, df = far, near, df, dn
	}
	if dn <= s.d2 {
		s.visit(near)
	}
	if df <= s.d2 {
		s.visit(far)
	}
}

// weight returns how many samples the row at place p counts for.
func (s *Neighbours) weight(p int, d2 float64) float64 {
	w := s.t.weight[p]
	if d2 == 0 && slices.Equal(s.t.At(p), s.q) {
		w = max(0, w-s.own)
		s.equal = int32(p)
	}
	return w
}

// add takes in the row at place p, which is no farther than the last.
func (s *Neighbours) add(p int, d2 float64) {
	c := Neighbour{int32(p), d2, s.weight(p, d2)}
	if c.Weight == 0 {
		return
	}
	full := s.sum >= s.k
	s.sum += c.Weight
	near := append(s.near, c)
	if full && d2 == s.d2 { // one more as far as the last
		s.near, s.last = near, s.last+c.Weight
		return
	}
	at := len(near) - 1
	for ; at > 0 && near[at-1].D2 > d2; at-- {
		near[at] = near[at-1]
	}
	near[at] = c
	s.near = near
	if s.sum < s.k {
		return
	}
	if !full {
		s.count()
	}
	for s.sum-s.last >= s.k {
		s.sum -= s.last
		s.near = s.near[:len(s.near)-Tied(s.near)]
		s.count()
	}
	s.d2 = s.near[len(s.near)-1].D2
}

// count weighs the rows as far as the last.
func (s *Neighbours) count() {
	s.last = 0
	for _, c := range s.near[len(s.near)-Tied(s.near):] {
		s.last += c.Weight
	}
}

// share leaves k samples, of which the last tied rows share what is left.
func (s *Neighbours) share(tied int) {
	if len(s.near) == 0 || s.sum <= s.k {
		return
	}
	left := s.k - (s.sum - s.last)
	for i := len(s.near) - tied; i < len(s.near); i++ {
		s.near[i].Weight = s.near[i].Weight * left / s.last
	}
}

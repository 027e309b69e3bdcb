package near

import (
	"context"
	"math"
	"math/bits"
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
	rows   int // that weigh k, if each weighs 1
	q      []float64
	near   nearby      // the nearest rows so far that weigh k or just above, and all as far as the last
	sum    float64     // their weight
	last   float64     // the weight of those as far as the last
	d2     float64     // the last one's squared distance once there are k samples
	equal  int32       // the place of a row equal to q, −1 if there is none
	found  []Neighbour // the answer

	apart [leafRows]float64 // squared distances of the rows of a leaf
}

// Neighbours returns a search for the k samples nearest to a place. Of a row
// equal to the place, own samples are not counted: 1 where the place is itself
// one of the samples, and not its own neighbour; 0 where it is another.
func (t *Tree) Neighbours(k, own float64) *Neighbours {
	return &Neighbours{t: t, k: k, own: own, rows: int(math.Ceil(k))}
}

// Find returns the rows that the k samples nearest to q are copies of, in
// ascending order of distance; fewer if there are no more. Where rows equally
// far, the farthest, stand for more samples than are left of k, they share
// those in proportion to their weights, so that no order of the rows decides
// on any. The answer holds until the next call.
func (s *Neighbours) Find(q []float64) []Neighbour {
	s.begin(q)
	s.visit(0)
	return s.answer()
}

// answer returns what was found.
func (s *Neighbours) answer() []Neighbour {
	s.found = s.found[:0]
	for i := range s.near.n {
		p, d2 := s.near.at(i)
		s.found = append(s.found, Neighbour{p, d2, s.weight(int(p), d2)})
	}
	if s.t.single {
		s.last = float64(s.near.tied())
	}
	s.share(s.near.tied())
	return s.found
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
	near, sum, last := s.found[:0], 0.0, 0.0
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
	s.found, s.sum, s.last = near, sum, last
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
		group.found = func(k, leaf int, in hits, d2 *[leafRows]float64) {
			each[k].take(leaf, in, d2)
			group.limit[k] = each[k].d2
		}
		return func(leaf int) {
			lo, hi := int(t.nodes[leaf].lo), int(t.nodes[leaf].hi)
			for p := lo; p < hi; p++ {
				each[p-lo].begin(t.At(p))
			}
			group.around(leaf, unlimited)
			for p := lo; p < hi; p++ {
				do(p, each[p-lo].answer())
			}
		}
	})
}

func (s *Neighbours) begin(q []float64) {
	s.near.clear()
	s.q, s.sum, s.last, s.d2, s.equal = q, 0, 0, math.Inf(1), -1
}

// take takes in rows of leaf i, those that are no farther than the last so far.
func (s *Neighbours) take(i int, in hits, d2 *[leafRows]float64) {
	if in == 0 {
		return
	}
	s.near.room(bits.OnesCount32(uint32(in)))
	lo := int(s.t.nodes[i].lo)
	for k := 0; in != 0; {
		if fast && s.t.single && s.near.n <= s.rows {
			if in = s.near.take(s.rows, in, d2, lo); s.near.n >= s.rows {
				_, s.d2 = s.near.at(s.rows - 1)
			}
			s.sum = float64(s.near.n)
			if in == 0 {
				break
			}
		}
		if k, in = in.next(); d2[k] <= s.d2 {
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
		s.take(i, t.inside(i, s.q, s.d2, &s.apart), &s.apart)
		return
	}
	near, far, dn, df := t.children(i, s.q, s.d2)
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

// add takes in the row at place p, which is no farther than the last. There is
// room for it.
func (s *Neighbours) add(p int, d2 float64) {
	w := s.weight(p, d2)
	if w == 0 {
		return
	}
	if s.t.single {
		s.addOne(p, d2)
		return
	}
	full := s.sum >= s.k
	s.sum += w
	s.near.insert(int32(p), d2)
	switch {
	case full && d2 == s.d2: // one more as far as the last
		s.last += w
		return
	case s.sum < s.k:
		return
	case !full:
		s.count()
	}
	for s.sum-s.last >= s.k {
		s.sum -= s.last
		s.near.cut(s.near.tied())
		s.count()
	}
	_, s.d2 = s.near.at(s.near.n - 1)
}

// addOne is add where all rows weigh 1: what is behind the k-th are rows as far
// as that was, and only their number is to be known.
func (s *Neighbours) addOne(p int, d2 float64) {
	s.near.insert(int32(p), d2)
	s.sum++
	n, k := s.near.n, s.rows
	if n < k {
		return
	}
	_, s.d2 = s.near.at(k - 1)
	if _, last := s.near.at(n - 1); last > s.d2 {
		s.near.cut(n - k)
		s.sum = float64(k)
	}
}

// count weighs the rows as far as the last.
func (s *Neighbours) count() {
	s.last = 0
	for i := s.near.n - s.near.tied(); i < s.near.n; i++ {
		p, d2 := s.near.at(i)
		s.last += s.weight(int(p), d2)
	}
}

// share leaves k samples, of which the last tied rows share what is left.
func (s *Neighbours) share(tied int) {
	if len(s.found) == 0 || s.sum <= s.k {
		return
	}
	left := s.k - (s.sum - s.last)
	for i := len(s.found) - tied; i < len(s.found); i++ {
		s.found[i].Weight = s.found[i].Weight * left / s.last
	}
}

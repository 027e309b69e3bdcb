package near

import (
	"context"
	"sync"
)

// A together is a search for the rows of a leaf at once, from that leaf up: all
// are compared with a box together, and only those that may have nearer rows in
// it go on. Where the search of each row alone would begin is where it ends.
type together struct {
	*Tree
	home  int               // the leaf
	limit [leafRows]float64 // of each of its rows: the squared distance beyond which nothing matters
	scan  func(k, leaf int) // compares the k-th row of the leaf with the rows of another, or itself, and lessens its limit
}

// search lets the rows of leaf home meet all rows that may be within their
// limits.
func (s *together) search(home int) {
	s.home, s.limit = home, unlimited
	n := int(s.nodes[home].hi - s.nodes[home].lo)
	for k := range n {
		s.scan(k, home)
	}
	var d2 [leafRows]float64
	for i := home; i > 0; i = (i - 1) / 2 {
		sibling := i + 1
		if i%2 == 0 {
			sibling = i - 1
		}
		s.visit(sibling, s.boxWithin(home, s.boxOf(sibling), 1<<n-1, &s.limit, &d2))
	}
}

// visit looks in node i, where some of the rows may have nearer ones.
func (s *together) visit(i int, some hits) {
	if some == 0 {
		return
	}
	if s.leaf(i) {
		for h, k := some, 0; h != 0; {
			k, h = h.next()
			s.scan(k, i)
		}
		return
	}
	var dn, df [leafRows]float64
	near, far := 2*i+1, 2*i+2
	n, f := s.boxWithin(s.home, s.boxOf(near), some, &s.limit, &dn), s.boxWithin(s.home, s.boxOf(far), some, &s.limit, &df)
	// The child that more of the rows are nearer to comes first.
	votes := 0
	for h, k := n&f, 0; h != 0; {
		if k, h = h.next(); df[k] < dn[k] {
			votes++
		} else if df[k] > dn[k] {
			votes--
		}
	}
	if votes > 0 {
		near, far, n, f, df = far, near, f, n, dn
	}
	if n != 0 {
		s.visit(near, n)
		for h, k := f, 0; h != 0; {
			if k, h = h.next(); df[k] > s.limit[k] {
				f &^= 1 << k
			}
		}
	}
	s.visit(far, f)
}

// eachLeaf calls with each leaf what worker returns, from that many goroutines at
// once. step is told how many rows are done.
func (t *Tree) eachLeaf(ctx context.Context, workers int, step func(done int), worker func() func(leaf int)) error {
	leaves := (len(t.nodes) + 1) / 2
	first := len(t.nodes) - leaves
	var rows func(done int)
	if step != nil {
		rows = func(done int) { step(done * t.Len() / leaves) }
	}
	var idle sync.Pool // of searches
	idle.New = func() any { return worker() }
	return Each(ctx, leaves, grain/leafRows, workers, rows, func(lo, hi int) {
		do := idle.Get().(func(leaf int))
		for leaf := first + lo; leaf < first+hi; leaf++ {
			do(leaf)
		}
		idle.Put(do)
	})
}

// EachBytes returns what a worker takes for the searches of the rows of a leaf
// for k neighbours each.
func EachBytes(k int) int64 { return leafRows * (2*int64(k)*40 + 2048) }

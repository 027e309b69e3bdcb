package near

import (
	"context"
	"math/bits"
	"sync"
)

// A together is a search for some rows at once: all are compared with a box
// together, and only those that may have nearer rows in it go on.
type together struct {
	*Tree
	rows  block
	sieve *coarse           // of the tree, unless the rows are beyond it
	rough coarseBlock       // the same rows for it
	limit [leafRows]float64 // of each row: the squared distance beyond which nothing matters; below 0 for nothing at all

	// found is told which rows of a leaf the k-th row has within its limit, and
	// their squared distances, and lessens the limit.
	found func(k, leaf int, in hits, d2 *[leafRows]float64)
	apart [leafRows]float64 // what it is told of

	room struct { // for rows that are not of the tree
		columns []float64
		rough   coarseBlock
	}
}

// around lets the rows of leaf home, with limits, meet all rows of the tree that may be
// within them, from that leaf up: where the search of each row alone would
// begin is where it ends.
func (s *together) around(home int, limit [leafRows]float64) {
	s.rows, s.limit = s.block(home), limit
	if s.sieve = s.coarse; s.sieve != nil {
		s.rough = s.sieve.block(s.Tree, home)
	}
	var d2 [leafRows]float64
	s.scan(home, s.seeking(s.rows.all()))
	for i := home; i > 0; i = (i - 1) / 2 {
		sibling := i + 1
		if i%2 == 0 {
			sibling = i - 1
		}
		if some := s.seeking(s.rows.all()); some != 0 {
			s.visit(sibling, s.rows.within(s.boxOf(sibling), some, &s.limit, &d2))
		}
	}
}

// from lets other rows, one after another, at most leafRows of them, meet all
// rows of the tree that may be within their limits.
func (s *together) from(rows []float64, limit [leafRows]float64) {
	n := len(rows) / s.d
	s.rows, s.limit = block{d: s.d, n: n, rows: rows}, limit
	if fast {
		if s.room.columns == nil {
			s.room.columns = make([]float64, leafRows*s.d+lanes)
		}
		s.rows.columns = s.room.columns
		transpose(s.rows.columns, rows, s.d)
	}
	if s.sieve = s.coarse; s.sieve != nil {
		if s.room.rough.columns == nil {
			s.room.rough = coarseBlock{make([]float32, leafRows*s.d), make([]float64, leafRows)}
		}
		s.rough = coarseBlock{s.room.rough.columns, s.room.rough.norm[:n]}
		if !s.sieve.round(rows, s.rough.columns, s.rough.norm) {
			s.sieve = nil
		}
	}
	s.visit(0, s.rows.all())
}

// seeking returns which of some rows have a limit that anything is within.
func (s *together) seeking(some hits) hits {
	for h, k := some, 0; h != 0; {
		if k, h = h.next(); s.limit[k] < 0 {
			some &^= 1 << k
		}
	}
	return some
}

// visit looks in node i, where some of the rows may have nearer ones.
func (s *together) visit(i int, some hits) {
	if some == 0 {
		return
	}
	if s.leaf(i) {
		s.scan(i, some)
		return
	}
	var dn, df [leafRows]float64
	near, far := 2*i+1, 2*i+2
	n, f := s.rows.within(s.boxOf(near), some, &s.limit, &dn), s.rows.within(s.boxOf(far), some, &s.limit, &df)
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

// scan compares some rows with those of leaf i.
func (s *together) scan(i int, some hits) {
	var may [leafRows]hits
	if s.sieve != nil {
		s.rough.within(s.Tree, i, some, &s.limit, &may)
	}
	for h, k := some, 0; h != 0; {
		k, h = h.next()
		var in hits
		if q := s.rows.at(k); s.sieve == nil || bits.OnesCount32(uint32(may[k])) > fewRows {
			in = s.inside(i, q, s.limit[k], &s.apart)
		} else {
			in = s.only(i, may[k], q, s.limit[k], &s.apart)
		}
		if in != 0 {
			s.found(k, i, in, &s.apart)
		}
	}
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

package near

import (
	"context"
	"sync/atomic"
)

// tasks is about how many subtrees the work of Components is cut into.
const tasks = 128

// Components returns for each row of the matrix the lowest row that can be
// reached from it by steps from row to row of squared distance at most r2.
//
// Pairs of nodes are compared from the top down (dual-tree search: Gray, Moore
// 2001; March, Ram, Gray 2010) and left alone when they are too far apart or
// known to hang together already, so that crowds of rows within reach of each
// other are joined by one step. It takes 5 bytes a row besides the answer.
func (t *Tree) Components(ctx context.Context, r2 float64, workers int, step func(done int)) ([]int32, error) {
	l := &linker{Tree: t, ctx: ctx, r2: r2, parent: make([]int32, t.Len()), joined: make([]atomic.Bool, len(t.nodes))}
	for p := range l.parent {
		l.parent[p] = int32(p)
	}
	for k := range l.limit {
		l.limit[k] = r2
	}
	first, last := 0, 0 // the nodes of the level that tasks are made of
	for last-first+1 < tasks && !t.leaf(first) {
		first, last = 2*first+1, 2*last+2
	}
	n := last - first + 1
	rows := func(done int) {
		if step != nil {
			step(done * t.Len() / n)
		}
	}
	err := Each(ctx, n, 1, workers, rows, func(k, _ int) { l.within(first + k) })
	if err != nil {
		return nil, err
	}
	// Pairs of subtrees, those under the same nodes first: joining what is
	// close lets most of the others be left alone.
	err = Each(ctx, n*n, n, workers, nil, func(lo, hi int) {
		for k := lo; k < hi; k++ {
			if a, b := k%n, k%n^k/n; a < b {
				l.between(first+a, first+b)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	lowest := make([]int32, t.Len()) // by root place
	for p := range lowest {
		lowest[p] = int32(t.Len())
	}
	for p, r := range t.row {
		root := l.find(int32(p))
		lowest[root] = min(lowest[root], r)
	}
	of := make([]int32, t.Len())
	for p, r := range t.row {
		of[r] = lowest[l.find(int32(p))]
	}
	return of, nil
}

// A linker is a union-find over the places of a tree (Anderson, Woll 1991:
// without locks), with what is known of its nodes.
type linker struct {
	*Tree
	ctx    context.Context
	r2     float64
	limit  [leafRows]float64 // r2 of each row of a leaf
	stop   atomic.Bool       // ctx is done
	parent []int32           // by place; read and written atomically
	joined []atomic.Bool     // by node: all of its rows are known to be in one set
}

// stopped tells whether ctx is done; once it is, it isn't asked again.
func (l *linker) stopped() bool {
	if !l.stop.Load() && l.ctx.Err() != nil {
		l.stop.Store(true)
	}
	return l.stop.Load()
}

// find returns the root of p's set.
func (l *linker) find(p int32) int32 {
	for {
		up := atomic.LoadInt32(&l.parent[p])
		if up == p {
			return p
		}
		top := atomic.LoadInt32(&l.parent[up])
		if top != up {
			atomic.CompareAndSwapInt32(&l.parent[p], up, top)
		}
		p = up
	}
}

// union makes the sets of p and q one. Parents are always lower than their
// children, so that no circle can come about.
func (l *linker) union(p, q int32) {
	for {
		p, q = l.find(p), l.find(q)
		if p == q {
			return
		}
		if p < q {
			p, q = q, p
		}
		if atomic.CompareAndSwapInt32(&l.parent[p], p, q) {
			return
		}
	}
}

// one tells whether all rows of node i are known to be in one set. Rows that
// are all in reach of each other are so from within(i) on.
func (l *linker) one(i int) bool { return l.nodes[i].diag <= l.r2 || l.joined[i].Load() }

// settle notes whether the rows of node i are in one set by now.
func (l *linker) settle(i int) {
	if l.one(i) {
		return
	}
	nd := &l.nodes[i]
	root := l.find(nd.lo)
	if l.leaf(i) {
		for p := nd.lo + 1; p < nd.hi; p++ {
			if l.find(p) != root {
				return
			}
		}
	} else if !l.one(2*i+1) || !l.one(2*i+2) || l.find(l.nodes[2*i+2].lo) != root {
		return
	}
	l.joined[i].Store(true)
}

// within joins the rows of node i that are in reach of each other.
func (l *linker) within(i int) {
	nd := &l.nodes[i]
	switch {
	case nd.diag <= l.r2:
		for p := nd.lo + 1; p < nd.hi; p++ {
			l.union(nd.lo, p)
		}
		return
	case l.leaf(i):
		for p := nd.lo; p < nd.hi; p++ {
			for q := p + 1; q < nd.hi; q++ {
				if sqDist(l.At(int(p)), l.At(int(q)), l.r2) <= l.r2 {
					l.union(p, q)
				}
			}
		}
	default:
		if l.stopped() {
			return
		}
		l.within(2*i + 1)
		l.within(2*i + 2)
		l.between(2*i+1, 2*i+2)
	}
	l.settle(i)
}

// between joins the rows of node a with those of node b in reach of them.
func (l *linker) between(a, b int) {
	if boxesDist(l.boxOf(a), l.boxOf(b), l.r2) > l.r2 {
		return
	}
	if l.one(a) && l.one(b) {
		p, q := l.nodes[a].lo, l.nodes[b].lo
		if l.find(p) == l.find(q) {
			return
		}
		if l.span(a, b, l.r2) <= l.r2 {
			l.union(p, q)
			return
		}
	}
	if l.leaf(a) && l.leaf(b) {
		l.leaves(a, b)
		return
	}
	if l.leaf(a) || !l.leaf(b) && l.nodes[a].diag < l.nodes[b].diag {
		a, b = b, a
	}
	if l.stopped() {
		return
	}
	near, far := 2*a+1, 2*a+2
	if boxesDist(l.boxOf(far), l.boxOf(b), l.r2) < boxesDist(l.boxOf(near), l.boxOf(b), l.r2) {
		near, far = far, near
	}
	l.between(near, b)
	l.between(far, b)
	l.settle(a)
	l.settle(b)
}

// leaves joins the rows of leaf a with those of leaf b in reach of them.
func (l *linker) leaves(a, b int) {
	if !l.one(b) {
		a, b = b, a
	}
	whole := l.one(b) // then one step to b is a step to all of it
	p, q := l.nodes[a].lo, l.nodes[b].lo
	rows := l.block(a)
	some := rows.all()
	if whole {
		root := l.find(q)
		for k := range rows.n {
			if l.find(p+int32(k)) == root {
				some &^= 1 << k
			}
		}
	}
	var d2 [leafRows]float64
	if some = rows.within(l.boxOf(b), some, &l.limit, &d2); some == 0 {
		return
	}
	var may [leafRows]hits
	l.near(a, b, some, &may)
	for k := 0; some != 0; {
		k, some = some.next()
		for j, h := 0, may[k]; h != 0; {
			if j, h = h.next(); l.find(p+int32(k)) == l.find(q+int32(j)) {
				continue
			}
			if sqDist8(rows.at(k), l.At(int(q)+j), l.r2) <= l.r2 {
				l.union(p+int32(k), q+int32(j))
				if whole {
					break
				}
			}
		}
	}
	l.settle(a)
	l.settle(b)
}

// near returns for some rows of leaf a which of leaf b may be in reach of them.
func (l *linker) near(a, b int, some hits, may *[leafRows]hits) {
	if c := l.coarse; c != nil {
		rough := c.block(l.Tree, a)
		rough.within(l.Tree, b, some, &l.limit, may)
		return
	}
	var d2 [leafRows]float64
	for k := 0; some != 0; {
		k, some = some.next()
		may[k] = l.inside(b, l.At(int(l.nodes[a].lo)+k), l.r2, &d2)
	}
}

package near

import (
	"cmp"
	"math"
	"slices"
)

// A shape is how the nodes of a tree hang together, which needn't be a perfect
// binary tree.
type shape struct {
	kid    []int32 // of each node: the first of its two children, which stand side by side; 0 for a leaf
	up     []int32 // of each node: its parent
	ofNode []int32 // of each node: the set that all of its places are in, or none
	leaves []int32
}

// shape returns how a tree hangs together.
func (t *Tree) shape() (s shape) {
	for i := range t.nodes {
		kid := int32(2*i + 1)
		if t.leaf(i) {
			kid = 0
			s.leaves = append(s.leaves, int32(i))
		}
		s.kid, s.up = append(s.kid, kid), append(s.up, int32(i-1)/2)
	}
	s.ofNode = make([]int32, len(t.nodes))
	return s
}

// standRows is how many places a set needs for nodes of its own: a leaf is half
// full at least.
const standRows = leafRows / 2

// worthRegrowing tells whether most places are in large sets but not below nodes
// that were grown for them.
func (b *boruvka) worthRegrowing() bool {
	large := 0
	for _, s := range b.set[:b.mixed] {
		if b.size[s] >= standRows {
			large++
		}
	}
	return large > len(b.set)/2
}

// A stand is places of one set, or of all that are too small to have one.
type stand struct {
	lo, hi int32
	middle []float64
}

// regrow makes the tree anew: each large set is put below a node of its own, all
// others together below another.
func (b *boruvka) regrow() {
	old, n := b.Tree, len(b.set)
	stands := []stand{{hi: int32(n)}}
	of := make([]int32, n) // by root: the number of its stand
	for p, s := range b.set {
		if int32(p) == s && b.size[s] >= standRows {
			of[s] = int32(len(stands))
			stands[0].hi -= b.size[s]
			stands = append(stands, stand{hi: b.size[s]})
		}
	}
	for k := range stands[1:] {
		stands[k+1].lo = stands[k].hi
		stands[k+1].hi += stands[k].hi
	}
	t := &Tree{d: old.d, rows: make([]float64, n*old.d), row: make([]int32, n)} // row: the place in the old tree
	put := make([]int32, len(stands))                                           // how many places of a stand are taken
	for p, s := range b.set {
		at := stands[of[s]].lo + put[of[s]]
		put[of[s]]++
		copy(t.At(int(at)), old.At(p))
		t.row[at] = int32(p)
	}
	b.mixed = int(stands[0].hi)
	for k := range stands {
		stands[k].middle = t.middle(int(stands[k].lo), int(stands[k].hi))
	}
	t.nodes, t.box = make([]node, 0, mostNodes(n)), make([]float64, 0, 2*old.d*mostNodes(n))
	g := grower{Tree: t}
	root := g.node(0)
	if b.mixed == 0 {
		g.over(root, stands[1:])
	} else { // their box is wide: it comes under no other
		g.fork(root, func(i int32) { g.under(i, 0, b.mixed) }, func(i int32) { g.over(i, stands[1:]) })
	}
	t.transpose(g.leaves)
	t.coarse = t.coarsen(g.leaves)
	g.ofNode = make([]int32, len(t.nodes))
	b.shape = g.shape
	b.move(t)
}

// move puts what is known of places in the order of a tree whose rows are the
// old places.
func (b *boruvka) move(t *Tree) {
	n := t.Len()
	at := make([]int32, n) // by old place: the new one
	for p, q := range t.row {
		at[q] = int32(p)
	}
	core, bound, next, parent, size := make([]float64, n), make([]float64, n), make([]int32, n), make([]int32, n), make([]int32, n)
	for p, q := range t.row {
		core[p], bound[p] = b.core[q], b.bound[q]
		if next[p] = b.next[q]; next[p] != none {
			next[p] = at[next[p]]
		}
		parent[p], size[p] = at[b.set[q]], b.size[q]
		t.row[p] = b.row[q]
	}
	b.bound, b.next, b.parent, b.size = bound, next, parent, size
	b.Mutual = t.mutual(core, b.shape)
}

// A grower makes a tree of any shape.
type grower struct {
	*Tree
	shape
}

// node adds a node below another.
func (g *grower) node(up int32) int32 {
	g.nodes = append(g.nodes, node{})
	g.kid, g.up = append(g.kid, 0), append(g.up, up)
	g.box = append(g.box, make([]float64, 2*g.d)...)
	return int32(len(g.nodes) - 1)
}

// fork makes the children of node i.
func (g *grower) fork(i int32, left, right func(i int32)) {
	l, r := g.node(i), g.node(i)
	g.kid[i] = l
	left(l)
	right(r)
	lo, hi := g.bounds(int(i))
	for k, child := range []int32{l, r} {
		clo, chi := g.bounds(int(child))
		for j := range lo {
			if k == 0 || clo[j] < lo[j] {
				lo[j] = clo[j]
			}
			if k == 0 || chi[j] > hi[j] {
				hi[j] = chi[j]
			}
		}
	}
}

// under makes node i of the places lo to hi−1, and those below it.
func (g *grower) under(i int32, lo, hi int) {
	g.nodes[i] = node{lo: int32(lo), hi: int32(hi)}
	widest := g.enclose(int(i), lo, hi)
	if hi-lo <= leafRows {
		g.leaves = append(g.leaves, i)
		return
	}
	mid := (lo + hi) / 2
	g.split(lo, mid, hi, widest)
	g.fork(i, func(i int32) { g.under(i, lo, mid) }, func(i int32) { g.under(i, mid, hi) })
}

// over makes node i of stands, which it puts in order, and those below it.
func (g *grower) over(i int32, stands []stand) {
	if len(stands) == 1 {
		g.under(i, int(stands[0].lo), int(stands[0].hi))
		return
	}
	widest, span := 0, math.Inf(-1)
	for j := range g.d {
		least, most := math.Inf(1), math.Inf(-1)
		for _, s := range stands {
			least, most = min(least, s.middle[j]), max(most, s.middle[j])
		}
		if most-least > span {
			widest, span = j, most-least
		}
	}
	slices.SortFunc(stands, func(a, b stand) int {
		return cmp.Or(cmp.Compare(a.middle[widest], b.middle[widest]), cmp.Compare(a.lo, b.lo))
	})
	mid := len(stands) / 2
	g.fork(i, func(i int32) { g.over(i, stands[:mid]) }, func(i int32) { g.over(i, stands[mid:]) })
}

// middle returns the mean of the places lo to hi−1.
func (t *Tree) middle(lo, hi int) []float64 {
	mean := make([]float64, t.d)
	for p := lo; p < hi; p++ {
		for j, v := range t.At(p) {
			mean[j] += v / float64(hi-lo)
		}
	}
	return mean
}

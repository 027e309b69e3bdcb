package near

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync/atomic"
)

// An Edge joins two rows of the matrix.
type Edge struct {
	A, B int32   // A < B
	D2   float64 // their squared mutual reachability distance
}

// SpanningBytes returns the memory that SpanningTree takes for n rows of d
// columns, its answer included.
func SpanningBytes(n, d int) int64 {
	stands := n / standRows
	return int64(n)*(16+7*4+3*8) + Bytes(n, d) + int64(n)*(8+5*4+8) + int64(mostNodes(n)*(8+4*4)) + int64(stands*(8*d+48))
}

// SpanningTree returns a minimum spanning tree of the rows by mutual
// reachability distance: one edge fewer than there are rows, ascending. Its
// distances, and what hangs together by edges up to any of them, are the same
// for every minimum spanning tree; which of equal edges stand for them is not
// laid down.
//
// It follows Borůvka (1926): in each round every set of rows is joined to the
// one nearest to it. The largest set waits to be joined by others. The rows of a
// leaf search together, from their leaf up (dual-tree search: March, Ram, Gray
// 2010): what is farther from their box than the nearest that any of their sets
// has found is passed over, and so is a node all of whose rows are in the set. A
// row's nearest row outside of its set stays that until the sets of both are
// one, and its distance bounds the next from below, so that most rows are looked
// for once or twice in all.
//
// Boxes tell nothing apart where sets lie among each other. So once sets are
// large, the tree is grown anew with nodes of one set each.
// step is told how many edges are found.
func (r *Mutual) SpanningTree(ctx context.Context, workers int, step func(done int)) ([]Edge, error) {
	n := r.Len()
	b := &boruvka{
		Mutual: r,
		forest: newForest(n),
		set:    make([]int32, n),
		next:   make([]int32, n),
		bound:  slices.Clone(r.core),
		beside: make([]int32, n),
		near:   make([]float64, n),
		best:   make([]atomic.Uint64, n),
		open:   make([]int32, 0, n),
	}
	b.shape, b.mixed = r.shape(), n
	for p := range n {
		b.next[p] = none
	}
	for len(b.edges) < n-1 {
		b.begin()
		for _, search := range []func(s *outward, leaf int32){(*outward).here, (*outward).leave} {
			err := Each(ctx, len(b.leaves), 4, workers, nil, func(lo, hi int) {
				s := outward{boruvka: b}
				for _, leaf := range b.leaves[lo:hi] {
					search(&s, leaf)
				}
			})
			if err != nil {
				return nil, err
			}
		}
		b.join()
		if step != nil {
			step(len(b.edges))
		}
	}
	slices.SortFunc(b.edges, func(x, y Edge) int {
		return cmp.Or(cmp.Compare(x.D2, y.D2), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	return b.edges, nil
}

const none = -1

// A forest is edges, and the sets of places that they join so far.
type forest struct {
	edges  []Edge
	parent []int32 // by place: a union-find by size
	size   []int32 // by root: the places of the set
}

func newForest(n int) forest {
	f := forest{make([]Edge, 0, max(n-1, 0)), make([]int32, n), make([]int32, n)}
	for p := range f.parent {
		f.parent[p], f.size[p] = int32(p), 1
	}
	return f
}

func (f *forest) find(p int32) int32 {
	for f.parent[p] != p {
		f.parent[p] = f.parent[f.parent[p]]
		p = f.parent[p]
	}
	return p
}

// gather notes in set the root of each place, and returns that of the largest set.
func (f *forest) gather(set []int32) (largest int32) {
	largest = f.find(0)
	for p := range set {
		set[p] = f.find(int32(p))
		if f.size[set[p]] > f.size[largest] {
			largest = set[p]
		}
	}
	return largest
}

// take adds the edge of two places unless they are in one set already; row has
// the row of each place.
func (f *forest) take(row []int32, p, q int32, d2 float64) {
	s, t := f.find(p), f.find(q)
	if s == t {
		return
	}
	if f.size[s] < f.size[t] {
		s, t = t, s
	}
	f.parent[t] = s
	f.size[s] += f.size[t]
	p, q = row[p], row[q]
	f.edges = append(f.edges, Edge{min(p, q), max(p, q), d2})
}

// A boruvka looks for the edges of a forest, round by round.
type boruvka struct {
	*Mutual // of which only what shape tells is asked of the nodes
	shape
	forest
	mixed int // the places below nodes that were not grown for one set

	set []int32 // by place: its root, as the round began

	// The nearest place outside of its set, by place, and its distance; where
	// it is none, no place outside of the set is nearer than the distance.
	next  []int32
	bound []float64

	// The nearest place outside of its set in its own leaf, by place, and its
	// distance.
	beside []int32
	near   []float64

	best []atomic.Uint64 // by root: bits of the least distance found in the round
	open []int32         // places outside of the largest set

	largest int32 // the largest set, as the round began
}

// begin readies a round: which sets there are, and what is known of each.
func (b *boruvka) begin() {
	b.largest = b.gather(b.set)
	if b.worthRegrowing() {
		b.regrow()
		b.largest = b.gather(b.set)
	}
	b.look()
	inf := math.Float64bits(math.Inf(1))
	b.open = b.open[:0]
	for p, s := range b.set {
		b.beside[p] = none
		if s != b.largest {
			b.open = append(b.open, int32(p))
			b.best[s].Store(inf)
		}
	}
	for _, p := range b.open {
		if q := b.next[p]; q != none {
			if b.set[q] == b.set[p] {
				b.next[p] = none
			} else {
				b.offer(b.set[p], b.bound[p])
			}
		}
	}
}

// look notes what sets the nodes are of.
func (b *boruvka) look() {
	for i := len(b.nodes) - 1; i >= 0; i-- {
		if kid := b.kid[i]; kid != 0 {
			b.ofNode[i] = b.ofNode[kid]
			if b.ofNode[kid+1] != b.ofNode[i] {
				b.ofNode[i] = none
			}
			continue
		}
		b.ofNode[i] = one(b.set[b.nodes[i].lo:b.nodes[i].hi])
	}
}

// one returns the set that all are, or none.
func one(sets []int32) int32 {
	for _, s := range sets {
		if s != sets[0] {
			return none
		}
	}
	return sets[0]
}

// offer notes that there is a row outside of the set at that distance. Numbers
// from 0 on are in the order of their bits.
func (b *boruvka) offer(set int32, d2 float64) {
	bits := math.Float64bits(d2)
	for {
		old := b.best[set].Load()
		if bits >= old || b.best[set].CompareAndSwap(old, bits) {
			return
		}
	}
}

// join takes the least edge of each open set.
func (b *boruvka) join() {
	before := len(b.edges)
	for _, p := range b.open {
		s := b.set[p]
		q, d2 := b.next[p], b.bound[p]
		if q == none {
			q, d2 = b.beside[p], b.near[p]
		}
		if q == none || d2 > math.Float64frombits(b.best[s].Load()) {
			continue
		}
		b.best[s].Store(math.Float64bits(-1)) // one edge a set
		b.take(b.row, p, q, d2)
	}
	if len(b.edges) > before {
		return
	}
	// What is left is farther apart than float64 can tell.
	for p := 1; p < len(b.set); p++ {
		b.take(b.row, 0, int32(p), math.Inf(1))
	}
}

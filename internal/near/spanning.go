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

// SpanningBytes returns the memory that SpanningTree takes for n rows, its
// answer included.
func SpanningBytes(n int) int64 { return int64(n)*(16+4+4+8+4+4+8) + int64(4*n/leafRows+1)*4 }

// SpanningTree returns a minimum spanning tree of the rows by mutual
// reachability distance: one edge fewer than there are rows, ascending. Its
// distances, and what hangs together by edges up to any of them, are the same
// for every minimum spanning tree; which of equal edges stand for them is not
// laid down.
//
// It follows Borůvka (1926): in each round every set of rows is joined to the
// one nearest to it. The largest set waits to be joined by others. A node all
// of whose rows are in the set is passed over (March, Ram, Gray 2010). A row's
// nearest row outside of its set stays that until the sets of both are one, and
// its distance bounds the next from below, so that most rows are looked for
// once or twice in all. step is told how many edges are found.
func (r *Mutual) SpanningTree(ctx context.Context, workers int, step func(done int)) ([]Edge, error) {
	n := r.Len()
	b := &boruvka{
		Mutual: r,
		edges:  make([]Edge, 0, n-1),
		parent: make([]int32, n),
		size:   make([]int32, n),
		set:    make([]int32, n),
		ofNode: make([]int32, len(r.nodes)),
		next:   make([]int32, n),
		bound:  slices.Clone(r.core),
		best:   make([]atomic.Uint64, n),
		open:   make([]int32, 0, n),
	}
	for p := range n {
		b.parent[p], b.size[p], b.next[p] = int32(p), 1, none
	}
	for len(b.edges) < n-1 {
		b.begin()
		err := Each(ctx, len(b.open), 64, workers, nil, func(lo, hi int) {
			s := outward{boruvka: b}
			for _, p := range b.open[lo:hi] {
				s.search(p)
			}
		})
		if err != nil {
			return nil, err
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

// A boruvka is the sets of places that edges join so far.
type boruvka struct {
	*Mutual
	edges  []Edge
	parent []int32 // by place: a union-find by size
	size   []int32 // by root: the places of the set
	set    []int32 // by place: its root, as the round began
	ofNode []int32 // by node: the set that all of its places are in, or none

	// The nearest place outside of its set, by place, and its distance; where
	// it is none, no place outside of the set is nearer than the distance.
	next  []int32
	bound []float64

	best []atomic.Uint64 // by root: bits of the least distance found in the round
	open []int32         // places outside of the largest set
}

func (b *boruvka) find(p int32) int32 {
	for b.parent[p] != p {
		b.parent[p] = b.parent[b.parent[p]]
		p = b.parent[p]
	}
	return p
}

// begin readies a round: which sets there are, and what is known of each.
func (b *boruvka) begin() {
	largest := b.find(0)
	for p := range b.set {
		b.set[p] = b.find(int32(p))
		if b.size[b.set[p]] > b.size[largest] {
			largest = b.set[p]
		}
	}
	for i := len(b.nodes) - 1; i >= 0; i-- {
		if !b.leaf(i) {
			b.ofNode[i] = b.ofNode[2*i+1]
			if b.ofNode[2*i+2] != b.ofNode[i] {
				b.ofNode[i] = none
			}
			continue
		}
		in := b.set[b.nodes[i].lo:b.nodes[i].hi]
		b.ofNode[i] = in[0]
		for _, s := range in {
			if s != in[0] {
				b.ofNode[i] = none
				break
			}
		}
	}
	inf := math.Float64bits(math.Inf(1))
	b.open = b.open[:0]
	for p, s := range b.set {
		if s != largest {
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
		if b.next[p] == none || b.bound[p] > math.Float64frombits(b.best[s].Load()) {
			continue
		}
		b.best[s].Store(math.Float64bits(-1)) // one edge a set
		b.take(p, b.next[p], b.bound[p])
	}
	if len(b.edges) > before {
		return
	}
	// What is left is farther apart than float64 can tell.
	for p := 1; p < len(b.set); p++ {
		b.take(0, int32(p), math.Inf(1))
	}
}

// take adds the edge of two places unless they are in one set already.
func (b *boruvka) take(p, q int32, d2 float64) {
	s, t := b.find(p), b.find(q)
	if s == t {
		return
	}
	if b.size[s] < b.size[t] {
		s, t = t, s
	}
	b.parent[t] = s
	b.size[s] += b.size[t]
	p, q = b.row[p], b.row[q]
	b.edges = append(b.edges, Edge{min(p, q), max(p, q), d2})
}

// An outward looks for the nearest row outside of a row's set.
type outward struct {
	*boruvka
	q      []float64
	set    int32
	core   float64 // the row's own
	enough float64 // nothing is nearer
	d2     float64 // of the nearest so far, or what it must be less than
	next   int32
}

func (s *outward) search(p int32) {
	b := s.boruvka
	if b.next[p] != none {
		return
	}
	s.set = b.set[p]
	s.d2 = math.Float64frombits(b.best[s.set].Load())
	if b.bound[p] >= s.d2 {
		return
	}
	s.q, s.core, s.enough, s.next = b.At(int(p)), b.core[p], b.bound[p], none
	s.visit(0)
	b.bound[p] = s.d2
	if s.next != none {
		b.next[p] = s.next
		b.offer(s.set, s.d2)
	}
}

// visit looks in node i, which may have a nearer row. It tells whether the
// search is over.
func (s *outward) visit(i int) bool {
	if s.leaf(i) {
		nd := &s.nodes[i]
		for p := int(nd.lo); p < int(nd.hi); p++ {
			if s.boruvka.set[p] == s.set || s.Mutual.core[p] >= s.d2 {
				continue
			}
			if d2 := sqDist(s.At(p), s.q, s.d2); d2 < s.d2 {
				s.d2, s.next = max(d2, s.core, s.Mutual.core[p]), int32(p)
				if s.d2 <= s.enough {
					return true
				}
			}
		}
		return false
	}
	near, far := 2*i+1, 2*i+2
	dn, df := s.reach(near), s.reach(far)
	if df < dn {
		near, far, dn, df = far, near, df, dn
	}
	return dn < s.d2 && s.visit(near) || df < s.d2 && s.visit(far)
}

// reach returns a lower bound of the squared distance to the rows of node i
// outside of the set, or any number from s.d2 on if there is none nearer.
func (s *outward) reach(i int) float64 {
	if s.ofNode[i] == s.set || s.least[i] >= s.d2 {
		return math.Inf(1)
	}
	return max(s.minDist(i, s.q, s.d2), s.least[i])
}

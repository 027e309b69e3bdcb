package near

import (
	"context"
	"math"
)

// An Order is the rows of a matrix in the order of OPTICS.
type Order struct {
	Rows  []int32   // the rows, each once
	Reach []float64 // of each row, in the order of the matrix: its squared reachability; +Inf for a row that none before it reaches
	From  []int32   // of each row: the row that reaches it; −1 for none
}

// OrderBytes returns the memory that Order takes for n rows of d columns, its
// answer and that of SpanningTree included.
func OrderBytes(n, d int) int64 {
	return SpanningBytes(n, d) + int64(n)*(4+8+4+8+4+1+12) + int64(mostNodes(n))*20
}

// Order puts the rows in the order of OPTICS (Ankerst, Breunig, Kriegel, Sander
// 1999): the next row is the one that the rows before it reach at the least
// distance. A row reaches another at the greater of its own core distance and
// their distance; limit is the greatest, squared as all of them. Where nothing
// more is reached, the next row is the lowest that is left. Of several rows that
// are reached equally the lowest is next; but of those whose distance from
// the rows before is equal by chance, beyond the core distances on both sides,
// only those count that the minimum spanning tree has an edge to.
//
// It is Prim's algorithm on the edges that can matter. The least distance at
// which the rows so far reach another is that of an edge of the minimum spanning
// tree of mutual reachability, or within the core distance of the row that
// reaches or of the row that is reached. step is told how many rows are in order.
func (r *Mutual) Order(ctx context.Context, limit float64, step func(done int)) (*Order, error) {
	n := r.Len()
	edges, err := r.SpanningTree(ctx, 1, nil) // one worker always finds the same tree
	if err != nil {
		return nil, err
	}
	s := &orderer{
		Mutual: r, limit: limit,
		reach: make([]float64, n), from: make([]int32, n), done: make([]bool, n),
		worst: make([]float64, len(r.nodes)), wide: make([]float64, len(r.nodes)), next: make([]int32, len(r.nodes)),
	}
	for p := range n {
		s.reach[p], s.from[p] = math.Inf(1), none
	}
	for i := len(r.nodes) - 1; i >= 0; i-- {
		s.settle(i)
	}
	o := &Order{make([]int32, 0, n), make([]float64, n), make([]int32, n)}
	beside := r.adjacency(edges)
	for k := range n {
		if k%grain == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if step != nil {
				step(k)
			}
		}
		p := s.next[0]
		row := r.row[p]
		o.Rows = append(o.Rows, row)
		o.Reach[row], o.From[row] = s.reach[p], s.from[p]
		s.done[p] = true
		s.climb(0, p)
		if c := r.core[p]; c > limit || math.IsInf(c, 1) {
			continue
		}
		s.row, s.q, s.core = row, r.At(int(p)), r.core[p]
		s.visit(0)
		for _, q := range beside.of(p) {
			if !s.done[q] && s.offer(q, math.Inf(1)) {
				s.climb(0, q)
			}
		}
	}
	return o, nil
}

// An adjacency is the edges of a graph of places.
type adjacency struct {
	end []int32 // of each place: where its neighbours end
	to  []int32
}

func (a *adjacency) of(p int32) []int32 {
	if p == 0 {
		return a.to[:a.end[0]]
	}
	return a.to[a.end[p-1]:a.end[p]]
}

// adjacency returns the edges, which are given by rows, by place.
func (t *Tree) adjacency(edges []Edge) *adjacency {
	place := make([]int32, t.Len())
	for p, row := range t.row {
		place[row] = int32(p)
	}
	a := &adjacency{make([]int32, t.Len()), make([]int32, 2*len(edges))}
	for _, e := range edges {
		a.end[place[e.A]]++
		a.end[place[e.B]]++
	}
	for p := 1; p < len(a.end); p++ {
		a.end[p] += a.end[p-1]
	}
	put := func(p, q int32) { // from the end down, so that end is left at the start
		a.end[p]--
		a.to[a.end[p]] = q
	}
	for _, e := range edges {
		put(place[e.A], place[e.B])
		put(place[e.B], place[e.A])
	}
	for p := 1; p < len(a.end); p++ {
		a.end[p-1] = a.end[p]
	}
	if n := len(a.end); n > 0 {
		a.end[n-1] = int32(len(a.to))
	}
	return a
}

// An orderer is an Order in the making.
type orderer struct {
	*Mutual
	limit float64
	reach []float64 // by place: squared, by the rows in the order so far
	from  []int32   // by place: the row that reaches it
	done  []bool    // by place: the row is in the order

	// By node, of its rows that are not done:
	worst []float64 // the greatest reach; −1 if there is none
	wide  []float64 // the greatest core distance; −1 if there is none
	next  []int32   // the place of the least reach, of several the lowest row; none if there is none

	row  int32 // that is searched around
	q    []float64
	core float64
}

// visit lets the row reach those of node i that are within the core distance of
// it or of themselves.
func (s *orderer) visit(i int) {
	if s.leaf(i) {
		changed := false
		for p := s.nodes[i].lo; p < s.nodes[i].hi; p++ {
			if !s.done[p] && s.offer(p, max(s.core, s.Mutual.core[p])) {
				changed = true
			}
		}
		if changed {
			s.settle(i)
		}
		return
	}
	for c := 2*i + 1; c <= 2*i+2; c++ {
		if s.core < s.worst[c] {
			far := min(s.worst[c], max(s.core, s.wide[c]), s.limit)
			if s.minDist(c, s.q, far) <= far {
				s.visit(c)
			}
		}
	}
	s.settle(i)
}

// offer lets the row reach place p if that is within far. It tells whether that
// is better.
func (s *orderer) offer(p int32, far float64) bool {
	if s.core >= s.reach[p] {
		return false
	}
	far = min(far, s.reach[p], s.limit)
	d2 := sqDist(s.At(int(p)), s.q, far)
	if reach := max(s.core, d2); d2 <= far && reach < s.reach[p] {
		s.reach[p], s.from[p] = reach, s.row
		return true
	}
	return false
}

// settle works out what is known of node i from what is below it.
func (s *orderer) settle(i int) {
	if !s.leaf(i) {
		a, b := 2*i+1, 2*i+2
		s.worst[i] = max(s.worst[a], s.worst[b])
		s.wide[i] = max(s.wide[a], s.wide[b])
		s.next[i] = s.first(s.next[a], s.next[b])
		return
	}
	s.worst[i], s.wide[i], s.next[i] = -1, -1, none
	for p := s.nodes[i].lo; p < s.nodes[i].hi; p++ {
		if !s.done[p] {
			s.worst[i] = max(s.worst[i], s.reach[p])
			s.wide[i] = max(s.wide[i], s.Mutual.core[p])
			s.next[i] = s.first(s.next[i], p)
		}
	}
}

// first returns which of two places comes first.
func (s *orderer) first(p, q int32) int32 {
	switch {
	case p == none:
		return q
	case q == none || s.reach[p] < s.reach[q]:
		return p
	case s.reach[q] < s.reach[p] || s.Tree.row[q] < s.Tree.row[p]:
		return q
	}
	return p
}

// climb settles the nodes from the leaf of place p up to node i.
func (s *orderer) climb(i int, p int32) {
	if !s.leaf(i) {
		c := 2*i + 1
		if p >= s.nodes[c].hi {
			c++
		}
		s.climb(c, p)
	}
	s.settle(i)
}

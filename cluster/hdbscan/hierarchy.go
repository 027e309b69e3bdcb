package hdbscan

import (
	"math"

	"toolkit/internal/near"
)

// A hierarchy is the sets that rows come together in, a node each. Nodes below
// n are the rows themselves; a row of weight w is w samples, which come
// together at its core distance. A node from n on is a set that came together
// of several at one distance.
type hierarchy struct {
	n      int
	weight []float64 // of each node
	level  []float64 // of each node: the distance at which it came together
	lowest []int32   // of each node: its lowest row
	first  []int32   // of nodes from n on, by node − n: the first child
	last   []int32   // likewise: the last child
	next   []int32   // of each node: its next sibling, or none
	root   int32
}

const none = -1

// newHierarchy returns the single linkage (Sibson 1973; Gower, Ross 1969) of
// rows of the given weights and squared core distances, of which edges are a
// minimum spanning tree, ascending. All edges of one distance are taken at
// once: sets that they join become one node, however many they are, so that it
// doesn't matter which of equal edges the tree has.
func newHierarchy(weight, core []float64, edges []near.Edge) *hierarchy {
	n := len(weight)
	size := n + len(edges)
	h := &hierarchy{
		n:      n,
		weight: append(make([]float64, 0, size), weight...),
		level:  make([]float64, n, size),
		lowest: make([]int32, n, size),
		next:   make([]int32, n, size),
		first:  make([]int32, 0, len(edges)),
		last:   make([]int32, 0, len(edges)),
	}
	set, top := make([]int32, n), make([]int32, n) // a union-find of rows; the node of a root's set
	for i := range n {
		h.level[i], h.lowest[i], h.next[i] = math.Sqrt(core[i]), int32(i), none
		set[i], top[i] = int32(i), int32(i)
	}
	find := func(i int32) int32 {
		for set[i] != i {
			set[i] = set[set[i]]
			i = set[i]
		}
		return i
	}
	began := int32(n) // the nodes from here on came together at the present distance
	for k, e := range edges {
		level := math.Sqrt(e.D2)
		if k > 0 && level != math.Sqrt(edges[k-1].D2) {
			began = int32(len(h.weight))
		}
		a, b := find(e.A), find(e.B)
		if h.weight[top[a]] < h.weight[top[b]] {
			a, b = b, a
		}
		top[a] = h.join(top[a], top[b], level, began)
		set[b] = a
	}
	h.root = top[find(0)]
	return h
}

// join makes one node of two at that distance, and returns it: one of them if
// that came together at the same distance.
func (h *hierarchy) join(a, b int32, level float64, began int32) int32 {
	switch {
	case a < began && b < began:
		h.weight = append(h.weight, 0)
		h.level = append(h.level, level)
		h.lowest = append(h.lowest, math.MaxInt32)
		h.next = append(h.next, none)
		h.first, h.last = append(h.first, none), append(h.last, none)
		at := int32(len(h.weight) - 1)
		h.adopt(at, a, a, a)
		h.adopt(at, b, b, b)
		return at
	case a < began:
		a, b = b, a
	}
	if b < began {
		h.adopt(a, b, b, b)
	} else {
		h.adopt(a, b, h.first[b-int32(h.n)], h.last[b-int32(h.n)])
	}
	return a
}

// adopt adds the siblings from first to last, which are node b or all of its
// children, to the children of node a.
func (h *hierarchy) adopt(a, b, first, last int32) {
	k := a - int32(h.n)
	if h.first[k] == none {
		h.first[k] = first
	} else {
		h.next[h.last[k]] = first
	}
	h.last[k] = last
	h.weight[a] += h.weight[b]
	h.lowest[a] = min(h.lowest[a], h.lowest[b])
}

// isRow tells whether the node is a row.
func (h *hierarchy) isRow(node int32) bool { return int(node) < h.n }

// children calls f with each child of a node that is not a row.
func (h *hierarchy) children(node int32, f func(child int32)) {
	for c := h.first[node-int32(h.n)]; c != none; c = h.next[c] {
		f(c)
	}
}

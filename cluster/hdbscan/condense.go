package hdbscan

import (
	"cmp"
	"math"
	"slices"
)

// A tree is the condensed tree of clusters. Cluster 0 is all rows. A cluster
// has a lower number than those below it, which follow it without a gap.
// Densities are 1/distance.
type tree struct {
	clusters []cluster
	of       []int32   // of each row: the last cluster that it is in
	level    []float64 // of each row: the distance at which it leaves that
}

type cluster struct {
	parent    int32   // none for cluster 0
	end       int32   // the first number after those below it
	birth     float64 // the density at which it begins
	size      float64 // the samples that it begins with
	stability float64 // the sum over its samples of how much longer they stay, in density
	death     float64 // the density at which the last sample leaves it, or it comes apart
	densest   float64 // the greatest death of it and of those below it
	selected  bool
}

// density returns 1/distance.
func density(distance float64) float64 { return 1 / distance }

// condense returns the clusters of at least minSize samples of a hierarchy
// (Campello et al. 2013, section 4). Only sets of that size count where one
// comes apart; siblings are numbered by their lowest rows.
func condense(h *hierarchy, minSize float64) *tree {
	t := &tree{of: make([]int32, h.n), level: make([]float64, h.n)}
	type begin struct {
		node, parent int32
		birth        float64
	}
	var small, big []int32
	todo := []begin{{h.root, none, 0}}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		id := int32(len(t.clusters))
		t.clusters = append(t.clusters, cluster{parent: b.parent, birth: b.birth})
		for node := b.node; node != none; {
			level := h.level[node]
			if h.isRow(node) { // its samples come apart
				t.of[node], t.level[node] = id, level
				break
			}
			big = big[:0]
			h.children(node, func(c int32) {
				// A row whose samples come together only now is small ones.
				if h.weight[c] >= minSize && h.level[c] < level {
					big = append(big, c)
				} else {
					small = append(small, c)
				}
			})
			for len(small) > 0 {
				c := small[len(small)-1]
				small = small[:len(small)-1]
				if h.isRow(c) {
					t.of[c], t.level[c] = id, level
				} else {
					h.children(c, func(c int32) { small = append(small, c) })
				}
			}
			node = none
			if len(big) == 1 {
				node = big[0]
				continue
			}
			slices.SortFunc(big, func(a, b int32) int { return cmp.Compare(h.lowest[b], h.lowest[a]) })
			for _, c := range big {
				todo = append(todo, begin{c, id, density(level)})
			}
		}
	}
	t.measure(h.weight[:h.n])
	return t
}

// measure works out what follows from the parents and births of clusters and
// from where rows leave, in the order of rows and clusters.
func (t *tree) measure(weight []float64) {
	for i, c := range t.of {
		c := &t.clusters[c]
		c.size += weight[i]
		c.stability += weight[i] * (density(t.level[i]) - c.birth)
		c.death = max(c.death, density(t.level[i]))
	}
	for id := len(t.clusters) - 1; id >= 0; id-- {
		c := &t.clusters[id]
		c.end = max(c.end, int32(id)+1)
		c.densest = max(c.densest, c.death)
		if c.parent == none {
			break
		}
		up := &t.clusters[c.parent]
		up.end = max(up.end, c.end)
		up.size += c.size
		up.stability += c.size * (c.birth - up.birth)
		up.death = max(up.death, c.birth)
		up.densest = max(up.densest, c.densest)
	}
}

// rounding is how much the sums of stabilities may differ for another order of
// adding up, as a share: so little decides nothing.
const rounding = 1e-12

// choose marks the clusters to take: disjoint ones. Cluster 0 is one of them
// only if it may be.
func (t *tree) choose(m *Method) {
	whole := m.AllowSingle && t.clusters[0].size >= float64(m.MinClusterSize)
	below := make([]float64, len(t.clusters)) // the most that clusters below it hold
	for id := len(t.clusters) - 1; id >= 0; id-- {
		c := &t.clusters[id]
		leaf := c.end == int32(id)+1
		switch {
		case id == 0 && !whole:
			continue
		case m.Selection == Leaf:
			c.selected = leaf
		default:
			c.selected = leaf || !(below[id] > c.stability*(1+rounding))
		}
		if c.parent == none {
			break
		}
		if c.selected {
			below[c.parent] += c.stability
		} else {
			below[c.parent] += below[id]
		}
	}
	t.highest()
	if m.Epsilon > 0 {
		t.raise(m.Epsilon, whole)
		t.highest()
	}
}

// highest takes the mark off all clusters below a marked one.
func (t *tree) highest() {
	for id := 0; id < len(t.clusters); {
		if !t.clusters[id].selected {
			id++
			continue
		}
		end := int(t.clusters[id].end)
		for id++; id < end; id++ {
			t.clusters[id].selected = false
		}
	}
}

// raise marks, for each marked cluster that begins below the distance, the
// cluster nearest above it that doesn't: Malzer, Baum 2020. Where there is
// none that is cluster 0, if it may be taken, else the one below cluster 0.
func (t *tree) raise(epsilon float64, whole bool) {
	for id := len(t.clusters) - 1; id > 0; id-- {
		c := &t.clusters[id]
		if c.selected && 1/c.birth < epsilon && (c.parent > 0 || whole) {
			c.selected = false
			t.clusters[c.parent].selected = true
		}
	}
}

// taken returns for each cluster the marked one that it is or is below, or none.
func (t *tree) taken() []int32 {
	in := make([]int32, len(t.clusters))
	for id, c := range t.clusters {
		switch {
		case c.selected:
			in[id] = int32(id)
		case c.parent == none:
			in[id] = none
		default:
			in[id] = in[c.parent]
		}
	}
	return in
}

// glosh returns the GLOSH score (Campello et al. 2015) of a row that leaves
// cluster c at that density.
func (t *tree) glosh(c int32, leaves float64) float64 {
	most := t.clusters[c].densest
	switch {
	case leaves >= most:
		return 0
	case math.IsInf(most, 1):
		return 1
	}
	return (most - leaves) / most
}

// probability returns how firmly a row that leaves at that density belongs to
// the marked cluster c: its density as a share of the greatest in it.
func (t *tree) probability(c int32, leaves float64) float64 {
	most := t.clusters[c].death
	switch {
	case leaves >= most:
		return 1
	case math.IsInf(most, 1):
		return 0
	}
	return leaves / most
}

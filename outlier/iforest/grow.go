package iforest

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sort"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/internal/forest"
)

// grow returns the model of trees from samples of the distinct rows of c.
func (f *IForest) grow(ctx context.Context, c *features.Collapsed, env algo.Env) (*Model, error) {
	ends := make([]float64, len(c.Weight)) // sums of the weights up to each row
	var total float64
	for i, w := range c.Weight {
		total += w
		ends[i] = total
	}
	samples := int64(max(1, math.Round(min(total, 1<<53))))
	size := int(min(int64(f.Sample), samples))
	trees := make([]forest.Tree, f.Trees)
	err := algo.Each(ctx, env.NumWorkers(), f.Trees, func(t int) {
		r := env.Rand("iforest", t)
		g := &grower{
			rand: r, terms: f.Extension + 1,
			limit: bits.Len(uint(size - 1)), // ⌈log2 size⌉
		}
		_, g.d = c.Dims()
		order := make([]int32, size)
		for k, rank := range draw(r, samples, size) {
			// A sample lies in the middle of its part of the weights.
			at := (float64(rank) + 0.5) * (total / float64(samples))
			row := min(sort.SearchFloat64s(ends, at), len(ends)-1)
			for _, v := range c.X.RawRowView(row) {
				g.rows = append(g.rows, v+0) // makes -0 a 0, which it equals
			}
			order[k] = int32(k)
		}
		for j := range g.d {
			g.columns = append(g.columns, int32(j))
		}
		g.tree.Nodes = make([]forest.Node, 1, 2*size-1)
		g.node(0, order, 0)
		trees[t] = g.tree
	})
	if err != nil {
		return nil, err
	}
	return &Model{forest.New(slices.Clone(c.Names), trees), size}, nil
}

// draw returns k of the numbers from 0 to n-1, all sets equally likely,
// ascending (Floyd's method: Bentley, Floyd 1987).
func draw(r *rand.Rand, n int64, k int) []int64 {
	drawn := make(map[int64]bool, k)
	set := make([]int64, 0, k)
	for top := n - int64(k); top < n; top++ {
		v := r.Int64N(top + 1)
		if drawn[v] {
			v = top
		}
		drawn[v] = true
		set = append(set, v)
	}
	slices.Sort(set)
	return set
}

// A grower grows one tree.
type grower struct {
	rand    *rand.Rand
	rows    []float64 // the sample, row by row
	d       int
	terms   int     // columns of a split
	limit   int     // depth of the lowest leaves
	columns []int32 // all columns, in any order
	tree    forest.Tree
}

func (g *grower) at(row, column int32) float64 { return g.rows[int(row)*g.d+int(column)] }

// span returns the range of a column in some rows.
func (g *grower) span(order []int32, column int32) forest.Range {
	s := forest.Range{Low: math.Inf(1), High: math.Inf(-1)}
	for _, i := range order {
		v := g.at(i, column)
		s.Low, s.High = min(s.Low, v), max(s.High, v)
	}
	return s
}

// node grows the tree from a node on, to which the given rows have come. The
// value of a leaf is the length of their paths from the root.
func (g *grower) node(at int32, order []int32, depth int) {
	n := forest.Node{Samples: float64(len(order)), Value: float64(depth) + meanPath(len(order))}
	n.First = int32(len(g.tree.Terms))
	if depth < g.limit && len(order) > 1 {
		n.Split = g.split(order)
	}
	n.Last = int32(len(g.tree.Terms))
	if n.First == n.Last { // no column tells the rows apart, or no more splits are wanted
		g.tree.Nodes[at] = n
		return
	}
	left := g.part(order, &n)
	for k := n.First; k < n.Last; k++ {
		t := &g.tree.Terms[k]
		t.Range = [2]forest.Range{g.span(order[:left], t.Column), g.span(order[left:], t.Column)}
	}
	n.Left = int32(len(g.tree.Nodes))
	g.tree.Nodes = append(g.tree.Nodes, forest.Node{}, forest.Node{})
	g.tree.Nodes[at] = n
	g.node(n.Left, order[:left], depth+1)
	g.node(n.Left+1, order[left:], depth+1)
	g.tree.Average(at)
}

// split adds the terms of a split of the rows, as many as are wanted and as
// there are columns that differ in the rows, and returns where it splits.
func (g *grower) split(order []int32) (split float64) {
	var found int
	for k := range g.columns { // a random order, as far as it is needed
		pick := k + g.rand.IntN(len(g.columns)-k)
		g.columns[k], g.columns[pick] = g.columns[pick], g.columns[k]
		s := g.span(order, g.columns[k])
		if s.Low == s.High {
			continue
		}
		term, p := forest.Term{Column: g.columns[k], Factor: 1}, g.within(s)
		if g.terms > 1 {
			term.Factor = g.rand.NormFloat64()
		}
		g.tree.Terms = append(g.tree.Terms, term)
		split += float64(term.Factor * p) // as forest adds it up
		if found++; found == g.terms {
			break
		}
	}
	return split
}

// within returns a number from s.Low on and below s.High.
func (g *grower) within(s forest.Range) float64 {
	u := g.rand.Float64()
	p := s.Low + u*(s.High-s.Low)
	if math.IsInf(p, 0) {
		p = s.Low*(1-u) + s.High*u
	}
	if p < s.High {
		return p
	}
	return s.Low
}

// part puts the rows that n sends left before the others and returns how many
// they are.
func (g *grower) part(order []int32, n *forest.Node) (left int) {
	for k, i := range order {
		if !(g.tree.Sum(n, g.rows[int(i)*g.d:]) > n.Split) {
			order[k], order[left] = order[left], i
			left++
		}
	}
	return left
}

// meanPath is c(n): the mean length of a search without success in a binary
// tree of n samples (Liu et al. 2008, equation 1), with the harmonic number
// as they approximate it, ln(n-1) + Euler's constant.
func meanPath(n int) float64 {
	const euler = 0.57721566490153286060651209008240243
	switch {
	case n < 2:
		return 0
	case n == 2:
		return 1
	}
	return 2*(math.Log(float64(n-1))+euler) - 2*float64(n-1)/float64(n)
}

package hst

import (
	"context"
	"math"
	"math/bits"
	"sync"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/internal/forest"
)

// A space is one tree's halving of space: what the trees are before any
// sample is counted.
type space struct {
	low, high []float64 // the part of each column that is halved
	seed      uint64    // of the columns by which parts are halved
}

// newSpace returns the space of tree t over columns of those ranges: around a
// point drawn evenly from the range, twice as far to both sides as the range
// reaches from it (Tan et al. 2011, section 3).
func newSpace(env algo.Env, t int, ranges []forest.Range) space {
	r := env.Rand("hst", t)
	s := space{seed: r.Uint64()}
	for _, c := range ranges {
		width := c.High - c.Low
		if width == 0 {
			width = 1 // a column that is constant as yet
		}
		u := r.Float64()
		middle, reach := c.Low+u*width, 2*max(u, 1-u)*width
		s.low, s.high = append(s.low, middle-reach), append(s.high, middle+reach)
	}
	return s
}

// column returns the column by which part number node is halved, where the
// root is 1 and the halves of part i are 2i and 2i+1. Columns are drawn by
// hashing the number (SplitMix64: Steele, Lea, Flood 2014), so that a tree of
// any depth is there without being kept.
func (s *space) column(node uint64) int32 {
	z := s.seed + node*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	high, _ := bits.Mul64(z^z>>31, uint64(len(s.low)))
	return int32(high)
}

// count returns the trees in which the rows of x are counted.
func (m *Model) count(ctx context.Context, x *features.Matrix, workers int) (*forest.Forest, error) {
	trees := make([]forest.Tree, m.params.Trees)
	n, _ := x.Dims()
	total := x.Samples()
	orders := sync.Pool{New: func() any { o := make([]int32, n); return &o }} // one a worker
	err := algo.Each(ctx, workers, m.params.Trees, func(t int) {
		c := &counter{x: x, space: newSpace(algo.Env{Seed: m.seed}, t, m.ranges), depth: m.params.Depth, total: total}
		reused := orders.Get().(*[]int32)
		order := *reused
		for i := range order {
			order[i] = int32(i)
		}
		c.tree.Nodes = make([]forest.Node, 1)
		c.node(0, 1, order, c.total, 0)
		trees[t] = c.tree
		orders.Put(reused)
	})
	if err != nil {
		return nil, err
	}
	return forest.New(m.names, trees), nil
}

// A counter counts rows in one tree. It changes its space on the way down and
// back on the way up.
type counter struct {
	space
	x     *features.Matrix
	depth int
	total float64
	tree  forest.Tree
}

// node makes node at of the tree, the part of that number, which the rows of
// order are in, samples in all, and halves it as long as more than sizeLimit
// are. The value of a leaf is its density, against an even spread of the
// samples.
func (c *counter) node(at int32, number uint64, order []int32, samples float64, depth int) {
	n := forest.Node{Samples: samples, Value: math.Ldexp(samples/c.total, depth)}
	if depth == c.depth || samples <= sizeLimit*c.total {
		c.tree.Nodes[at] = n
		return
	}
	j := c.column(number)
	low, high := c.low[j], c.high[j]
	n.Split = low/2 + high/2
	left, weights, ranges := c.halve(order, int(j), n.Split)
	n.First, n.Last = int32(len(c.tree.Terms)), int32(len(c.tree.Terms)+1)
	c.tree.Terms = append(c.tree.Terms, forest.Term{Column: j, Factor: 1, Range: ranges})
	n.Left = int32(len(c.tree.Nodes))
	c.tree.Nodes = append(c.tree.Nodes, forest.Node{}, forest.Node{})
	c.tree.Nodes[at] = n

	c.high[j] = n.Split
	c.node(n.Left, 2*number, order[:left], weights[0], depth+1)
	c.low[j], c.high[j] = n.Split, high
	c.node(n.Left+1, 2*number+1, order[left:], weights[1], depth+1)
	c.low[j] = low
	c.tree.Average(at)
}

// halve puts the rows whose column j is at most split before the others, and
// returns how many they are, and the weights and ranges of both halves.
func (c *counter) halve(order []int32, j int, split float64) (left int, weights [2]float64, ranges [2]forest.Range) {
	for s := range ranges {
		ranges[s] = forest.Range{Low: math.Inf(1), High: math.Inf(-1)}
	}
	raw := c.x.X.RawMatrix()
	for k, i := range order {
		v, side := raw.Data[int(i)*raw.Stride+j], 1
		if !(v > split) { // as a forest decides
			order[k], order[left] = order[left], i
			left++
			side = 0
		}
		weights[side] += c.x.W(int(i))
		r := &ranges[side]
		if v < r.Low {
			r.Low = v + 0 // makes -0 a 0
		}
		if v > r.High {
			r.High = v + 0
		}
	}
	return
}

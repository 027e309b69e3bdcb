// Package near finds neighbours among rows of numbers: which lie within a
// distance, which is nearest, how far it is to the k-th, and what hangs
// together by steps of at most a distance.
//
// Distances are Euclidean and compared squared. A squared distance is the sum
// of the squared differences in the order of the columns, each operation
// rounded to float64, whatever path a search takes: a search leaves out or
// takes in many rows at once only by bounds that are rounded in the same order
// and so hold for the rounded distances too. Answers are those of comparing
// all rows with all, to the last bit.
//
// Rows should be distinct (features.Collapse), their weights saying how many
// copies each stands for: copies cost time and give nothing.
package near

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// leafRows is how many rows a leaf has at most, at most 32 for hits. Comparing
// with the rows of a leaf costs little beside finding it.
const leafRows = 32

// A Tree is a k-d tree (Bentley 1975; Friedman, Bentley, Finkel 1977) over the
// rows of a matrix: it is cut at the median of the widest column until leaves
// are small, and each node knows the bounding box and the weight of its rows.
// It is immutable and safe for concurrent use.
//
// It takes the place of a grid too: the boxes close in on the rows, so that a
// node with a diagonal within a distance is a cell whose rows are all within
// that distance of each other, in any number of columns.
type Tree struct {
	d      int
	rows   []float64 // n×d, in the order of the leaves
	row    []int32   // for each place in that order, the row of the matrix
	weight []float64 // of each place
	single bool      // each weighs 1
	nodes  []node    // a perfect binary tree: the children of node i are 2i+1 and 2i+2
	// The same numbers as rows, leaf by leaf and in a leaf column by column; nil
	// where nothing is gained by it.
	columns []float64
	coarse  *coarse   // nil where nothing is gained by it
	box     []float64 // of node i, from 2·d·i on: the least value of each column, then the greatest
}

type node struct {
	lo, hi int32   // its places
	weight float64 // of them all
	diag   float64 // squared diagonal of its box: no two of its rows are farther apart
}

// New returns a tree over the rows of x, which must be finite and at least
// one; weight is how many samples each stands for, nil for 1 each. x is
// copied. It takes O(n·d·log n) time and Bytes(n, d) memory.
func New(x *mat.Dense, weight []float64, workers int) *Tree {
	n, d := x.Dims()
	m := 1 // leaves
	for n > m*leafRows {
		m *= 2
	}
	t := &Tree{
		d:      d,
		rows:   make([]float64, 0, n*d),
		row:    make([]int32, n),
		weight: make([]float64, n),
		nodes:  make([]node, 2*m-1),
		box:    make([]float64, (2*m-1)*2*d),
	}
	for i := range n {
		t.rows = append(t.rows, x.RawRowView(i)...)
		t.row[i] = int32(i)
	}
	t.build(0, 0, n, workers)
	leaves := t.shape().leaves
	t.transpose(leaves)
	t.coarse = t.coarsen(leaves)
	t.single = true
	for p, r := range t.row {
		t.weight[p] = 1
		if weight != nil {
			t.weight[p] = weight[r]
		}
		t.single = t.single && t.weight[p] == 1
	}
	for i := len(t.nodes) - 1; i >= 0; i-- {
		nd := &t.nodes[i]
		if t.leaf(i) {
			for _, w := range t.weight[nd.lo:nd.hi] {
				nd.weight += w
			}
		} else {
			nd.weight = t.nodes[2*i+1].weight + t.nodes[2*i+2].weight
		}
	}
	return t
}

// Bytes returns the size of a tree over n rows of d columns.
func Bytes(n, d int) int64 {
	bytes := int64(n)*int64(16*d+12) + 8*lanes + int64(mostNodes(n)*(16*d+24))
	if d >= coarseColumns {
		bytes += int64(n+leafRows)*int64(4*d+12) + int64(8*d)
	}
	return bytes
}

// mostNodes is how many nodes n rows have at most: leaves are at least half full.
func mostNodes(n int) int { return 4*n/leafRows + 1 }

// Len returns the number of rows.
func (t *Tree) Len() int { return len(t.row) }

// Row returns which row of the matrix stands at place p of the tree's order,
// in which neighbours stand close together: searches for many rows are quicker
// in that order.
func (t *Tree) Row(p int) int { return int(t.row[p]) }

// At returns the values of the row at place p, not to be changed.
func (t *Tree) At(p int) []float64 { return t.rows[p*t.d : (p+1)*t.d : (p+1)*t.d] }

func (t *Tree) leaf(i int) bool { return 2*i+1 >= len(t.nodes) }

// boxOf returns the box of node i: the least value of each column, then the
// greatest.
func (t *Tree) boxOf(i int) []float64 { return t.box[2*t.d*i : 2*t.d*(i+1)] }

func (t *Tree) bounds(i int) (lo, hi []float64) {
	b := t.boxOf(i)
	return b[:t.d:t.d], b[t.d:]
}

// build makes node i of the places lo to hi−1, and those below it, with that
// many workers.
func (t *Tree) build(i, lo, hi, workers int) {
	widest := t.enclose(i, lo, hi)
	least, most := t.bounds(i)
	t.nodes[i] = node{lo: int32(lo), hi: int32(hi), diag: sqDist(least, most, math.Inf(1))}
	if t.leaf(i) {
		return
	}
	mid := lo + halfway(hi-lo)
	t.split(lo, mid, hi, widest)
	if workers < 2 || hi-lo < 1<<12 {
		t.build(2*i+1, lo, mid, 1)
		t.build(2*i+2, mid, hi, 1)
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { t.build(2*i+1, lo, mid, (workers+1)/2) })
	t.build(2*i+2, mid, hi, workers/2)
	wg.Wait()
}

// halfway returns where n rows are cut: where lanes are full, so that a leaf's
// rows are compared in as few steps as can be.
func halfway(n int) int { return (n/2 + lanes - 1) / lanes * lanes }

// enclose works out the box of node i, which has the places lo to hi−1, and
// returns its widest column.
func (t *Tree) enclose(i, lo, hi int) (widest int) {
	least, most := t.bounds(i)
	copy(least, t.At(lo))
	copy(most, t.At(lo))
	for p := lo + 1; p < hi; p++ {
		for j, v := range t.At(p) {
			if v < least[j] {
				least[j] = v
			} else if v > most[j] {
				most[j] = v
			}
		}
	}
	span := math.Inf(-1)
	for j := range least {
		if s := most[j] - least[j]; s > span {
			widest, span = j, s
		}
	}
	return widest
}

// split orders the places lo to hi−1 so that none before mid has a greater
// value in column j than any from mid on (Hoare 1961).
func (t *Tree) split(lo, mid, hi, j int) {
	value := func(p int) float64 { return t.rows[p*t.d+j] }
	rnd := uint32(hi - lo)
	for hi-lo > 1 {
		// The pivot is the median of three places that no order of the rows
		// makes bad ones: xorshift (Marsaglia 2003).
		var at [3]float64
		for k := range at {
			rnd ^= rnd << 13
			rnd ^= rnd >> 17
			rnd ^= rnd << 5
			at[k] = value(lo + int(uint64(rnd)*uint64(hi-lo)>>32))
		}
		pivot := max(min(at[0], at[1]), min(max(at[0], at[1]), at[2]))
		a, b := lo, hi-1
		for a <= b {
			for value(a) < pivot {
				a++
			}
			for value(b) > pivot {
				b--
			}
			if a <= b {
				t.swap(a, b)
				a++
				b--
			}
		}
		// Now lo..b ≤ pivot, a..hi−1 ≥ pivot, and what is between equals it.
		switch {
		case mid <= b:
			hi = b + 1
		case mid >= a:
			lo = a
		default:
			return
		}
	}
}

func (t *Tree) swap(a, b int) {
	x, y := t.At(a), t.At(b)
	for j, v := range x {
		x[j], y[j] = y[j], v
	}
	t.row[a], t.row[b] = t.row[b], t.row[a]
}

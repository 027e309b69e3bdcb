package near

import (
	"math"
	"math/bits"
)

// lanes is how many rows are compared at once where the processor can.
const lanes = 16

// A hits is a set of rows of a leaf: bit i is its i-th row.
type hits uint32

// next returns the first row of the set, which must not be empty, and the set
// without it.
func (h hits) next() (int, hits) { return bits.TrailingZeros32(uint32(h)), h & (h - 1) }

// inside returns the rows of leaf i whose squared distance from q is at most
// limit, and these distances.
func (t *Tree) inside(i int, q []float64, limit float64, d2 *[leafRows]float64) hits {
	lo, n := int(t.nodes[i].lo), int(t.nodes[i].hi-t.nodes[i].lo)
	if fast {
		at := t.columns[lo*t.d:]
		h := hits(insideAVX2(&at[0], &q[0], t.d, n, limit, (*[lanes]float64)(d2[:lanes])))
		if n > lanes {
			h |= hits(insideAVX2(&at[lanes], &q[0], t.d, n, limit, (*[lanes]float64)(d2[lanes:]))) << lanes
		}
		return h & (1<<n - 1)
	}
	return insideGo(t.rows[lo*t.d:(lo+n)*t.d], q, limit, d2)
}

// insideGo is inside for the rows of a leaf, one after another.
func insideGo(rows, q []float64, limit float64, d2 *[leafRows]float64) (h hits) {
	d := len(q)
	for k := 0; len(rows) > 0; rows, k = rows[d:], k+1 {
		if s := sqDist8(rows[:d], q, limit); s <= limit {
			d2[k] = s
			h |= 1 << k
		}
	}
	return h
}

var unlimited = func() (limit [leafRows]float64) {
	for k := range limit {
		limit[k] = math.Inf(1)
	}
	return limit
}()

// only is inside for some rows of the leaf, one after another.
func (t *Tree) only(i int, some hits, q []float64, limit float64, d2 *[leafRows]float64) (h hits) {
	lo := int(t.nodes[i].lo)
	for k := 0; some != 0; {
		k, some = some.next()
		if s := sqDist8(t.At(lo+k), q, limit); s <= limit {
			d2[k] = s
			h |= 1 << k
		}
	}
	return h
}

// A block is at most leafRows rows that search together.
type block struct {
	d, n    int
	rows    []float64 // one after another
	columns []float64 // column by column, and lanes more numbers; nil where nothing is gained by it
}

// block returns the rows of leaf i.
func (t *Tree) block(i int) block {
	lo, n := int(t.nodes[i].lo), int(t.nodes[i].hi-t.nodes[i].lo)
	b := block{d: t.d, n: n, rows: t.rows[lo*t.d : (lo+n)*t.d]}
	if fast {
		b.columns = t.columns[lo*t.d:]
	}
	return b
}

func (b *block) all() hits { return 1<<b.n - 1 }

func (b *block) at(k int) []float64 { return b.rows[k*b.d : (k+1)*b.d] }

// within returns which of some rows may have rows of a box within
// their limits, and lower bounds of the squared distances of these to those.
func (b *block) within(box []float64, some hits, limit, d2 *[leafRows]float64) (within hits) {
	if fast && bits.OnesCount32(uint32(some)) >= fewRows {
		if some&(1<<lanes-1) != 0 {
			within = hits(boxWithinAVX2(&b.columns[0], &box[0], b.d, b.n, (*[lanes]float64)(limit[:lanes]), (*[lanes]float64)(d2[:lanes])))
		}
		if some>>lanes != 0 {
			within |= hits(boxWithinAVX2(&b.columns[lanes], &box[0], b.d, b.n, (*[lanes]float64)(limit[lanes:]), (*[lanes]float64)(d2[lanes:]))) << lanes
		}
		return within & some
	}
	for h, k := some, 0; h != 0; {
		k, h = h.next()
		if d2[k] = boxDist(box, b.at(k), limit[k]); d2[k] <= limit[k] {
			within |= 1 << k
		}
	}
	return within
}

// fewRows is how many rows of a leaf are not worth comparing with a box at once.
const fewRows = 4

// transpose lays out the rows of each leaf column by column, as insideAVX2
// reads them: that many numbers of a column, those past its end as well.
func (t *Tree) transpose(leaves []int32) {
	if !fast {
		return
	}
	t.columns = make([]float64, len(t.rows)+lanes)
	for _, i := range leaves {
		lo, hi := int(t.nodes[i].lo), int(t.nodes[i].hi)
		transpose(t.columns[lo*t.d:hi*t.d], t.rows[lo*t.d:hi*t.d], t.d)
	}
}

// transpose puts rows of d columns into columns.
func transpose(columns, rows []float64, d int) {
	n := len(rows) / d
	for k := range n {
		for j, v := range rows[k*d : (k+1)*d] {
			columns[j*n+k] = v
		}
	}
}

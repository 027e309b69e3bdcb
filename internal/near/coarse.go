package near

import "math"

// coarseColumns is how many columns it takes for a coarse look at the rows of a
// leaf to be worth its memory.
const coarseColumns = 12

// A coarse is the rows of a tree about their mean, rounded to float32: by it
// most rows are told to be farther than a limit without their squared distance,
// by a multiplication for each column, of eight rows at once.
//
// a·b − |b|²/2 is (|a|² − |a−b|²)/2: it is the less the farther b is from a.
// Rounding may lessen it by at most slack·(|a|² + |b|² + limit) wherever the
// squared distance is within the limit (Higham 2002, section 3.1: a sum of k
// products is off by at most γ_k times the sum of their absolute values), and
// what is left out is more.
type coarse struct {
	mean    []float64
	columns []float32 // leaf by leaf, as Tree.columns
	norm    []float64 // of each place: |b|²
	half    []float32 // of each place: −|b|²/2 and what rounding may take
	slack   float64
}

// Rows farther from the mean than this have products that may be out of the
// range of float32, and what is out of it downwards is lost in this.
const (
	coarseRange = 1e18
	coarseLost  = 0x1p-120
)

// coarsen returns the coarse rows of a tree whose leaves are those, nil where
// they are of no use.
func (t *Tree) coarsen(leaves []int32) *coarse {
	if !fastCoarse || t.d < coarseColumns {
		return nil
	}
	c := &coarse{
		mean:    t.middle(0, t.Len()),
		columns: make([]float32, t.Len()*t.d+leafRows),
		norm:    make([]float64, t.Len()),
		half:    make([]float32, t.Len()+leafRows),
		slack:   float64(t.d+8) * 0x1p-23,
	}
	for _, i := range leaves {
		lo, hi := int(t.nodes[i].lo), int(t.nodes[i].hi)
		if !c.round(t.rows[lo*t.d:hi*t.d], c.columns[lo*t.d:], c.norm[lo:hi]) {
			return nil
		}
		for p := lo; p < hi; p++ {
			half := -c.norm[p]/2 + c.slack*c.norm[p] + coarseLost
			c.half[p] = float32(half + math.Abs(half)*0x1p-23)
		}
	}
	return c
}

// round puts rows, about the mean, into columns and their squared lengths into
// norm. It tells whether none is out of range.
func (c *coarse) round(rows []float64, columns []float32, norm []float64) bool {
	d, n := len(c.mean), len(norm)
	for k := range n {
		s := 0.0
		for j, v := range rows[k*d : (k+1)*d] {
			f := float32(v - c.mean[j])
			columns[j*n+k] = f
			s += float64(float64(f) * float64(f))
		}
		if norm[k] = s; !(s <= coarseRange*coarseRange) {
			return false
		}
	}
	return true
}

// limit returns what a·b − |b|²/2 of the rounded rows is at least where a, of
// that squared length, has b within a squared distance.
func (c *coarse) limit(norm, d2 float64) float32 {
	v := (norm-d2)/2 - c.slack*(norm+d2) - coarseLost
	return float32(v - math.Abs(v)*0x1p-23)
}

// A coarseBlock is rows that are compared with those of a coarse, about its mean.
type coarseBlock struct {
	columns []float32
	norm    []float64
}

// block returns those of leaf i.
func (c *coarse) block(t *Tree, i int) coarseBlock {
	lo, hi := t.nodes[i].lo, t.nodes[i].hi
	return coarseBlock{c.columns[int(lo)*t.d:], c.norm[lo:hi]}
}

// within returns for some rows of the block which rows of leaf i may be within
// their limits; it leaves out none that is.
func (b *coarseBlock) within(t *Tree, i int, some hits, limit *[leafRows]float64, may *[leafRows]hits) {
	c := t.coarse
	lo, n := int(t.nodes[i].lo), int(t.nodes[i].hi-t.nodes[i].lo)
	var least [leafRows]float32
	for h, k := some, 0; h != 0; {
		k, h = h.next()
		least[k] = c.limit(b.norm[k], limit[k])
	}
	for h := some; h != 0; {
		var k [4]int // rows, the first again where there are fewer
		for j := range k {
			if k[j] = k[0]; h != 0 {
				k[j], h = h.next()
			}
			may[k[j]] = 0
		}
		at := uint32(k[0] | k[1]<<8 | k[2]<<16 | k[3]<<24)
		for from := 0; from < n; from += lanes {
			in := coarseAVX2(&c.columns[lo*t.d+from], &c.half[lo+from], t.d, n, &b.columns[0], len(b.norm), at, &least)
			for _, k := range k {
				may[k] |= hits(in) & (1<<lanes - 1) << from & (1<<n - 1)
				in >>= lanes
			}
		}
	}
}

package spectral

import (
	"context"
	"math"

	"toolkit/algo"

	"gonum.org/v1/gonum/mat"
)

// strips is into how many sums a product is parted, each gathered by one
// goroutine and all added up in order: the same result for any number of
// workers, of which no more than that are of use.
const strips = 16

// keepBytes is how much of the affinities of all pairs is kept at most.
const keepBytes = 256 << 20

// An rbf is the symmetric matrix
//
//	A[a,b] = exp(s_a + s_b − c_a·c_b·|a−b|²) off the diagonal, diag on it
//
// of n rows, worked out in tiles whenever it is asked for, or kept if it is
// small. Rows are padded to whole tiles by rows without affinity.
type rbf struct {
	n, d, blocks int
	cols         []float64 // block by block, d columns of side rows
	c, s, diag   []float64 // blocks·side
	kept         []*tile   // by index; nil if none are
	sums         [strips][]float64
	workers      int
}

// A tile is the affinities of the rows of two blocks, by pairs of rows.
type tile = [side / 2]rowPair

// A rowPair is the affinities of two rows with those of a block.
type rowPair = [2][side]float64

// newRBF returns the matrix of the rows for s = 0 and a diagonal of 0; c is
// the square root of gamma for each row, or 1/sigma of local scaling.
func newRBF(x *mat.Dense, c []float64, workers int) *rbf {
	n, d := x.Dims()
	blocks := (n + side - 1) / side
	m := &rbf{n: n, d: d, blocks: blocks, workers: workers}
	m.cols, m.c = make([]float64, blocks*side*d), make([]float64, blocks*side)
	m.s, m.diag = make([]float64, blocks*side), make([]float64, blocks*side)
	for i := range n {
		col := m.cols[i/side*side*d+i%side:]
		for k, v := range x.RawRowView(i) {
			col[k*side] = v
		}
	}
	copy(m.c, c)
	for i := n; i < len(m.s); i++ {
		m.s[i] = nothing
	}
	return m
}

// rbfBytes is the memory of the matrix of n rows.
func rbfBytes(n, d int) int64 {
	blocks := int64(n+side-1) / side
	size := blocks * side * int64(8*d+24+8*width*min(strips, int(blocks)))
	if tiles := blocks * (blocks + 1) / 2 * side * side * 8; tiles <= keepBytes {
		size += tiles
	}
	return size
}

// row copies row i to a.
func (m *rbf) row(a []float64, i int) {
	col := m.cols[i/side*side*m.d+i%side:]
	for k := range a {
		a[k] = col[k*side]
	}
}

// compute sets k to the affinities of rows i and i+1 with those of block j. a
// is of d numbers, for its use.
func (m *rbf) compute(k *rowPair, a []float64, i, j int) {
	b := m.cols[j*side*m.d:][:side*m.d]
	cb, sb := (*[side]float64)(m.c[j*side:]), (*[side]float64)(m.s[j*side:])
	for h := range k {
		m.row(a, i+h)
		affinities(&k[h], a, m.c[i+h], m.s[i+h], b, cb, sb)
		if i/side == j {
			k[h][i%side+h] = m.diag[i+h]
		}
	}
}

// index is the place of the tile of blocks i and j ≥ i in kept.
func (m *rbf) index(i, j int) int { return i*m.blocks - i*(i-1)/2 + j - i }

// keep works out all tiles once, if there is room for them.
func (m *rbf) keep(ctx context.Context) error {
	tiles := m.blocks * (m.blocks + 1) / 2
	if tiles*side*side*8 > keepBytes {
		return nil
	}
	kept := make([]*tile, tiles)
	for i := range kept {
		kept[i] = new(tile)
	}
	err := m.pairs(ctx, func(_, i, j int, k *rowPair) { kept[m.index(i/side, j)][i%side/2] = *k })
	m.kept = kept
	return err
}

// pairs calls do for all of the matrix that is not below its diagonal, tile by
// tile: k is rows i and i+1 with those of block j. Strips run at the same
// time, what is in one runs in order.
func (m *rbf) pairs(ctx context.Context, do func(strip, i, j int, k *rowPair)) error {
	return algo.Each(ctx, m.workers, min(strips, m.blocks), func(strip int) {
		var k rowPair
		a := make([]float64, m.d)
		for block := range m.blocks {
			// Back and forth over the strips: those of long rows get short ones.
			at := block % strips
			if block/strips%2 == 1 {
				at = strips - 1 - at
			}
			if at%min(strips, m.blocks) != strip {
				continue
			}
			if ctx.Err() != nil {
				return
			}
			for j := block; j < m.blocks; j++ {
				if m.kept != nil {
					for h := range m.kept[m.index(block, j)] {
						do(strip, block*side+2*h, j, &m.kept[m.index(block, j)][h])
					}
					continue
				}
				for i := block * side; i < (block+1)*side; i += 2 {
					m.compute(&k, a, i, j)
					do(strip, i, j, &k)
				}
			}
		}
	})
}

// mul sets y to the product of the matrix with eight vectors x, both by rows
// of eight and padded.
func (m *rbf) mul(ctx context.Context, y, x []float64) error {
	size := m.blocks * side * width
	for i := range min(strips, m.blocks) {
		if m.sums[i] == nil {
			m.sums[i] = make([]float64, size)
		}
		clear(m.sums[i])
	}
	block := func(v []float64, j int) *panel { return (*panel)(v[j*side*width:]) }
	var own [strips]panel // what tiles on the diagonal would add a second time
	err := m.pairs(ctx, func(strip, i, j int, k *rowPair) {
		at := i / side
		yB := block(m.sums[strip], j)
		if at == j {
			yB = &own[strip]
		}
		multiply(&k[0], &k[1], i%side, block(x, at), block(m.sums[strip], at), block(x, j), yB)
	})
	if err != nil {
		return err
	}
	return algo.Each(ctx, m.workers, m.blocks, func(j int) {
		lo, hi := j*side*width, (j+1)*side*width
		clear(y[lo:hi])
		for i := range min(strips, m.blocks) {
			for p, v := range m.sums[i][lo:hi] {
				y[lo+p] += v
			}
		}
	})
}

// gather returns Σ v_a·A[a,b]·v_b over the rows a of group g and b of group h,
// as a matrix of as many rows and columns as there are groups.
func (m *rbf) gather(ctx context.Context, group []int32, groups int, v []float64) (*mat.SymDense, error) {
	padded := make([]int32, m.blocks*side)
	copy(padded, group)
	weight := make([]float64, m.blocks*side)
	copy(weight, v)
	var sums [strips][]float64
	err := m.pairs(ctx, func(strip, i, j int, k *rowPair) {
		if sums[strip] == nil {
			sums[strip] = make([]float64, groups*groups)
		}
		to, w := (*[side]int32)(padded[j*side:]), (*[side]float64)(weight[j*side:])
		for h := range k {
			u := weight[i+h]
			if i/side == j {
				u /= 2 // the tile has both halves of the matrix
			}
			sum := sums[strip][int(padded[i+h])*groups:][:groups]
			for b, q := range k[h] {
				sum[to[b]] += u * q * w[b]
			}
		}
	})
	if err != nil {
		return nil, err
	}
	all := mat.NewSymDense(groups, nil)
	for g := range groups {
		for h := g; h < groups; h++ {
			t := 0.0
			for _, s := range sums[:min(strips, m.blocks)] {
				t += s[g*groups+h] + s[h*groups+g]
			}
			all.SetSym(g, h, t)
		}
	}
	return all, nil
}

// exponent returns c_a·c_b·|a−b|² as affinities works it out.
func (m *rbf) exponent(a []float64, ca float64, b int) float64 {
	col := m.cols[b/side*side*m.d+b%side:]
	d2 := 0.0
	for k, v := range a {
		d2 = math.FMA(v-col[k*side], v-col[k*side], d2)
	}
	return ca * m.c[b] * d2
}

// logDegrees returns the logarithm of each row's degree
// Σ_b w_b·A[a,b] − 1 for a diagonal of 1 and s = 0: without the difference,
// in which a row far from all others would lose all digits. It is −Inf for a
// row of weight 1 without neighbours.
func (m *rbf) logDegrees(ctx context.Context, w []float64) ([]float64, error) {
	x, y := make([]float64, m.blocks*side*width), make([]float64, m.blocks*side*width)
	for i, v := range w {
		x[i*width] = v
	}
	if err := m.mul(ctx, y, x); err != nil {
		return nil, err
	}
	logs, a := make([]float64, m.n), make([]float64, m.d)
	for i := range logs {
		if deg := y[i*width] + copies(w[i]); deg > 1e-290 {
			logs[i] = math.Log(deg)
			continue
		}
		// Of numbers so small affinities gives few digits or none.
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m.row(a, i)
		least := math.Inf(1)
		for b := range m.n {
			if b != i {
				least = min(least, m.exponent(a, m.c[i], b))
			}
		}
		logs[i] = math.Inf(-1)
		if least > vanish {
			continue
		}
		sum := 0.0
		for b := range m.n {
			if e := m.exponent(a, m.c[i], b); b != i && e <= vanish {
				sum += w[b] * expNeg(least-e)
			}
		}
		logs[i] = math.Log(sum) - least
	}
	return logs, nil
}

// components returns the part of the graph that each row is in, numbered by
// their first rows. Rows are joined if of either row's degree the other with
// its copies has a share above lost; w and logDegree are the rows' weights and
// logarithms of degrees. From each row reached all rows not yet reached are
// looked at, which is few after the first where rows hang together.
func (m *rbf) components(ctx context.Context, w, logDegree []float64) (comp []int32, count int, err error) {
	comp = make([]int32, m.n)
	left := make([]int32, m.n)
	logs := make([]float64, m.n)
	for i := range left {
		left[i], logs[i] = int32(i), math.Log(w[i])
	}
	a := make([]float64, m.d)
	var queue []int32
	for ; len(left) > 0; count++ {
		queue = append(queue[:0], left[0])
		comp[left[0]] = int32(count)
		left = left[1:]
		for len(queue) > 0 && len(left) > 0 {
			if err := ctx.Err(); err != nil {
				return nil, 0, err
			}
			i := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			m.row(a, int(i))
			rest := left[:0]
			for _, b := range left {
				e := m.exponent(a, m.c[i], int(b))
				if e <= vanish && max(logs[b]-logDegree[i], logs[i]-logDegree[b])-e > logLost {
					comp[b] = int32(count)
					queue = append(queue, b)
				} else {
					rest = append(rest, b)
				}
			}
			left = rest
		}
	}
	return comp, count, nil
}

// normalise makes the matrix D^-½·W·D^-½ for the rows' weights and degrees.
func (m *rbf) normalise(w, logDegree []float64) {
	for i, l := range logDegree {
		if math.IsInf(l, -1) {
			m.s[i] = nothing
			continue
		}
		m.s[i] = (math.Log(w[i]) - l) / 2
		m.diag[i] = copies(w[i]) / math.Exp(l)
	}
}

// copies returns how many other copies a sample has in a row of weight w.
func copies(w float64) float64 { return max(w-1, 0) }

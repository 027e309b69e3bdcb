package evaluate

import (
	"math"
	"math/big"
	"slices"
)

// A Contingency counts how two partitions of the same records cut each other.
type Contingency struct {
	n          int64
	rows, cols []int64 // sizes of the first and the second partition's classes, none 0
	cells      []cell  // that are not empty
}

// A cell is the records that two classes share.
type cell struct {
	row, col int32
	n        int64
}

// NewContingency counts the classes of a and b, which number the class of
// each record. All numbers below 0 are one class, noise; so a number is best
// not far above how many there are: it takes O(n + max) time and 4·n + 16·max
// bytes beside the table itself. It panics if a and b differ in length.
func NewContingency(a, b []int32) *Contingency {
	checkLen("b", len(b), len(a))
	sizeA, sizeB := sizes(a), sizes(b)

	// Deal the classes of b out to those of a, then count each heap.
	next := make([]int, len(sizeA))
	for k := 1; k < len(next); k++ {
		next[k] = next[k-1] + int(sizeA[k-1])
	}
	heaps := make([]int32, len(a))
	for i, c := range a {
		k := slot(c)
		heaps[next[k]] = slot(b[i])
		next[k]++
	}

	t := &Contingency{n: int64(len(a))}
	var col []int32 // of each slot of b
	col, t.cols = squeeze(sizeB)
	tally := make([]int64, len(sizeB))
	var seen []int32
	for k, size := range sizeA {
		if size == 0 {
			continue
		}
		seen = seen[:0]
		for _, s := range heaps[next[k]-int(size) : next[k]] {
			if tally[s] == 0 {
				seen = append(seen, s)
			}
			tally[s]++
		}
		for _, s := range seen {
			t.cells = append(t.cells, cell{int32(len(t.rows)), col[s], tally[s]})
			tally[s] = 0
		}
		t.rows = append(t.rows, size)
	}
	return t
}

// slot is 0 for noise and c+1 for class c.
func slot(c int32) int32 { return max(c, -1) + 1 }

// sizes counts the records of each slot.
func sizes(class []int32) []int64 {
	top := int32(-1)
	for _, c := range class {
		top = max(top, c)
	}
	n := make([]int64, int(top)+2)
	for _, c := range class {
		n[slot(c)]++
	}
	return n
}

// squeeze leaves out the slots that are empty.
func squeeze(size []int64) (index []int32, full []int64) {
	index = make([]int32, len(size))
	for s, n := range size {
		index[s] = int32(len(full))
		if n > 0 {
			full = append(full, n)
		}
	}
	return index, full
}

// ARI returns the adjusted Rand index (Hubert & Arabie 1985): 1 for equal
// partitions, 0 on average for independent ones of these sizes, and 1 where
// there are no records. Pairs are counted as whole numbers; n may be up to
// 3·10⁹.
func (t *Contingency) ARI() float64 {
	var both, inRow, inCol int64 // ordered pairs with themselves
	for _, c := range t.cells {
		both += c.n * c.n
	}
	for _, n := range t.rows {
		inRow += n * n
	}
	for _, n := range t.cols {
		inCol += n * n
	}
	tp, fp, fn := both-t.n, inCol-both, inRow-both
	tn := t.n*t.n - inRow - inCol + both
	if fp == 0 && fn == 0 {
		return 1
	}
	num := mul(tp, tn)
	num.Sub(num, mul(fn, fp)).Lsh(num, 1)
	den := mul(tp+fn, fn+tn)
	den.Add(den, mul(tp+fp, fp+tn))
	ari, _ := new(big.Rat).SetFrac(num, den).Float64()
	return ari
}

func mul(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }

// AMI returns the adjusted mutual information with the arithmetic mean of the
// two entropies as its bound (Vinh, Epps & Bailey 2010): 1 for equal
// partitions and where there are no records, 0 where one of them has a single
// class and the other has not, and 0 on average for independent ones.
//
// Time is O(cells) for the information and, for what is to be expected by
// chance, O(r·c·√n) at most, r and c being the numbers of different sizes of
// classes, which are below √(2n).
func (t *Contingency) AMI() float64 {
	r, c := len(t.rows), len(t.cols)
	switch {
	case len(t.cells) == r && r == c:
		return 1
	case r == 1 || c == 1:
		return 0
	}
	rows, cols := bySize(t.rows), bySize(t.cols)
	mi, expected := t.mutualInformation(), expectedInformation(rows, cols, t.n)
	bound := (entropy(rows, t.n) + entropy(cols, t.n)) / 2
	return awayFromZero(mi-expected) / awayFromZero(bound-expected)
}

// awayFromZero keeps the sign of a difference that is all rounding, so that
// 0/0 is avoided, as scikit-learn does.
func awayFromZero(x float64) float64 {
	const eps = 0x1p-52
	if x < 0 {
		return min(x, -eps)
	}
	return max(x, eps)
}

// mutualInformation is in nats.
func (t *Contingency) mutualInformation() float64 {
	n := float64(t.n)
	var mi sum
	for _, c := range t.cells {
		k := float64(c.n)
		mi.add(k / n * math.Log(n*k/float64(t.rows[c.row]*t.cols[c.col])))
	}
	return max(mi.value(), 0)
}

// A sizeClass is how many classes have a size.
type sizeClass struct{ size, count float64 }

// bySize groups classes of equal size, in ascending order.
func bySize(size []int64) []sizeClass {
	var groups []sizeClass
	for _, s := range slices.Sorted(slices.Values(size)) {
		if k := len(groups); k > 0 && groups[k-1].size == float64(s) {
			groups[k-1].count++
		} else {
			groups = append(groups, sizeClass{float64(s), 1})
		}
	}
	return groups
}

// entropy is that of a partition of n records, in nats.
func entropy(groups []sizeClass, n int64) float64 {
	var h sum
	for _, g := range groups {
		h.add(-g.count * g.size / float64(n) * math.Log(g.size/float64(n)))
	}
	return h.value()
}

// expectedInformation is the mean of the mutual information, in nats, over
// all ways to deal n records out to classes of these sizes.
func expectedInformation(rows, cols []sizeClass, n int64) float64 {
	var e sum
	for _, a := range rows {
		for _, b := range cols {
			e.add(a.count * b.count * expectedCell(a.size, b.size, float64(n)))
		}
	}
	return e.value()
}

// expectedCell is the mean of k/n·log(n·k/(a·b)) where k, the number of
// records that classes of a and b of the n records share, is hypergeometric.
//
// The probabilities are taken relative to that of the mode, by the ratio of
// each to the next, and divided by their sum: log-gammas of n would lose as
// many digits as n·log n has, and the far tails, most of the range, are never
// reached.
func expectedCell(a, b, n float64) float64 {
	const negligible = 1e-25
	least, most := max(0, a+b-n), min(a, b)
	mode := min(max(math.Floor((a+1)*(b+1)/(n+2)), least), most)
	mean := a * b / n
	information := func(k float64) float64 {
		if k == 0 {
			return 0
		}
		return k * math.Log(k/mean)
	}
	total, info := 1.0, information(mode)
	for k, p := mode, 1.0; k < most; k++ {
		p *= (a - k) * (b - k) / ((k + 1) * (n - a - b + k + 1))
		if p < negligible {
			break
		}
		total += p
		info += p * information(k+1)
	}
	for k, p := mode, 1.0; k > least; k-- {
		p *= k * (n - a - b + k) / ((a - k + 1) * (b - k + 1))
		if p < negligible {
			break
		}
		total += p
		info += p * information(k-1)
	}
	return info / total / n
}

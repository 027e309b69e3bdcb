package evaluate

import "math"

// NewWeightedContingency is NewContingency for rows that stand for as many
// samples as they weigh: whole numbers, as counts of samples are.
func NewWeightedContingency(a, b []int32, weight []float64) *Contingency {
	checkLen("b", len(b), len(a))
	checkLen("weight", len(weight), len(a))
	sizeA, sizeB := sizes(a), sizes(b)
	t := &Contingency{}
	row, _ := squeeze(sizeA)
	col, full := squeeze(sizeB)
	rows := 0
	for _, n := range sizeA {
		if n > 0 {
			rows++
		}
	}
	t.rows, t.cols = make([]int64, rows), make([]int64, len(full))
	place := map[[2]int32]int{}
	for i := range a {
		r, c, w := row[slot(a[i])], col[slot(b[i])], int64(weight[i])
		at, ok := place[[2]int32{r, c}]
		if !ok {
			at = len(t.cells)
			place[[2]int32{r, c}] = at
			t.cells = append(t.cells, cell{row: r, col: c})
		}
		t.cells[at].n += w
		t.rows[r] += w
		t.cols[c] += w
		t.n += w
	}
	return t
}

// Pairs counts ordered pairs of different records by whether the two
// partitions put them together: as scikit-learn's pair_confusion_matrix, of
// which Together is the last and Apart the first element. n may be up to
// 3·10⁹.
type Pairs struct {
	Together int64 // in both
	OnlyA    int64 // in the first only
	OnlyB    int64 // in the second only
	Apart    int64 // in neither
}

// Pairs counts pairs.
func (t *Contingency) Pairs() Pairs {
	var both, inRow, inCol int64 // with themselves
	for _, c := range t.cells {
		both += c.n * c.n
	}
	for _, n := range t.rows {
		inRow += n * n
	}
	for _, n := range t.cols {
		inCol += n * n
	}
	return Pairs{Together: both - t.n, OnlyA: inRow - both, OnlyB: inCol - both, Apart: t.n*t.n - inRow - inCol + both}
}

// Rand returns the Rand index (Rand 1971): the share of pairs on which the
// partitions agree, 1 where there are no pairs.
func (t *Contingency) Rand() float64 {
	p := t.Pairs()
	all := p.Together + p.OnlyA + p.OnlyB + p.Apart
	if all == 0 {
		return 1
	}
	return float64(p.Together+p.Apart) / float64(all)
}

// FowlkesMallows returns the geometric mean of the shares of the pairs that
// are together in one partition which are so in the other (Fowlkes & Mallows
// 1983), 0 where no pair is together in both.
func (t *Contingency) FowlkesMallows() float64 {
	p := t.Pairs()
	if p.Together == 0 {
		return 0
	}
	both := float64(p.Together)
	return math.Sqrt(both/float64(p.Together+p.OnlyB)) * math.Sqrt(both/float64(p.Together+p.OnlyA))
}

// HomogeneityCompleteness returns how far each class of the second partition
// has members of a single class of the first, and the other way round
// (Rosenberg & Hirschberg 2007): 1 − H(A|B)/H(A) and 1 − H(B|A)/H(B), each 1
// where that entropy is 0.
func (t *Contingency) HomogeneityCompleteness() (homogeneity, completeness float64) {
	homogeneity, completeness = 1, 1
	if t.n == 0 {
		return homogeneity, completeness
	}
	mi := t.mutualInformation()
	if h := entropy(bySize(t.rows), t.n); h > 0 {
		homogeneity = mi / h
	}
	if h := entropy(bySize(t.cols), t.n); h > 0 {
		completeness = mi / h
	}
	return homogeneity, completeness
}

// VMeasure returns the harmonic mean of homogeneity and completeness.
func (t *Contingency) VMeasure() float64 {
	h, c := t.HomogeneityCompleteness()
	if h+c == 0 {
		return 0
	}
	return 2 * h * c / (h + c)
}

// NMI returns the mutual information over the arithmetic mean of the two
// entropies: 1 for equal partitions and where there is a single class in both
// or no record, 0 where only one of them has a single class.
func (t *Contingency) NMI() float64 {
	r, c := len(t.rows), len(t.cols)
	switch {
	case r <= 1 && c <= 1:
		return 1
	case r == 1 || c == 1:
		return 0
	}
	mi := t.mutualInformation()
	if mi <= 0x1p-52 {
		return 0
	}
	return mi / ((entropy(bySize(t.rows), t.n) + entropy(bySize(t.cols), t.n)) / 2)
}

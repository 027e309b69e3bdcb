package evaluate

import (
	"fmt"
	"iter"
	"math"
)

// A Confusion counts records by what they are and by what they were called.
type Confusion struct {
	TP int64 // anomalous and flagged
	FP int64 // benign and flagged
	FN int64 // anomalous and not flagged
	TN int64 // benign and not flagged
}

// NewConfusion compares flags with the truth, record by record. It panics if
// they differ in length.
func NewConfusion(flagged, positive []bool) Confusion {
	checkLen("positive", len(positive), len(flagged))
	var c Confusion
	for i, f := range flagged {
		c.add(f, positive[i], 1)
	}
	return c
}

// add counts n records.
func (c *Confusion) add(flagged, positive bool, n int64) {
	switch {
	case flagged && positive:
		c.TP += n
	case flagged:
		c.FP += n
	case positive:
		c.FN += n
	default:
		c.TN += n
	}
}

// Precision is the share of the flagged records that are anomalous, nil if
// none is flagged.
func (c Confusion) Precision() *float64 { return ratio(c.TP, c.TP+c.FP) }

// Recall is the share of the anomalous records that are flagged, nil if none
// is anomalous.
func (c Confusion) Recall() *float64 { return ratio(c.TP, c.TP+c.FN) }

// F1 is the harmonic mean of precision and recall, 2·TP / (2·TP + FP + FN):
// 0 where nothing is found, nil if no record is flagged nor anomalous.
func (c Confusion) F1() *float64 { return ratio(2*c.TP, 2*c.TP+c.FP+c.FN) }

// steps yields the flags as a score of two values.
func (c Confusion) steps(yield func(pos, neg int64) bool) {
	_ = yield(c.TP, c.FP) && yield(c.FN, c.TN)
}

// ratio returns a/b, nil if b is 0.
func ratio(a, b int64) *float64 {
	if b == 0 {
		return nil
	}
	r := float64(a) / float64(b)
	return &r
}

// AUROC returns the area under the receiver operating characteristic: the
// share of the pairs of a positive and a negative in which the positive has
// the higher score, ties counting one half (the statistic of Mann & Whitney
// 1947 over the number of pairs). Pairs are counted as whole numbers. NaN is
// below all scores. It is nil where there are not both positives and
// negatives, and takes O(n) time and 16·n bytes. It panics if the slices
// differ in length.
func AUROC(score []float64, positive []bool) *float64 {
	auroc, _ := areas(rankBools(score, positive).steps)
	return auroc
}

// AveragePrecision returns the sum, over the thresholds from the highest
// score to the lowest, of the precision there times what recall gains there:
// the area under the precision-recall curve as a step function, without
// interpolation. Equal scores are one threshold. What is said of AUROC on
// NaN, nil, cost and lengths holds here too.
func AveragePrecision(score []float64, positive []bool) *float64 {
	_, aupr := areas(rankBools(score, positive).steps)
	return aupr
}

// areas returns the area under the ROC curve and the average precision. steps
// yields how many positives and negatives share each score, from the highest
// score to the lowest.
func areas(steps iter.Seq2[int64, int64]) (auroc, aupr *float64) {
	var pos, neg int64 // with a score of this step or above
	var wins int64     // twice the pairs won, so that a tie counts 1; at most n²/2
	var precision sum  // of each positive at its threshold
	for p, n := range steps {
		wins += n * (2*pos + p)
		pos += p
		neg += n
		if p > 0 {
			precision.add(float64(p) * (float64(pos) / float64(pos+neg)))
		}
	}
	if pos == 0 || neg == 0 {
		return nil, nil
	}
	roc := float64(wins) / float64(2*pos*neg)
	pr := precision.value() / float64(pos)
	return &roc, &pr
}

// A ranking is the scores of the positives and of the negatives as sort keys,
// each ascending.
type ranking struct{ pos, neg []uint64 }

func rankBools(score []float64, positive []bool) ranking {
	checkLen("positive", len(positive), len(score))
	return rank(make([]uint64, 2*len(score)), score, func(i int) bool { return positive[i] })
}

// rank makes a ranking in buf, which is twice as long as score.
func rank(buf []uint64, score []float64, positive func(i int) bool) ranking {
	lo, hi := 0, len(score)
	buf, scratch := buf[:hi], buf[hi:]
	for i, s := range score {
		if positive(i) {
			buf[lo] = sortKey(s)
			lo++
		} else {
			hi--
			buf[hi] = sortKey(s)
		}
	}
	radixSort(buf[:lo], scratch)
	radixSort(buf[lo:], scratch)
	return ranking{buf[:lo], buf[lo:]}
}

func (r ranking) steps(yield func(pos, neg int64) bool) {
	i, j := len(r.pos), len(r.neg)
	for i > 0 || j > 0 {
		var top uint64
		if i > 0 {
			top = r.pos[i-1]
		}
		if j > 0 {
			top = max(top, r.neg[j-1])
		}
		p, n := i, j
		for i > 0 && r.pos[i-1] == top {
			i--
		}
		for j > 0 && r.neg[j-1] == top {
			j--
		}
		if !yield(int64(p-i), int64(n-j)) {
			return
		}
	}
}

// sortKey maps scores to whole numbers of the same order: -0 equals 0, and
// NaN is below -Inf.
func sortKey(f float64) uint64 {
	const sign = 1 << 63
	switch b := math.Float64bits(f); {
	case f != f:
		return 0
	case f == 0:
		return sign
	case b&sign != 0:
		return ^b
	default:
		return b | sign
	}
}

// A sum adds up numbers with the rounding error of about one addition
// (Neumaier 1974), so that the order of the numbers does not show.
type sum struct{ s, lost float64 }

func (a *sum) add(x float64) {
	t := a.s + x
	if math.Abs(a.s) >= math.Abs(x) {
		a.lost += a.s - t + x
	} else {
		a.lost += x - t + a.s
	}
	a.s = t
}

func (a *sum) value() float64 { return a.s + a.lost }

func checkLen(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("evaluate: %s has %d records, want %d", what, got, want))
	}
}

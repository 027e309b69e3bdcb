package evaluate

import (
	"cmp"
	"iter"
	"math"
	"slices"
)

// MCC is Matthews' correlation coefficient of flags and truth (Matthews 1975):
// 1 where all is right, 0 where flags say nothing; nil where it is undefined,
// since nothing or everything is flagged, or anomalous.
func (c Confusion) MCC() *float64 {
	a, b, d, e := float64(c.TP+c.FP), float64(c.TP+c.FN), float64(c.TN+c.FP), float64(c.TN+c.FN)
	if a == 0 || b == 0 || d == 0 || e == 0 {
		return nil
	}
	m := (float64(c.TP)*float64(c.TN) - float64(c.FP)*float64(c.FN)) / (math.Sqrt(a) * math.Sqrt(b) * math.Sqrt(d) * math.Sqrt(e))
	return &m
}

// A PrecisionAt is the share of the k records of the highest scores that are
// anomalous. Of records of equal score, of which only some are among the k,
// the mean share counts.
type PrecisionAt struct {
	K         int64   `json:"k"`
	Precision float64 `json:"precision"`
}

// precisionAt returns the precision at each k up to the number of records.
func precisionAt(steps iter.Seq2[int64, int64], ks []int64) []PrecisionAt {
	var out []PrecisionAt
	var pos, all float64
	slices.Sort(ks)
	for p, n := range steps {
		size := float64(p + n)
		for len(ks) > 0 && float64(ks[0]) <= all+size {
			part := (float64(ks[0]) - all) / size
			if k := ks[0]; k > 0 && (len(out) == 0 || out[len(out)-1].K != k) {
				out = append(out, PrecisionAt{k, (pos + part*float64(p)) / float64(k)})
			}
			ks = ks[1:]
		}
		pos, all = pos+float64(p), all+size
	}
	return out
}

// A Point of the curves: what a threshold gives.
type Point struct {
	Recall     float64 `json:"recall"`
	FalseAlarm float64 `json:"false_alarm"` // share of the benign records that are flagged
	Precision  float64 `json:"precision"`
}

// curvePoints is how many points a curve is drawn with at the most.
const curvePoints = 200

// curve returns the points of the ROC and the precision-recall curve, from
// the highest threshold to the lowest: all if they are few, else those where
// recall or the share of false alarms has grown by a share of what is to be
// drawn.
func curve(steps iter.Seq2[int64, int64]) []Point {
	var allPos, allNeg int64
	for p, n := range steps {
		allPos, allNeg = allPos+p, allNeg+n
	}
	if allPos == 0 || allNeg == 0 {
		return nil
	}
	var out []Point
	var pos, neg int64
	last := Point{}
	for p, n := range steps {
		pos, neg = pos+p, neg+n
		at := Point{float64(pos) / float64(allPos), float64(neg) / float64(allNeg), float64(pos) / float64(pos+neg)}
		if at.Recall-last.Recall+at.FalseAlarm-last.FalseAlarm >= 2.0/curvePoints || pos == allPos && neg == allNeg || len(out) == 0 {
			out = append(out, at)
			last = at
		}
	}
	return out
}

// A Best is the threshold of a score that would have given the best F1, had
// the labels been known: what a threshold chosen without them is to be
// compared with.
type Best struct {
	F1        float64 `json:"f1"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	Flagged   int64   `json:"flagged"` // records at or above it
}

// best returns the best threshold, nil without positives; of equal ones the
// highest.
func best(steps iter.Seq2[int64, int64]) *Best {
	var all int64
	for p := range steps {
		all += p
	}
	if all == 0 {
		return nil
	}
	b := &Best{F1: -1}
	var pos, neg int64
	for p, n := range steps {
		pos, neg = pos+p, neg+n
		if f := 2 * float64(pos) / float64(pos+neg+all); f > b.F1 {
			*b = Best{f, float64(pos) / float64(pos+neg), float64(pos) / float64(all), pos + neg}
		}
	}
	return b
}

// recallAt returns the highest recall of a score at a share of false alarms of
// at most alpha, nil without both kinds of records.
func recallAt(steps iter.Seq2[int64, int64], alpha float64) *float64 {
	var allPos, allNeg int64
	for p, n := range steps {
		allPos, allNeg = allPos+p, allNeg+n
	}
	if allPos == 0 || allNeg == 0 {
		return nil
	}
	var pos, neg int64
	r := 0.0
	for p, n := range steps {
		pos, neg = pos+p, neg+n
		if float64(neg) > alpha*float64(allNeg) {
			break
		}
		r = float64(pos) / float64(allPos)
	}
	return &r
}

// Kappa returns Cohen's kappa of two sets of flags on n records (Cohen 1960):
// how far they agree beyond chance. It is nil where both say the same of all.
func Kappa(both, onlyA, onlyB, n int64) *float64 {
	if n == 0 {
		return nil
	}
	a, b, c, d := float64(both), float64(onlyA), float64(onlyB), float64(n-both-onlyA-onlyB)
	beyond := (a+b)*(b+d) + (a+c)*(c+d)
	if beyond == 0 {
		return nil
	}
	k := 2 * (a*d - b*c) / beyond
	return &k
}

// descending returns the numbers of the records by falling score, NaN last,
// those of equal score by their number.
func descending(score []float64) []int32 {
	order := make([]int32, len(score))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(sortKey(score[b]), sortKey(score[a])), cmp.Compare(a, b))
	})
	return order
}

package evaluate

import "math"

const (
	rankSample = 1 << 14 // records that rank correlations are of at the most: their standard error is below 0.8 %
	topShare   = 0.01    // of the records, that top lists are of
)

// RankAgreement compares the scores of two methods.
type RankAgreement struct {
	A        string   `json:"a"`
	B        string   `json:"b"`
	Spearman *float64 `json:"spearman"` // rank correlation (Spearman 1904); nil where one says the same of all
	TopK     int64    `json:"top_k"`    // length of the lists of highest scores, a hundredth of the records
	Overlap  *float64 `json:"overlap"`  // share that the lists have in common, where equal scores are cut at random
}

// scoreRanks are what is kept of a method's scores.
type scoreRanks struct {
	rank []float64 // mid-ranks of every so many-th record, less their mean
	k    int64
	// Records above the k-th highest score, and those that have it, of which
	// so large a share is in the list.
	above, tied bitmap
	share       float64
}

// rankScores returns what is kept of scores, nil if there are none.
func (e *Evaluator) rankScores(score []float64) *scoreRanks {
	if score == nil {
		return nil
	}
	step := 1 + (e.n-1)/rankSample
	var some []float64
	for i := 0; i < e.n; i += step {
		some = append(some, score[i])
	}
	r := &scoreRanks{rank: make([]float64, len(some)), above: newBitmap(e.n), tied: newBitmap(e.n), k: int64(math.Ceil(topShare * float64(e.n)))}
	order := descending(some)
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && sortKey(some[order[j]]) == sortKey(some[order[i]]) {
			j++
		}
		for _, at := range order[i:j] {
			r.rank[at] = float64(len(order))/2 - float64(i+j)/2
		}
		i = j
	}
	if e.n == 0 {
		return r
	}
	keys := make([]uint64, e.n)
	for i, s := range score {
		keys[i] = sortKey(s)
	}
	radixSort(keys, make([]uint64, e.n))
	least := keys[e.n-int(r.k)]
	for i, s := range score {
		switch key := sortKey(s); {
		case key > least:
			r.above.set(i)
		case key == least:
			r.tied.set(i)
		}
	}
	r.share = float64(r.k-r.above.count()) / float64(r.tied.count())
	return r
}

func (r *scoreRanks) compare(o *scoreRanks, a, b string) RankAgreement {
	var xx, yy, xy float64
	for i, x := range r.rank {
		y := o.rank[i]
		xx, yy, xy = xx+x*x, yy+y*y, xy+x*y
	}
	out := RankAgreement{A: a, B: b, TopK: r.k}
	if xx > 0 && yy > 0 {
		s := xy / math.Sqrt(xx*yy)
		out.Spearman = &s
	}
	if r.k > 0 {
		both := common(r.above, o.above) + o.share*common(r.above, o.tied) + r.share*common(r.tied, o.above) + r.share*o.share*common(r.tied, o.tied)
		both /= float64(r.k)
		out.Overlap = &both
	}
	return out
}

// common counts the members of both sets.
func common(a, b bitmap) float64 {
	both, _, _ := overlap(a, b)
	return float64(both)
}

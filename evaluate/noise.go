package evaluate

// A Conflict says how far labels contradict one another for who sees only some
// columns of a table: the records of rows that are equal there are the same to
// a method, and may have both kinds of label.
type Conflict struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Methods []string `json:"methods"` // that look at these columns
	Mixed   int64    `json:"mixed"`   // records of rows whose equals have both kinds of label
	Errors  int64    `json:"errors"`  // the fewest records that such a method must judge wrongly
	Judged  int64    `json:"judged"`  // records with a row
}

// Conflicts counts, of records by the number of their row's values (those below
// 0 are left out), which of them have equals of the other kind of label, and
// how many any method must be wrong on that judges equals alike: of each group
// the smaller of both kinds. It panics if lengths differ.
func Conflicts(group []int32, anomalous []bool) (mixed, errors, judged int64) {
	checkLen("anomalous", len(anomalous), len(group))
	type kinds struct{ of [2]int64 }
	var counts []kinds
	for i, g := range group {
		if g < 0 {
			continue
		}
		for int(g) >= len(counts) {
			counts = append(counts, make([]kinds, int(g)+1-len(counts))...)
		}
		k := 0
		if anomalous[i] {
			k = 1
		}
		counts[g].of[k]++
		judged++
	}
	for _, c := range counts {
		if least := min(c.of[0], c.of[1]); least > 0 {
			mixed += c.of[0] + c.of[1]
			errors += least
		}
	}
	return mixed, errors, judged
}

// LabelNoise is what a method that is always right would seem to be, if so
// large a share of the labels were wrong, at random.
type LabelNoise struct {
	Share     float64 `json:"share"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
}

// noiseShares are the shares that noise is told of: the first that the share of
// anomalous records is at least five times of.
var noiseShares = []float64{0.01, 0.001, 0.0001}

// NoiseOf returns what labels of which a part is wrong would make of a perfect
// method, where the share base of the records is anomalous by them; nil where
// they are too few to say. Of a true share t of anomalous records, and a share p
// of wrong labels, base = t(1−p) + (1−t)p is labelled so: a perfect method has
// precision 1−p and recall t(1−p)/base (Frénay, Verleysen 2014: noise completely
// at random).
func NoiseOf(base float64) *LabelNoise {
	for _, p := range noiseShares {
		if base >= 5*p && base <= 1-5*p {
			t := (base - p) / (1 - 2*p)
			return &LabelNoise{Share: p, Precision: 1 - p, Recall: t * (1 - p) / base}
		}
	}
	return nil
}

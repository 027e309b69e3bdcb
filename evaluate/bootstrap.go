package evaluate

import (
	"math"
	"math/rand/v2"
	"slices"
)

// An Interval is a 95 % confidence interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Intervals are those of a method's figures; nil where a figure is undefined
// in some of the samples.
type Intervals struct {
	Precision *Interval `json:"precision,omitempty"`
	Recall    *Interval `json:"recall,omitempty"`
	F1        *Interval `json:"f1,omitempty"`
	AUROC     *Interval `json:"auroc,omitempty"`
	AUPR      *Interval `json:"aupr,omitempty"`
}

// A Test compares a method with the best one by average precision, in the same
// samples.
type Test struct {
	Method     string  `json:"method"`
	Best       string  `json:"best"`
	Difference float64 `json:"difference"` // of average precision, best less method
	StdErr     float64 `json:"std_err"`
	P          float64 `json:"p"`    // two-sided, of the normal distribution
	Holm       float64 `json:"holm"` // P corrected for the number of tests (Holm 1979)
}

// A bootstrap draws blocks of records with replacement: those of one pair of
// addresses belong together, and drawing single records would make intervals
// many times too narrow (Efron & Tibshirani 1993; cluster bootstrap). Of each
// method it keeps, by sample, the figures.
type bootstrap struct {
	draws   [][]uint16 // by sample, then block: how often it is drawn
	block   []int32
	methods []sampled
}

type sampled struct {
	name string
	aupr []float64 // by sample, NaN if undefined; nil for a method without scores or flags
}

// newBootstrap draws samples of the blocks; seed makes them the same in every
// run.
func newBootstrap(block []int32, samples int, seed uint64) *bootstrap {
	blocks := 0
	for _, b := range block {
		blocks = max(blocks, int(b)+1)
	}
	b := &bootstrap{block: block}
	for s := range samples {
		r := rand.New(rand.NewPCG(seed, uint64(s)))
		draw := make([]uint16, blocks)
		for range blocks {
			if k := r.IntN(blocks); draw[k] < math.MaxUint16 {
				draw[k]++
			}
		}
		b.draws = append(b.draws, draw)
	}
	return b
}

// A run is records of one score and one block.
type scoreRun struct {
	block    int32
	pos, neg int32
	last     bool // of its score
}

// runs cuts records into runs, the highest score first.
func (b *bootstrap) runs(score []float64, positive func(i int) bool) []scoreRun {
	var out []scoreRun
	order := descending(score)
	slot := map[int32]int{} // of a block among the runs of the present score
	for k, i := range order {
		at, ok := slot[b.block[i]]
		if !ok {
			at = len(out)
			slot[b.block[i]] = at
			out = append(out, scoreRun{block: b.block[i]})
		}
		if positive(int(i)) {
			out[at].pos++
		} else {
			out[at].neg++
		}
		if k+1 == len(order) || sortKey(score[order[k+1]]) != sortKey(score[i]) {
			out[len(out)-1].last = true
			clear(slot)
		}
	}
	return out
}

// steps yields what a sample has at each score.
func steps(runs []scoreRun, draw []uint16) func(yield func(pos, neg int64) bool) {
	return func(yield func(pos, neg int64) bool) {
		var pos, neg int64
		for _, r := range runs {
			w := int64(draw[r.block])
			pos, neg = pos+w*int64(r.pos), neg+w*int64(r.neg)
			if r.last {
				if (pos > 0 || neg > 0) && !yield(pos, neg) {
					return
				}
				pos, neg = 0, 0
			}
		}
	}
}

// scores adds a method's score and returns its intervals.
func (b *bootstrap) scores(name string, score []float64, positive func(i int) bool, to *Intervals) {
	runs := b.runs(score, positive)
	m := sampled{name: name}
	var roc []float64
	for _, draw := range b.draws {
		r, p := areas(steps(runs, draw))
		roc, m.aupr = append(roc, orNaN(r)), append(m.aupr, orNaN(p))
	}
	to.AUROC, to.AUPR = interval(roc), interval(m.aupr)
	b.methods = append(b.methods, m)
}

// flags returns the intervals of what flags give: tallies are by block.
func (b *bootstrap) flags(tallies []Confusion, to *Intervals) {
	var precision, recall, f1 []float64
	for _, draw := range b.draws {
		var c Confusion
		for k, t := range tallies {
			w := int64(draw[k])
			c.TP, c.FP, c.FN, c.TN = c.TP+w*t.TP, c.FP+w*t.FP, c.FN+w*t.FN, c.TN+w*t.TN
		}
		precision, recall, f1 = append(precision, orNaN(c.Precision())), append(recall, orNaN(c.Recall())), append(f1, orNaN(c.F1()))
	}
	to.Precision, to.Recall, to.F1 = interval(precision), interval(recall), interval(f1)
}

func orNaN(f *float64) float64 {
	if f == nil {
		return math.NaN()
	}
	return *f
}

// interval returns the 2.5 % and 97.5 % quantiles, nil if a value is NaN.
func interval(vs []float64) *Interval {
	if len(vs) < 2 || slices.ContainsFunc(vs, math.IsNaN) {
		return nil
	}
	sorted := slices.Sorted(slices.Values(vs))
	at := func(q float64) float64 {
		x := q * float64(len(sorted)-1)
		i := min(int(x), len(sorted)-2)
		return sorted[i] + (sorted[i+1]-sorted[i])*(x-float64(i))
	}
	return &Interval{at(0.025), at(0.975)}
}

// tests compares each method with the one that is best on the whole data:
// aupr is of the methods in the order in which they were added.
func (b *bootstrap) tests(aupr map[string]float64) []Test {
	best := -1
	for k, m := range b.methods {
		if v, ok := aupr[m.name]; ok && (best < 0 || v > aupr[b.methods[best].name]) {
			best = k
		}
	}
	var out []Test
	for k, m := range b.methods {
		if best < 0 || k == best {
			continue
		}
		top := b.methods[best]
		t := Test{Method: m.name, Best: top.name, Difference: aupr[top.name] - aupr[m.name]}
		var n, sum, square float64
		for s := range m.aupr {
			if d := top.aupr[s] - m.aupr[s]; !math.IsNaN(d) {
				n, sum, square = n+1, sum+d, square+d*d
			}
		}
		t.P = 1
		if n > 1 {
			t.StdErr = math.Sqrt(max(0, square-sum*sum/n) / (n - 1))
			if t.StdErr > 0 {
				t.P = math.Erfc(math.Abs(t.Difference) / t.StdErr / math.Sqrt2)
			} else if t.Difference != 0 {
				t.P = 0
			}
		}
		out = append(out, t)
	}
	holm(out)
	return out
}

// holm fills in the corrected p-values (Holm 1979): the k-th lowest of m times
// m−k+1, never less than one before it, at most 1.
func holm(tests []Test) {
	order := make([]int, len(tests))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case tests[a].P < tests[b].P:
			return -1
		case tests[a].P > tests[b].P:
			return 1
		}
		return 0
	})
	last := 0.0
	for k, i := range order {
		last = max(last, min(1, tests[i].P*float64(len(tests)-k)))
		tests[i].Holm = last
	}
}

package tail

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"toolkit/algo"
	"toolkit/features"
)

// A Score makes a value's share from the parts of the samples that are in its
// two tails, each above 0 and at most 1, and the sign of the column's skewness.
// It is 0 or more.
type Score func(left, right float64, skew int) float64

// chunkRows is how many rows a worker sums up at a time.
const chunkRows = 1 << 13

// Bytes predicts what Fit takes: scores and shares, the tails at each distinct
// value, and a sorted column for each worker.
func Bytes(n, distinct, d, workers int) int64 {
	return 8*int64(n)*int64(d+1) + 32*int64(distinct)*int64(d) + (36*int64(n)+1<<17)*int64(min(workers, d))
}

// Fit learns the tails of the columns of x and scores its rows. The result has
// the share of each column in Columns ("share_NAME"), what was found of each
// column in Tables ("tails"), and a Model that is an Explainer. It takes
// O(n·d) time, and at most O(n·d·log n) for values that differ in their last
// digits only.
//
// The score is the sum of the shares, rounded once.
func (s Score) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	n, d := x.Dims()
	if int64(n) > 1<<32-1 {
		return nil, fmt.Errorf("%d rows, want less than 2³²: take a sample of them", n)
	}
	r := newResult(x)
	cols := make([]*column, d)
	idle := sync.Pool{New: func() any { return newSorter(n) }}
	err := algo.Each(ctx, env.NumWorkers(), d, func(j int) {
		own := idle.Get().(*sorter)
		defer idle.Put(own)
		order := own.sort(x, j)
		c := gather(order, x)
		c.derive(s)
		shares, k := r.Columns[j].Floats, 0
		for i, o := range order {
			if i > 0 && o.key != order[i-1].key {
				k++
			}
			shares[o.row] = c.share[k]
		}
		cols[j] = c
	})
	if err != nil {
		return nil, err
	}
	env.Step(1, 2)
	m := &Model{s, slices.Clone(x.Names), cols}
	if err := m.add(ctx, r, env.NumWorkers()); err != nil {
		return nil, err
	}
	env.Step(2, 2)
	r.Tables = []*features.Table{m.table()}
	least, most := r.Scores[0], r.Scores[0]
	for _, s := range r.Scores {
		if s < least {
			least = s
		}
		if s > most {
			most = s
		}
	}
	r.Stats = []algo.Stat{{Name: "min_score", Value: least}, {Name: "max_score", Value: most}}
	if same := m.constant(); same != nil {
		r.Warnings = append(r.Warnings, fmt.Errorf("all rows have the same value, which says nothing, in %s: leave out", strings.Join(same, ", ")))
	}
	return r, nil
}

// newResult returns a result with room for scores and shares.
func newResult(x *features.Matrix) *algo.Result {
	n, d := x.Dims()
	r := &algo.Result{Scores: make([]float64, n)}
	for j := range d {
		r.Columns = append(r.Columns, &features.Column{
			Field: features.Field{
				Name: "share_" + x.Names[j], Type: features.Float, Role: features.Outcome,
				Doc: "What " + x.Names[j] + " adds to the score.",
			},
			Floats: make([]float64, n),
		})
	}
	return r
}

// add sums up the shares and completes the result.
func (m *Model) add(ctx context.Context, r *algo.Result, workers int) error {
	r.Model = m
	n := len(r.Scores)
	return algo.Each(ctx, workers, (n+chunkRows-1)/chunkRows, func(c int) {
		lo, hi := c*chunkRows, min((c+1)*chunkRows, n)
		scores, lost := r.Scores[lo:hi], make([]float64, hi-lo)
		for _, col := range r.Columns {
			for i, v := range col.Floats[lo:hi] { // shares are not negative: the larger one comes first
				a := scores[i]
				t := a + v
				lost[i] += min(a, v) - (t - max(a, v))
				scores[i] = t
			}
		}
		for i, v := range lost {
			scores[i] += v
		}
	})
}

// constant returns the names of the columns of one value.
func (m *Model) constant() []string {
	var names []string
	for j, c := range m.cols {
		if len(c.values) == 1 {
			names = append(names, m.names[j])
		}
	}
	return names
}

// Ordinary returns for each column the lowest value at or below which at least
// 5 % of the samples lie, and the highest at or above which they do.
func Ordinary(ctx context.Context, x *features.Matrix, workers int) (low, high []float64, err error) {
	n, d := x.Dims()
	low, high = make([]float64, d), make([]float64, d)
	idle := sync.Pool{New: func() any { return newSorter(n) }}
	want := ordinary * x.Samples()
	err = algo.Each(ctx, workers, d, func(j int) {
		own := idle.Get().(*sorter)
		defer idle.Put(own)
		order := own.sort(x, j)
		sum, k := 0.0, -1
		for k < n-1 && sum < want {
			k++
			sum += x.W(int(order[k].row))
		}
		low[j] = order[k].value()
		sum, k = 0, n
		for k > 0 && sum < want {
			k--
			sum += x.W(int(order[k].row))
		}
		high[j] = order[k].value()
	})
	return low, high, err
}

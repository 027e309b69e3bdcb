package loda

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"toolkit/algo"
	"toolkit/features"
)

// Model is the directions and their histograms. What is read while an Update
// runs is the model before it or after it.
type Model struct {
	names      []string
	directions []direction
	low, high  []float64 // of what is ordinary in each column
	hists      atomic.Pointer[[]*histogram]
	update     sync.Mutex
}

// check reports columns that are not those learned from.
func (m *Model) check(x *features.Matrix) error {
	if !slices.Equal(x.Names, m.names) {
		return fmt.Errorf("the model has the columns %s, the rows have %s: choose the same",
			strings.Join(m.names, ","), strings.Join(x.Names, ","))
	}
	return nil
}

// Apply scores the rows of x, which has the columns that the model was
// learned from, in O(n·projections·√d) and with all CPUs.
func (m *Model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	r := &algo.Result{Scores: make([]float64, n), Model: m}
	if err := m.judge(ctx, x, r.Scores, algo.Env{}.NumWorkers()); err != nil {
		return nil, err
	}
	return r, nil
}

// judge sets scores to those of the rows of x.
func (m *Model) judge(ctx context.Context, x *features.Matrix, scores []float64, workers int) error {
	hists := *m.hists.Load()
	last, k := len(hists)-1, float64(len(hists))
	return m.each(ctx, x, chunkRows(0), workers, func(_, p, lo int, v []float64) {
		scores := scores[lo : lo+len(v)]
		hists[p].addTo(scores, v)
		if p == last {
			for i := range scores {
				scores[i] /= k
			}
		}
	})
}

// Update adds the rows of x, which has the columns that the model was learned
// from, to the bins. What counts as ordinary in a reason stays as it was.
func (m *Model) Update(ctx context.Context, x *features.Matrix) error {
	if err := m.check(x); err != nil {
		return err
	}
	if err := x.Check(); err != nil {
		return err
	}
	m.update.Lock()
	defer m.update.Unlock()
	hists, err := m.counted(ctx, x, *m.hists.Load(), algo.Env{}.NumWorkers())
	if err != nil {
		return err
	}
	for _, h := range hists {
		if math.IsInf(h.samples, 0) {
			return errors.New("more samples than can be counted")
		}
	}
	m.hists.Store(&hists)
	return nil
}

// Explain returns the columns whose directions say more of row i of x than
// those without them, by Welch's t; Weight is the column's part of the sum of
// the t above 0. Low and High are the 5 % and the 95 % quantile of the column
// where the model was learned.
func (m *Model) Explain(x *features.Matrix, i int) []algo.Reason {
	hists := *m.hists.Load()
	d := len(m.names)
	with, without := make([]moments, d), make([]moments, d)
	var all moments
	v := make([]float64, 1)
	for p := range m.directions {
		m.directions[p].project(v, x, i)
		term := hists[p].of(v[0])
		all.add(term)
		for _, j := range m.directions[p].columns {
			with[j].add(term)
		}
	}
	var reasons []algo.Reason
	var sum float64
	for j := range d {
		without[j] = all.less(with[j])
		t := welch(with[j], without[j])
		if d == 1 && all.sum > 0 {
			t = 1 // there is none without the only column
		}
		if t > 0 {
			reasons = append(reasons, algo.Reason{Column: m.names[j], Value: x.X.At(i, j), Low: m.low[j], High: m.high[j], Weight: t})
			sum += t
		}
	}
	for k := range reasons {
		reasons[k].Weight /= sum
	}
	algo.SortReasons(reasons)
	return reasons
}

// moments are sums over terms.
type moments struct{ n, sum, square float64 }

func (m *moments) add(v float64) {
	m.n++
	m.sum += v
	m.square += v * v
}

func (m moments) less(o moments) moments {
	return moments{m.n - o.n, m.sum - o.sum, m.square - o.square}
}

func (m moments) mean() float64 { return m.sum / m.n }

// ofMean returns the variance of the mean; not less than rounding makes of 0.
func (m moments) ofMean() float64 {
	variance := (m.square - m.sum*m.mean()) / max(1, m.n-1)
	return max(variance, 1e-12*(1+m.square/m.n)) / m.n
}

// welch returns by how many standard errors the mean of a is above that of b;
// 0 where one of them has no terms.
func welch(a, b moments) float64 {
	if a.n == 0 || b.n == 0 {
		return 0
	}
	diff := a.mean() - b.mean()
	if math.Abs(diff) <= 1e-12*(a.mean()+b.mean()) {
		return 0 // rounding
	}
	return diff / math.Sqrt(a.ofMean()+b.ofMean())
}

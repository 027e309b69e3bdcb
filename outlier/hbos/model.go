package hbos

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/features"
)

// Model is the histograms of the columns.
type Model struct {
	mode  Mode
	tol   float64
	alpha float64
	names []string
	hists []*histogram
}

// newModel returns the model of those histograms.
func newModel(mode Mode, tol, alpha float64, names []string, hists []*histogram) *Model {
	for _, h := range hists {
		h.derive(mode)
	}
	return &Model{mode, tol, alpha, slices.Clone(names), hists}
}

// Apply scores the rows of x, which has the columns that the model was
// learned from, in O(n·d) and with all CPUs.
func (m *Model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	r := newResult(x)
	if err := m.judge(ctx, x, r, nil, algo.Env{}.NumWorkers()); err != nil {
		return nil, err
	}
	return r, nil
}

// check reports rows of other columns than the model's.
func (m *Model) check(x *features.Matrix) error {
	if !slices.Equal(x.Names, m.names) {
		return fmt.Errorf("the model has the columns %s, the rows have %s: choose the same",
			strings.Join(m.names, ","), strings.Join(x.Names, ","))
	}
	for j, h := range m.hists {
		switch categories := x.CategoriesOf(j) != nil; {
		case h.values == nil && categories:
			return fmt.Errorf("column %s: the model has learned from numbers, the rows have text", m.names[j])
		case h.values != nil && !categories:
			return fmt.Errorf("column %s: the model has learned from text, the rows have numbers", m.names[j])
		}
	}
	return nil
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

// judge fills in the scores of the rows of x and their shares. placed are the
// places of the values, nil if they aren't known.
func (m *Model) judge(ctx context.Context, x *features.Matrix, r *algo.Result, placed *places, workers int) error {
	_, d := x.Dims()
	r.Model = m
	p := newPlacer(m.hists, m.mode, x)
	return algo.Each(ctx, workers, chunks(x, chunkRows), func(c int) {
		var lost, sums, parts [blockRows]float64 // lost are rounding errors of the block's sums
		var found [blockRows]int32
		blocks(x, c, chunkRows, func(j, lo, hi int, v []float64, stride int) {
			shares, scores := r.Columns[j].Floats[lo:hi], r.Scores[lo:hi]
			if placed == nil {
				p.place(j, found[:hi-lo], v, stride)
				look(m.hists[j], shares, found[:hi-lo])
				addTo(scores, lost[:hi-lo], shares, j == 0, j == d-1)
				return
			}
			ends := placed.runs[lo/blockRows]
			if ends == nil {
				look(m.hists[j], shares, placed.column(lo, hi-lo, j))
				addTo(scores, lost[:hi-lo], shares, j == 0, j == d-1)
				return
			}
			n := len(ends)
			look(m.hists[j], parts[:n], placed.column(lo, n, j))
			addTo(sums[:n], lost[:n], parts[:n], j == 0, j == d-1)
			spread(shares, parts[:n], ends)
			if j == d-1 {
				spread(scores, sums[:n], ends)
			}
		})
	})
}

// addTo adds terms to sums and what rounding takes from the sums to lost;
// the first call sets both, and the last one gives sums what was lost.
func addTo(sums, lost, terms []float64, first, last bool) {
	sums, lost = sums[:len(terms)], lost[:len(terms)]
	if first {
		copy(sums, terms)
		clear(lost)
	} else {
		for i, t := range terms { // Knuth's two-sum
			s := sums[i] + t
			back := s - sums[i]
			lost[i] += (sums[i] - (s - back)) + (t - back)
			sums[i] = s
		}
	}
	if last {
		for i, l := range lost {
			sums[i] += l
		}
	}
}

// stats are the numbers about the whole.
func (m *Model) stats(scores []float64) []algo.Stat {
	var bins int
	for _, h := range m.hists {
		bins += len(h.low)
	}
	least, most := scores[0], scores[0]
	for _, s := range scores { // slices.Min and Max take much longer, for the sake of NaN
		if s < least {
			least = s
		}
		if s > most {
			most = s
		}
	}
	return []algo.Stat{
		{Name: "bins", Value: float64(bins)},
		{Name: "min_score", Value: least},
		{Name: "max_score", Value: most},
	}
}

// warnings names the columns that say nothing, and those that PyOD's borders
// distort.
func (m *Model) warnings() []error {
	var same, moved []string
	for j, h := range m.hists {
		var down, away float64 // samples scored by the bin below theirs: of this bin, and in all
		for b := len(h.samples) - 1; b > 0; b-- {
			down += h.samples[b] - h.scored[b]
			away += down
		}
		total := h.total()
		switch {
		case slices.Max(h.samples) == total:
			same = append(same, m.names[j])
		case away > total/2:
			moved = append(moved, m.names[j])
		}
	}
	var w []error
	if same != nil {
		w = append(w, fmt.Errorf("all values are in one bin, which says nothing, in %s: leave out, or try --mode dynamic", strings.Join(same, ", ")))
	}
	if moved != nil {
		w = append(w, fmt.Errorf("most values lie on the border of two bins, count in one and are scored by the other, as in PyOD, in %s: try another number of --bins, or --mode static", strings.Join(moved, ", ")))
	}
	return w
}

// Explain returns the columns in which row i of x is stranger than the least
// strange of the samples learned from, by how much: Weight is the column's
// part of the sum of that excess. Low and High bound what is ordinary: the
// fewest bins that hold at least 90 % of the samples, those of the lowest
// shares first; and of these the run of adjacent ones nearest to the value.
// A value within them can still have a little excess.
func (m *Model) Explain(x *features.Matrix, i int) []algo.Reason {
	var reasons []algo.Reason
	var sum float64
	p := newPlacer(m.hists, m.mode, x)
	for j, h := range m.hists {
		v := x.X.RawRowView(i)[j : j+1]
		var place [1]int32
		p.place(j, place[:], v, 1)
		if excess := h.shareAt[place[0]] - h.least; excess > 0 && h.values != nil {
			reasons = append(reasons, h.rare(m.names[j], x.CategoriesOf(j)[int(v[0])], place[0], excess))
			sum += excess
		} else if excess > 0 {
			low, high := h.nearest(v[0])
			reasons = append(reasons, algo.Reason{Column: m.names[j], Value: v[0], Low: low, High: high, Weight: excess})
			sum += excess
		}
	}
	for k := range reasons {
		reasons[k].Weight /= sum
	}
	algo.SortReasons(reasons)
	return reasons
}

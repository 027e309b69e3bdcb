package explain

import (
	"math"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/features"
)

// Columns of the results of algorithms.
const (
	labelColumn   = "label"
	scoreColumn   = "score"
	anomalyColumn = "anomaly"
)

// A method is what an algorithm said of the rows of a table.
type method struct {
	table, algo string
	t           *features.Table // its results
	score       *features.Column
	anomaly     *features.Column
	model       *algo.ChainModel // nil if there is none
	byLabel     bool             // noise is anomalous, whatever its score
	limit       float64          // the highest score that is not anomalous
	scores      *Ordinary        // of all rows, nil without scores
}

// name is what evaluations and trust call the method.
func (m *method) name() string { return m.table + "." + m.algo }

// flags tells whether row i is called anomalous.
func (m *method) flags(i int) bool {
	return m.anomaly != nil && !m.anomaly.IsNull(i) && m.anomaly.Ints[i] != 0
}

// anomalous tells whether what a model says of row i of a matrix is what the
// method calls anomalous.
func (m *method) anomalous(r *algo.Result, i int) bool {
	if m.byLabel {
		return r.Labels[i] == algo.Noise
	}
	return r.Scores[i] > m.limit
}

// judges tells whether what a model says is enough for anomalous.
func (m *method) judges(r *algo.Result) bool {
	return m.byLabel && r.Labels != nil || !m.byLabel && r.Scores != nil
}

// rank returns the share of the samples that are less strange than row i; NaN
// if the method does not judge it.
func (m *method) rank(i int) float64 {
	if m.scores == nil || !finite(m.score.Float(i)) {
		return math.NaN()
	}
	return m.scores.Rank(m.score.Float(i))
}

// methods returns those that judge the rows of a table, in the order of
// names, the algorithms of order first.
func (o *Outputs) methods(table string, order []string) []*method {
	t := o.Tables[table]
	var ms []*method
	for name, res := range o.Tables {
		of, rest, ok := strings.Cut(name, ".")
		if !ok || of != table || strings.Contains(rest, ".") || t == nil || res.Len() != t.Len() {
			continue
		}
		m := &method{table: table, algo: rest, t: res, model: o.Models[name], score: numeric(res, scoreColumn), limit: math.Inf(-1)}
		m.anomaly = typed(res, anomalyColumn, func(c *features.Column) bool { return c.Type == features.Bool })
		if m.anomaly == nil {
			continue
		}
		m.judge(res)
		if m.score != nil {
			m.scores = OrdinaryOf(m.score, t.Weights(), nil)
		}
		ms = append(ms, m)
	}
	place := func(m *method) int {
		if k := slices.Index(order, m.algo); k >= 0 {
			return k
		}
		return len(order)
	}
	slices.SortFunc(ms, func(a, b *method) int {
		if d := place(a) - place(b); d != 0 {
			return d
		}
		return strings.Compare(a.algo, b.algo)
	})
	return ms
}

// judge finds by which rule rows are anomalous: that all noise is and nothing
// else, or from which score on.
func (m *method) judge(res *features.Table) {
	label := typed(res, labelColumn, func(c *features.Column) bool { return c.Type == features.Int })
	noise := m.model == nil || m.model.Algorithm().Noise
	m.byLabel = label != nil && noise
	for i := range res.Len() {
		if m.anomaly.IsNull(i) {
			continue
		}
		flagged := m.flags(i)
		if label != nil && flagged != (label.Ints[i] == algo.Noise) {
			m.byLabel = false
		}
		if v := at(m.score, i); m.score != nil && !flagged && finite(v) {
			m.limit = max(m.limit, v)
		}
	}
}

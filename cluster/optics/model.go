package optics

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sort"
	"strconv"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"gonum.org/v1/gonum/mat"
)

// A Model is the distinct rows learned from, with what the order says of them.
type Model struct {
	names []string
	x     *mat.Dense // ascending column by column
	core  []float64  // of each row, squared
	reach []float64  // of each row, squared
	label []int32    // of each row
	eps   float64    // that the order is cut at; 0 if it is not

	tree   *near.Tree
	search *near.Mutual // by core distances
	cores  *near.Mutual // by being core at eps; nil without eps
	deep   []float64    // of each cluster: the greatest squared reachability inside
	none   bool         // no row reaches anything
}

// cut returns the clusters of the rows that are core at eps, by their first row
// in the order; Noise for others. A row begins one if it is not reached within
// eps: had a row of its cluster come before, it would be.
func (m *Model) cut(order []int32) []int32 {
	label, of, square := make([]int32, len(order)), int32(algo.Noise), m.eps*m.eps
	for _, row := range order {
		label[row] = algo.Noise
		if m.core[row] <= square {
			if m.reach[row] > square {
				of++
			}
			label[row] = of
		}
	}
	m.cores = m.atEps()
	for row := range label {
		if label[row] == algo.Noise {
			if k, d2 := m.cores.Nearest(m.x.RawRowView(row), 0); d2 <= square {
				label[row] = -2 - label[k]
			}
		}
	}
	for row, l := range label {
		if l < algo.Noise {
			label[row] = -2 - l
		}
	}
	return label
}

// atEps returns a search for the nearest row that is core at eps.
func (m *Model) atEps() *near.Mutual {
	is := make([]float64, len(m.core))
	for row, c := range m.core {
		if c > m.eps*m.eps {
			is[row] = math.Inf(1)
		}
	}
	return m.tree.Mutual(is)
}

// number renames the clusters to 0, 1, … in the order of their first rows; of
// gives the distinct row of each row.
func (m *Model) number(of []int32) {
	to := map[int32]int32{algo.Noise: algo.Noise}
	for _, g := range of {
		if l := m.label[g]; l != algo.Noise {
			if _, ok := to[l]; !ok {
				to[l] = int32(len(to)) - 1
			}
		}
	}
	for g, l := range m.label {
		m.label[g] = to[l]
	}
}

// prepare works out what follows from what is learned.
func (m *Model) prepare() {
	m.none = true
	for row, l := range m.label {
		m.none = m.none && math.IsInf(m.core[row], 1)
		if l == algo.Noise {
			continue
		}
		for int(l) >= len(m.deep) {
			m.deep = append(m.deep, 0)
		}
		// Of the row by which it is entered, its core distance is inside.
		m.deep[l] = max(m.deep[l], min(m.reach[row], m.core[row]))
	}
	if m.eps > 0 && m.cores == nil {
		m.cores = m.atEps()
	}
}

// A judgement is what is said of a row.
type judgement struct {
	label int32
	score float64
}

// judge returns what is said of a row of values q, which is that row of the
// model, or none of them if it is −1.
func (m *Model) judge(q []float64, row int) judgement {
	j := judgement{label: algo.Noise}
	if m.none {
		return j
	}
	k, r2 := m.search.Nearest(q, 0)
	j.score = near.Distance(r2)
	switch {
	case row >= 0:
		j.label = m.label[row]
	case m.cores != nil:
		if k, d2 := m.cores.Nearest(q, 0); d2 <= m.eps*m.eps {
			j.label = m.label[k]
		}
	default:
		if l := m.label[k]; l != algo.Noise && r2 <= m.deep[l] {
			j.label = l
		}
	}
	return j
}

// result spreads the judgements of distinct rows over all rows; of is nil if
// they are the same.
func (m *Model) result(judged []judgement, of []int32) *algo.Result {
	n := len(judged)
	if of != nil {
		n = len(of)
	}
	res := &algo.Result{Labels: make([]int32, n), Scores: make([]float64, n), Model: m}
	for i := range n {
		j := judged[i%len(judged)]
		if of != nil {
			j = judged[of[i]]
		}
		res.Labels[i], res.Scores[i] = j.label, j.score
	}
	return res
}

// Apply implements algo.Model.
func (m *Model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	n, _ := x.Dims()
	judged := make([]judgement, n)
	err := near.Each(ctx, n, 256, runtime.GOMAXPROCS(0), nil, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			q := x.X.RawRowView(i)
			judged[i] = m.judge(q, m.find(q))
		}
	})
	if err != nil {
		return nil, err
	}
	return m.result(judged, nil), nil
}

// find returns the row that equals q, −1 if there is none.
func (m *Model) find(q []float64) int {
	i, ok := sort.Find(len(m.core), func(i int) int { return slices.Compare(q, m.x.RawRowView(i)) })
	if !ok {
		return -1
	}
	return i
}

// Explain implements algo.Explainer. A reason's Low and High are the value of the
// row that reaches row i at the least distance, and its Weight the column's share
// of the squared distance. Columns without a share are left out: all of them
// where row i has its core at a lesser distance.
func (m *Model) Explain(x *features.Matrix, i int) []algo.Reason {
	q := x.X.RawRowView(i)
	var reasons []algo.Reason
	if m.none {
		for j, v := range q {
			reasons = append(reasons, algo.Reason{Column: m.names[j], Value: v, Low: math.Inf(-1), High: math.Inf(1)})
		}
		return reasons
	}
	by := m.x.RawRowView(m.reacher(q))
	length := 0.0
	for j, v := range q {
		length = math.Hypot(length, v/2-by[j]/2) // halves, as the whole may be beyond float64
	}
	for j, v := range q {
		if share := (v/2 - by[j]/2) / length; length > 0 && share != 0 {
			reasons = append(reasons, algo.Reason{Column: m.names[j], Value: v, Low: by[j], High: by[j], Weight: share * share})
		}
	}
	algo.SortReasons(reasons)
	return reasons
}

// reacher returns the row that reaches q at the least distance: where that is q
// itself, the nearest other one that does so, too, if there is one.
func (m *Model) reacher(q []float64) int {
	k, r2 := m.search.Nearest(q, 0)
	if m.find(q) != k {
		return k
	}
	least := math.Inf(1)
	m.tree.Within(q, r2, func(row int, d2 float64) {
		if d2 > 0 && m.core[row] <= r2 && (d2 < least || d2 == least && row < k) {
			k, least = row, d2
		}
	})
	return k
}

// stateFields are the columns of a state before those of the rows' values.
var stateFields = []features.Field{
	{Name: "label", Type: features.Int, Role: features.Outcome, Doc: "Cluster of the row."},
	{Name: "core", Type: features.Float, Role: features.Outcome, Doc: "Squared core distance of the row."},
	{Name: "reach", Type: features.Float, Role: features.Outcome, Doc: "Squared reachability of the row."},
}

const epsKey = "eps"

// State implements algo.Model: a row for each distinct row.
func (m *Model) State() *features.Table {
	t := &features.Table{Name: "optics", Meta: map[string]string{epsKey: formatFloat(m.eps)}, Columns: []*features.Column{
		{Field: stateFields[0]}, {Field: stateFields[1], Floats: m.core}, {Field: stateFields[2], Floats: m.reach},
	}}
	for _, l := range m.label {
		t.Columns[0].Ints = append(t.Columns[0].Ints, int64(l))
	}
	t.Columns = append(t.Columns, algo.RowColumns(m.names, m.x)...)
	return t
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	m, err := read(t)
	if err != nil {
		return nil, fmt.Errorf("loading an optics model: %w", err)
	}
	return m, nil
}

func read(t *features.Table) (*Model, error) {
	eps, err := strconv.ParseFloat(t.Meta[epsKey], 64)
	if err != nil || !(eps >= 0) {
		return nil, fmt.Errorf("its eps is %q, want a number from 0 on", t.Meta[epsKey])
	}
	n, first := t.Len(), len(stateFields)
	if n == 0 || len(t.Columns) <= first {
		return nil, errors.New("want a row at least, and columns of the rows' values")
	}
	for k, c := range t.Columns {
		want := features.Field{Name: c.Name, Type: features.Float}
		if k < first {
			want = stateFields[k]
		}
		if c.Name != want.Name || c.Type != want.Type || c.Len() != n {
			return nil, fmt.Errorf("column %d: want %d numbers called %s", k, n, want.Name)
		}
	}
	m := &Model{eps: eps, core: t.Columns[1].Floats, reach: t.Columns[2].Floats}
	for i, l := range t.Columns[0].Ints {
		if l < algo.Noise || l >= int64(n) {
			return nil, fmt.Errorf("row %d: label %d", i, l)
		}
		m.label = append(m.label, int32(l))
	}
	m.names, m.x = algo.RowsOf(t.Columns[first:])
	m.tree = near.New(m.x, nil, 1)
	m.search = m.tree.Mutual(m.core)
	m.prepare()
	return m, nil
}

package dbscan

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strconv"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"gonum.org/v1/gonum/mat"
)

// A Model is the distinct core rows with their clusters. A row that is judged
// by it belongs to the cluster of its nearest core row, if that is within eps;
// it does not become a core row itself.
type Model struct {
	names []string
	eps   float64
	core  *mat.Dense // nil if there is none
	label []int32    // of each core row
	tree  *near.Tree // of core
}

// Eps returns the greatest distance of neighbours.
func (m *Model) Eps() float64 { return m.eps }

// place returns for each distinct row that the model is learned from the label
// of its nearest core row, or Noise, and the distance to it. The rows are those
// of tree, and core tells which are the model's core rows, in its order.
func (m *Model) place(ctx context.Context, tree *near.Tree, core []bool, workers int, step func(int)) ([]int32, []float64, error) {
	n := tree.Len()
	labels, scores := make([]int32, n), make([]float64, n)
	k := 0
	for i, is := range core {
		if is {
			labels[i] = m.label[k]
			k++
		} else {
			labels[i], scores[i] = algo.Noise, m.eps
		}
	}
	if m.core == nil || k == n {
		return labels, scores, ctx.Err()
	}
	err := m.tree.EachNearest(ctx, tree, core, workers, step, func(i, k int, row []float64, d2 float64) {
		labels[i], scores[i] = m.judge(row, k, d2)
	})
	return labels, scores, err
}

// judge returns the label and score of a row whose nearest core row is the k-th,
// at that squared distance.
func (m *Model) judge(row []float64, k int, d2 float64) (label int32, score float64) {
	label = algo.Noise
	if d2 <= m.eps*m.eps {
		label = m.label[k]
	}
	return label, distance(row, m.core.RawRowView(k), d2)
}

// distance returns the square root of d2, the squared distance of a and b, or
// where that is beyond float64 the distance itself, if need be the greatest
// float64.
func distance(a, b []float64, d2 float64) float64 {
	if !math.IsInf(d2, 1) {
		return math.Sqrt(d2)
	}
	s := 0.0
	for j, v := range a {
		s = math.Hypot(s, v-b[j])
	}
	return min(s, math.MaxFloat64)
}

// number renames the clusters of the model and of the labels of distinct rows
// to 0, 1, … in the order of their first rows; of gives the distinct row of each row.
func (m *Model) number(labels, of []int32) {
	to := make([]int32, len(m.label)) // new name + 1
	next := int32(0)
	for _, g := range of {
		if l := labels[g]; l != algo.Noise && to[l] == 0 {
			next++
			to[l] = next
		}
	}
	for g, l := range labels {
		if l != algo.Noise {
			labels[g] = to[l] - 1
		}
	}
	for k, l := range m.label {
		m.label[k] = to[l] - 1
	}
}

// result spreads the labels and scores of distinct rows over all rows; of is
// nil if they are the same.
func (m *Model) result(labels []int32, scores []float64, of []int32) *algo.Result {
	res := &algo.Result{Labels: labels, Scores: scores, Model: m}
	if of != nil {
		res.Labels, res.Scores = make([]int32, len(of)), make([]float64, len(of))
		for i, g := range of {
			res.Labels[i], res.Scores[i] = labels[g], scores[g]
		}
	}
	kind := &features.Column{
		Field: features.Field{Name: "kind", Type: features.Text, Role: features.Outcome, Doc: "What the row is: core, border (not core, but within eps of a core row) or noise."},
		Codes: make([]uint32, len(res.Labels)),
		Dict:  []string{"border", "core", "noise"},
	}
	for i, l := range res.Labels {
		switch {
		case l == algo.Noise:
			kind.Codes[i] = 2
		case res.Scores[i] == 0:
			kind.Codes[i] = 1
		}
	}
	res.Columns = []*features.Column{kind}
	return res
}

// Apply implements algo.Model. A row is called core if it equals a core row.
func (m *Model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	n, _ := x.Dims()
	labels, scores := make([]int32, n), make([]float64, n)
	err := near.Each(ctx, n, 256, runtime.GOMAXPROCS(0), nil, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if labels[i], scores[i] = algo.Noise, m.eps; m.core != nil {
				row := x.X.RawRowView(i)
				k, d2 := m.tree.Nearest(row)
				labels[i], scores[i] = m.judge(row, k, d2)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return m.result(labels, scores, nil), nil
}

// Explain implements algo.Explainer. A reason's Low and High are the nearest
// core row's value, and its Weight the column's share of the squared distance.
// Columns without a share are left out: all of them for a core row.
func (m *Model) Explain(x *features.Matrix, i int) []algo.Reason {
	row := x.X.RawRowView(i)
	var reasons []algo.Reason
	if m.core == nil {
		for j, v := range row {
			reasons = append(reasons, algo.Reason{Column: m.names[j], Value: v, Low: math.Inf(-1), High: math.Inf(1)})
		}
		return reasons
	}
	k, d2 := m.tree.Nearest(row)
	core := m.core.RawRowView(k)
	length := distance(row, core, d2)
	for j, v := range row {
		if share := (v - core[j]) / length; share != 0 && length > 0 {
			reasons = append(reasons, algo.Reason{Column: m.names[j], Value: v, Low: core[j], High: core[j], Weight: share * share})
		}
	}
	algo.SortReasons(reasons)
	return reasons
}

const labelColumn = "label"

// State implements algo.Model: a row for each core row, its label and its
// values; eps in Meta.
func (m *Model) State() *features.Table {
	label := &features.Column{Field: features.Field{Name: labelColumn, Type: features.Int, Role: features.Outcome, Doc: "Cluster of the core row."}}
	for _, l := range m.label {
		label.Ints = append(label.Ints, int64(l))
	}
	t := &features.Table{Name: "dbscan", Columns: []*features.Column{label}, Meta: map[string]string{"eps": formatFloat(m.eps)}}
	for j, name := range m.names {
		c := &features.Column{Field: features.Field{Name: name, Type: features.Float, Role: features.Value, Doc: "Value of the core row."}}
		if m.core != nil {
			c.Floats = mat.Col(nil, j, m.core)
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	eps, err := strconv.ParseFloat(t.Meta["eps"], 64)
	if err != nil || !(eps > 0) {
		return nil, fmt.Errorf("loading a dbscan model: its eps is %q, want a number above 0", t.Meta["eps"])
	}
	if len(t.Columns) < 2 || t.Columns[0].Name != labelColumn || t.Columns[0].Type != features.Int {
		return nil, errors.New("loading a dbscan model: want a column label of whole numbers, then those of the core rows' values")
	}
	m := &Model{eps: eps}
	n, d := t.Len(), len(t.Columns)-1
	for _, l := range t.Columns[0].Ints {
		m.label = append(m.label, int32(l))
	}
	data := make([]float64, n*d)
	for j, c := range t.Columns[1:] {
		if c.Type != features.Float || c.Len() != n {
			return nil, fmt.Errorf("loading a dbscan model: column %s: want %d real numbers", c.Name, n)
		}
		m.names = append(m.names, c.Name)
		for i, v := range c.Floats {
			data[i*d+j] = v
		}
	}
	if n > 0 {
		m.core = mat.NewDense(n, d, data)
		m.tree = near.New(m.core, nil, 1)
	}
	return m, nil
}

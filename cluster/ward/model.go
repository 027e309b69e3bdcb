package ward

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"gonum.org/v1/gonum/mat"
)

const maxFloat = math.MaxFloat64

// A Model is the rows, or groups of rows, that were merged, with their clusters.
type Model struct {
	names  []string
	x      *mat.Dense
	label  []int32    // of each of them
	centre *mat.Dense // of each cluster
	tree   *near.Tree // of x
}

// number renames the clusters to 0, 1, … in the order of their first rows: all
// gives the distinct row of each row, and of the group of each distinct row.
func (m *Model) number(all, of []int32) {
	to := map[int32]int32{}
	for _, g := range all {
		l := m.label[of[g]]
		if _, ok := to[l]; !ok {
			to[l] = int32(len(to))
		}
	}
	for i, l := range m.label {
		m.label[i] = to[l]
	}
}

// place works out the centres of the k clusters.
func (m *Model) place(c *features.Collapsed, of []int32, k int) {
	_, d := c.Dims()
	weight := make([]float64, k)
	m.centre = mat.NewDense(k, d, nil)
	for i, w := range c.Weight {
		l := m.label[of[i]]
		weight[l] += w
		centre := m.centre.RawRowView(int(l))
		for j, v := range c.X.RawRowView(i) {
			centre[j] += 2 * float64((w/weight[l])*(v/2-centre[j]/2)) // halves, as the whole may be beyond float64
		}
	}
}

// A judgement is what is said of a row.
type judgement struct {
	label int32
	score float64
}

func (m *Model) judge(q []float64) judgement {
	i, _ := m.tree.Nearest(q)
	l := m.label[i]
	return judgement{l, min(length(q, m.centre.RawRowView(int(l))), maxFloat)}
}

// length returns the distance of a and b, without squares that are beyond float64.
func length(a, b []float64) float64 {
	if d2 := near.SqDist(a, b); !math.IsInf(d2, 1) {
		return math.Sqrt(d2)
	}
	s := 0.0
	for j, v := range a {
		s = math.Hypot(s, v/2-b[j]/2)
	}
	return 2 * s
}

// result returns what of says of n rows.
func (m *Model) result(n int, of func(i int) judgement) *algo.Result {
	res := &algo.Result{Labels: make([]int32, n), Scores: make([]float64, n), Model: m}
	for i := range n {
		j := of(i)
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
			judged[i] = m.judge(x.X.RawRowView(i))
		}
	})
	if err != nil {
		return nil, err
	}
	return m.result(n, func(i int) judgement { return judged[i] }), nil
}

// Explain implements algo.Explainer. A reason's Low and High are the value of the
// cluster's centre, its Weight the column's share of the squared distance to it.
// Columns without a share are left out.
func (m *Model) Explain(x *features.Matrix, i int) []algo.Reason {
	row := x.X.RawRowView(i)
	j := m.judge(row)
	centre := m.centre.RawRowView(int(j.label))
	var reasons []algo.Reason
	for k, v := range row {
		if share := (v/2 - centre[k]/2) / (j.score / 2); j.score > 0 && share != 0 {
			reasons = append(reasons, algo.Reason{Column: m.names[k], Value: v, Low: centre[k], High: centre[k], Weight: min(1, share*share)})
		}
	}
	algo.SortReasons(reasons)
	return reasons
}

const (
	labelColumn = "label"
	kindColumn  = "kind"
)

// State implements algo.Model: a row for each row or group, then one for each
// centre of a cluster, which kind tells apart.
func (m *Model) State() *features.Table {
	label := &features.Column{Field: features.Field{Name: labelColumn, Type: features.Int, Role: features.Outcome, Doc: "The cluster."}}
	var kinds []string
	for _, l := range m.label {
		label.Ints, kinds = append(label.Ints, int64(l)), append(kinds, "row")
	}
	k, _ := m.centre.Dims()
	for l := range k {
		label.Ints, kinds = append(label.Ints, int64(l)), append(kinds, "centre")
	}
	kind := features.TextColumn(features.Field{Name: kindColumn, Role: features.Outcome, Doc: "What it is: row (or group of rows) or centre."}, kinds)
	t := &features.Table{Name: "ward", Columns: []*features.Column{label, kind}}
	for j, name := range m.names {
		t.Columns = append(t.Columns, &features.Column{
			Field:  features.Field{Name: name, Type: features.Float, Role: features.Value, Doc: "Value."},
			Floats: append(mat.Col(nil, j, m.x), mat.Col(nil, j, m.centre)...),
		})
	}
	return t
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	m, err := read(t)
	if err != nil {
		return nil, fmt.Errorf("loading a ward model: %w", err)
	}
	return m, nil
}

func read(t *features.Table) (*Model, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	d := len(t.Columns) - 2
	if d < 1 || t.Columns[0].Name != labelColumn || t.Columns[0].Type != features.Int || t.Columns[1].Name != kindColumn || t.Columns[1].Type != features.Text {
		return nil, errors.New("want the columns label and kind, then those of values")
	}
	n, k := 0, 0
	for i := range t.Len() {
		switch kind := t.Columns[1].String(i); {
		case kind == "row" && k == 0:
			n++
		case kind == "centre" && t.Columns[0].Ints[i] == int64(k):
			k++
		default:
			return nil, fmt.Errorf("row %d is a %s of cluster %d: want rows, then centres in order", i, kind, t.Columns[0].Ints[i])
		}
	}
	if n == 0 || k == 0 {
		return nil, errors.New("want rows and centres")
	}
	m := &Model{x: mat.NewDense(n, d, nil), centre: mat.NewDense(k, d, nil)}
	for i, l := range t.Columns[0].Ints[:n] {
		if l < 0 || l >= int64(k) {
			return nil, fmt.Errorf("row %d is of cluster %d of %d", i, l, k)
		}
		m.label = append(m.label, int32(l))
	}
	for j, c := range t.Columns[2:] {
		if c.Type != features.Float {
			return nil, fmt.Errorf("column %s: want real numbers", c.Name)
		}
		m.names = append(m.names, c.Name)
		m.x.SetCol(j, c.Floats[:n])
		m.centre.SetCol(j, c.Floats[n:])
	}
	m.tree = near.New(m.x, nil, 1)
	return m, nil
}

package algotest

import (
	"context"
	"errors"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/features"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
)

// toy is a correct algorithm that gives all parts: it cuts the rows where
// their means are far apart, and scores them by the distance to the mean row.
func toy() *algo.Algorithm {
	return &algo.Algorithm{
		Name:  "toy",
		Doc:   "cuts where the means of rows are far apart",
		Cost:  "O(n·d + n·log n) time, O(n) memory",
		Gives: algo.Labels | algo.Scores | algo.Coords,
		Score: "distance to the mean row",
		New:   func() algo.Method { return &toyMethod{Gap: 3} },
		Load:  loadToy,
	}
}

type toyMethod struct{ Gap float64 }

func (m *toyMethod) Flags(fs *pflag.FlagSet) {
	fs.Float64Var(&m.Gap, "gap", m.Gap, "least distance between clusters")
}

func (m *toyMethod) Check() error {
	if !(m.Gap > 0) {
		return &algo.ParamError{Name: "gap", Value: m.Gap, Want: "above 0"}
	}
	return nil
}

func (m *toyMethod) Bytes(n, distinct, d, workers int) int64 {
	return 8 * (int64(n) + int64(distinct) + int64(d))
}

func (m *toyMethod) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	model := &toyModel{mean: make([]float64, d)}
	means := make([]float64, n)
	for i := range n {
		for j, v := range x.X.RawRowView(i) {
			model.mean[j] += x.W(i) / x.Samples() * v
		}
		means[i] = rowMean(x, i)
		env.Step(int64(i+1), int64(n))
	}
	slices.Sort(means)
	for i := 1; i < n; i++ {
		if means[i]-means[i-1] > m.Gap {
			model.cut = append(model.cut, (means[i-1]+means[i])/2)
		}
	}
	model.label = make([]float64, len(model.cut)+1)
	for c := range model.label {
		model.label[c] = -1
	}
	next := 0.0
	for i := range n {
		if c := model.part(rowMean(x, i)); model.label[c] < 0 {
			model.label[c] = next
			next++
		}
	}
	return model.Apply(ctx, x)
}

func rowMean(x *features.Matrix, i int) float64 {
	row := x.X.RawRowView(i)
	var s float64
	for _, v := range row {
		s += v / float64(len(row))
	}
	return s
}

type toyModel struct{ mean, cut, label []float64 }

func (m *toyModel) part(v float64) int {
	i, _ := slices.BinarySearch(m.cut, v)
	return i
}

func (m *toyModel) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	r := &algo.Result{
		Labels: make([]int32, n), Scores: make([]float64, n), Coords: mat.NewDense(n, 1, nil), Axes: []string{"mean"},
		Columns: []*features.Column{{Field: features.Field{Name: "row_mean", Type: features.Float, Doc: "Mean of the row."}}},
		Tables:  []*features.Table{m.State()},
		Stats:   []algo.Stat{{Name: "clusters", Value: float64(len(m.label))}},
		Model:   m,
	}
	for i := range n {
		v := rowMean(x, i)
		r.Labels[i] = int32(m.label[m.part(v)])
		diff := mat.NewVecDense(d, nil)
		diff.SubVec(x.X.RowView(i), mat.NewVecDense(d, m.mean))
		r.Scores[i] = mat.Norm(diff, 2)
		r.Coords.Set(i, 0, v)
		r.Columns[0].Floats = append(r.Columns[0].Floats, v)
	}
	return r, nil
}

func (m *toyModel) State() *features.Table {
	var part []string
	v := &features.Column{Field: features.Field{Name: "value", Type: features.Float, Doc: "Its value."}}
	for _, p := range []struct {
		name   string
		values []float64
	}{{"mean", m.mean}, {"cut", m.cut}, {"label", m.label}} {
		for _, f := range p.values {
			part, v.Floats = append(part, p.name), append(v.Floats, f)
		}
	}
	return &features.Table{Name: "toy", Columns: []*features.Column{
		features.TextColumn(features.Field{Name: "part", Doc: "Part of the model."}, part), v}}
}

func loadToy(t *features.Table) (algo.Model, error) {
	part, value := t.Column("part"), t.Column("value")
	if part == nil || value == nil {
		return nil, errors.New("not the table of a toy model")
	}
	m := new(toyModel)
	into := map[string]*[]float64{"mean": &m.mean, "cut": &m.cut, "label": &m.label}
	for i, v := range value.Floats {
		p := into[part.String(i)]
		*p = append(*p, v)
	}
	return m, nil
}

func (m *toyModel) Explain(x *features.Matrix, i int) []algo.Reason {
	var reasons []algo.Reason
	var sum float64
	for j, v := range x.X.RawRowView(i) {
		w := (v - m.mean[j]) * (v - m.mean[j])
		sum += w
		reasons = append(reasons, algo.Reason{Column: x.Names[j], Value: v, Low: math.Inf(-1), High: math.Inf(1), Weight: w})
	}
	for k := range reasons {
		if sum > 0 {
			reasons[k].Weight /= sum
		}
	}
	algo.SortReasons(reasons)
	return reasons
}

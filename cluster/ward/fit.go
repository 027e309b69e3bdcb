package ward

import (
	"context"
	"fmt"
	"strconv"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"
)

const (
	mostAuto = 20  // clusters that auto takes at most
	drawn    = 200 // mergers in the table dendrogram at most
)

// Fit implements algo.Method.
func (m *Method) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := features.Collapse(x)
	u, workers := len(c.Row), env.NumWorkers()
	points, weight := c.X, c.Weight
	var warnings []error
	if u > m.MaxRows {
		var err error
		points, weight, err = groups(ctx, c, m.MaxRows, workers, func(done int) { env.Step(int64(done), int64(2*u)) })
		if err != nil {
			return nil, err
		}
		warnings = append(warnings, fmt.Errorf("%d distinct rows are more than --max-rows %d: merging begins with %d groups of rows", u, m.MaxRows, len(weight)))
	}
	n := len(weight)
	all, err := mergers(ctx, points, weight, func(done int) { env.Step(int64(u+done*u/n), int64(2*u)) })
	if err != nil {
		return nil, err
	}
	k := min(int(m.K), n)
	if m.K == Auto {
		k = greatestStep(all)
	}

	model := &Model{names: c.Names, x: points, label: cutTree(n, all[:n-k]), tree: near.New(points, nil, workers)}
	of := make([]int32, u) // group of each distinct row
	err = near.Each(ctx, u, 256, workers, nil, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			g, _ := model.tree.Nearest(c.X.RawRowView(i))
			of[i] = int32(g)
		}
	})
	if err != nil {
		return nil, err
	}
	model.number(c.Of, of)
	model.place(c, of, k)
	judged := make([]judgement, u)
	err = near.Each(ctx, u, 256, workers, nil, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			judged[i] = model.judge(c.X.RawRowView(i))
		}
	})
	if err != nil {
		return nil, err
	}
	res := model.result(len(c.Of), func(i int) judgement { return judged[c.Of[i]] })
	res.Warnings = warnings
	if m.K == Auto {
		res.Notes = append(res.Notes, fmt.Sprintf("--k auto took %d, of 2 to %d the number before the greatest step in the heights of mergers", k, mostAuto))
	}
	res.Tables = []*features.Table{dendrogram(all, k)}
	m.describe(res, c, of, model, n, k)
	return res, nil
}

// cutTree returns the clusters that the mergers make of n rows, by a row of each.
func cutTree(n int, all []merger) []int32 {
	label := make([]int32, n)
	for i := range label {
		label[i] = int32(i)
	}
	find := func(i int32) int32 {
		for label[i] != i {
			label[i] = label[label[i]]
			i = label[i]
		}
		return i
	}
	for _, e := range all {
		label[find(e.b)] = find(e.a)
	}
	for i := range label {
		label[i] = find(int32(i))
	}
	return label
}

// greatestStep returns the number of clusters, of 2 to mostAuto, which the merger
// that would make one fewer is higher than the merger that made them by the
// greatest factor; of several the least. It is the number of rows if these are
// fewer, or if the mergers of the others have no height.
func greatestStep(all []merger) int {
	n := len(all)
	height := func(k int) float64 { return all[n-k].height } // that made k clusters, out of k+1
	if n == 0 || all[n-1].height == 0 {
		return 1
	}
	best, most := 1, 0.0
	for k := 2; k <= min(n, mostAuto); k++ {
		if height(k) == 0 {
			return k
		}
		if factor := height(k-1) / height(k); factor > most {
			best, most = k, factor
		}
	}
	if n == 1 {
		return 2
	}
	return best
}

// dendrogram returns the highest mergers, the last one first.
func dendrogram(all []merger, k int) *features.Table {
	t := &features.Table{Name: "dendrogram", Meta: map[string]string{"k": strconv.Itoa(k), "mergers": strconv.Itoa(len(all))}}
	for _, f := range []features.Field{
		{Name: "clusters", Unit: features.Count, Doc: "Clusters that are left after the merger."},
		{Name: "height", Doc: "Height of the merger."},
		{Name: "larger", Unit: features.Count, Doc: "Samples of the larger one of the two clusters."},
		{Name: "smaller", Unit: features.Count, Doc: "Samples of the smaller one."},
	} {
		f.Type, f.Role = features.Float, features.Value
		t.Columns = append(t.Columns, &features.Column{Field: f})
	}
	for i := range min(len(all), drawn) {
		e := all[len(all)-1-i]
		for j, v := range []float64{float64(i + 1), e.height, max(e.wa, e.wb), min(e.wa, e.wb)} {
			t.Columns[j].Floats = append(t.Columns[j].Floats, v)
		}
	}
	return t
}

// describe adds the numbers about the whole.
func (m *Method) describe(res *algo.Result, c *features.Collapsed, of []int32, model *Model, n, k int) {
	sizes := make([]float64, k)
	samples, largest, inertia := 0.0, 0.0, 0.0
	for i, w := range c.Weight {
		l := model.label[of[i]]
		samples += w
		sizes[l] += w
		inertia += w * near.SqDist(c.X.RawRowView(i), model.centre.RawRowView(int(l)))
	}
	for _, s := range sizes {
		largest = max(largest, s)
	}
	chosen := 0.0
	if m.K == Auto {
		chosen = 1
	}
	res.Stats = []algo.Stat{
		{Name: "k", Value: float64(k)},
		{Name: "k_auto", Value: chosen},
		{Name: "groups", Value: float64(n)},
		{Name: "inertia", Value: min(inertia, maxFloat)},
		{Name: "largest_share", Value: largest / samples},
	}
}

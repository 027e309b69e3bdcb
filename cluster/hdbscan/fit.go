package hdbscan

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"
)

// Fit implements algo.Method.
func (m *Method) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := features.Collapse(x)
	n, workers := len(c.Row), env.NumWorkers()
	search := near.New(c.X, c.Weight, workers)
	step := func(before int) func(int) {
		return func(done int) { env.Step(int64(before+min(done, n)), 2*int64(n)) }
	}
	core, err := search.KthDistances(ctx, m.minSamples(), workers, step(0))
	if err != nil {
		return nil, err
	}
	model := &Model{names: c.Names, x: c.X, weight: c.Weight, core: core, samples: m.minSamples(), search: search.Mutual(core)}
	edges, err := model.search.SpanningTree(ctx, workers, step(n))
	if err != nil {
		return nil, err
	}
	model.tree = condense(newHierarchy(c.Weight, core, edges), float64(m.MinClusterSize))
	model.choose(m)
	model.settle()

	labels, leaves := make([]int32, n), make([]leaving, n)
	for i := range labels {
		leaves[i] = leaving{model.of[i], model.level[i]}
		labels[i] = model.label(leaves[i])
	}
	model.number(labels, c.Of)
	rows := make([]leaving, len(c.Of))
	for i, g := range c.Of {
		rows[i] = leaves[g]
	}
	res := model.result(rows)
	m.describe(res, x, model)
	res.Tables = []*features.Table{model.condensed()}
	return res, nil
}

// number renames the labels of the model to 0, 1, … in the order of their first
// rows; labels are those of distinct rows, of gives the distinct row of each row.
func (m *Model) number(labels, of []int32) {
	to := make([]int32, len(m.clusters))
	next := int32(0)
	name := func(l int32) {
		if l != algo.Noise && to[l] == 0 {
			next++
			to[l] = next
		}
	}
	for _, g := range of {
		name(labels[g])
	}
	for _, l := range m.name {
		name(l) // all rows may have a density below that asked of the whole as one cluster
	}
	for id, l := range m.name {
		if l != algo.Noise {
			m.name[id] = to[l] - 1
		}
	}
}

// describe adds the numbers about the whole, and doubts about it.
func (m *Method) describe(res *algo.Result, x *features.Matrix, model *Model) {
	var samples, noise, utmost float64
	var sizes []float64
	for i, l := range res.Labels {
		w := x.W(i)
		samples += w
		if res.Scores[i] == 1 {
			utmost += w
		}
		if l == algo.Noise {
			noise += w
			continue
		}
		for int(l) >= len(sizes) {
			sizes = append(sizes, 0)
		}
		sizes[l] += w
	}
	largest := 0.0
	for _, s := range sizes {
		largest = max(largest, s)
	}
	res.Stats = []algo.Stat{
		{Name: "min_cluster_size", Value: float64(m.MinClusterSize)},
		{Name: "min_samples", Value: m.minSamples()},
		{Name: "clusters", Value: float64(len(sizes))},
		{Name: "noise", Value: noise},
		{Name: "largest_share", Value: largest / samples},
		{Name: "condensed_clusters", Value: float64(len(model.clusters))},
		{Name: "score_1", Value: utmost},
	}
	switch {
	case samples < m.minSamples():
		res.Warnings = append(res.Warnings, fmt.Errorf("all is noise: there are %g samples, fewer than --min-samples %g", samples, m.minSamples()))
	case len(model.clusters) == 1 && !m.AllowSingle:
		res.Warnings = append(res.Warnings, fmt.Errorf("all is noise: the table nowhere comes apart into sets of at least %d samples: lower --min-cluster-size, or give --allow-single-cluster", m.MinClusterSize))
	case noise > 0.9*samples:
		res.Warnings = append(res.Warnings, fmt.Errorf("%.3g%% of the samples are noise: --min-samples %g or --min-cluster-size %d may be too large", 100*noise/samples, m.minSamples(), m.MinClusterSize))
	}
	if utmost > 0.01*samples {
		res.Warnings = append(res.Warnings, fmt.Errorf("%.3g%% of the samples have the score 1, as their cluster has copies at distance 0: rank these by the column %s", 100*utmost/samples, leavesAt))
	}
}

// condensedRows is how many clusters the table of them has at most.
const condensedRows = 1000

// condensed returns the condensed tree as a table of the largest clusters: one
// above another is at least as large, so that none lacks its parent.
func (m *Model) condensed() *features.Table {
	ids := make([]int32, len(m.clusters))
	for id := range ids {
		ids[id] = int32(id)
	}
	slices.SortStableFunc(ids, func(a, b int32) int { return cmp.Compare(m.clusters[b].size, m.clusters[a].size) })
	ids = ids[:min(len(ids), condensedRows)]
	slices.Sort(ids)
	column := func(name string, typ features.Type, unit features.Unit, doc string) *features.Column {
		return &features.Column{Field: features.Field{Name: name, Type: typ, Unit: unit, Role: features.Value, Doc: doc}}
	}
	parent := column("parent", features.Int, features.None, "Number of the cluster that it came of; none for the whole table.")
	child := column("child", features.Int, features.None, "Number of the cluster: those below it have the next higher ones.")
	lambda := column("lambda", features.Float, features.None, "Density (1/distance) at which it begins.")
	death := column("death", features.Float, features.None, "Density at which it comes apart or its last samples leave it; none if infinite.")
	size := column("size", features.Float, features.Count, "Samples that it begins with.")
	selected := column("selected", features.Bool, features.Flag, "Whether it is one of the clusters of the labels.")
	label := column(labelColumn, features.Int, features.None, "Its label if it is selected, else -1.")
	for _, id := range ids {
		c := m.clusters[id]
		child.Ints = append(child.Ints, int64(id))
		parent.Ints = append(parent.Ints, max(0, int64(c.parent)))
		parent.Null = append(parent.Null, c.parent == none)
		lambda.Floats = append(lambda.Floats, c.birth)
		end, null := c.death, math.IsInf(c.death, 1)
		if null {
			end = 0
		}
		death.Floats, death.Null = append(death.Floats, end), append(death.Null, null)
		size.Floats = append(size.Floats, c.size)
		chosen, name := int64(0), int64(algo.Noise)
		if c.selected {
			chosen, name = 1, int64(m.name[id])
		}
		selected.Ints = append(selected.Ints, chosen)
		label.Ints = append(label.Ints, name)
	}
	return &features.Table{
		Name:    "condensed",
		Columns: []*features.Column{parent, child, lambda, death, size, selected, label},
		Meta:    map[string]string{"clusters": strconv.Itoa(len(m.clusters))},
	}
}

package hdbscan

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"
)

// A saved is what a Model knows besides its rows, as JSON.
type saved struct {
	MinSamples float64        `json:"min_samples"`
	AtLeast    *float64       `json:"at_least,omitempty"` // none if infinite
	Clusters   []savedCluster `json:"clusters"`
}

type savedCluster struct {
	Parent int32   `json:"parent"`
	Birth  float64 `json:"birth"`
	Label  int32   `json:"label"`
}

// stateKey is where a State keeps, in its Meta, what is saved.
const stateKey = "hdbscan"

// State implements algo.Model: a row for each distinct row, how it leaves the
// tree, its samples, its squared core distance, and its values; the clusters in
// Meta.
func (m *Model) State() *features.Table {
	s := saved{MinSamples: m.samples, Clusters: make([]savedCluster, len(m.clusters))}
	if !math.IsInf(m.atLeast, 1) {
		s.AtLeast = &m.atLeast
	}
	for id, c := range m.clusters {
		s.Clusters[id] = savedCluster{c.parent, c.birth, m.name[id]}
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic("hdbscan: state: " + err.Error())
	}
	of := &features.Column{Field: features.Field{Name: "cluster", Type: features.Int, Role: features.Outcome, Doc: "Number of the last cluster of the tree that the row is in."}}
	for _, c := range m.of {
		of.Ints = append(of.Ints, int64(c))
	}
	t := &features.Table{Name: "hdbscan", Meta: map[string]string{stateKey: string(text)}, Columns: []*features.Column{
		of,
		{Field: features.Field{Name: leavesAt, Type: features.Float, Role: features.Outcome, Doc: "Distance at which the row leaves that cluster."}, Floats: m.level},
		{Field: features.Field{Name: "samples", Type: features.Float, Unit: features.Count, Role: features.Outcome, Doc: "Samples that the row stands for."}, Floats: m.weight},
		{Field: features.Field{Name: "core", Type: features.Float, Role: features.Outcome, Doc: "Squared core distance of the row."}, Floats: m.core},
	}}
	t.Columns = append(t.Columns, algo.RowColumns(m.names, m.x)...)
	return t
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	m, err := parse(t)
	if err != nil {
		return nil, fmt.Errorf("loading an hdbscan model: %w", err)
	}
	m.measure(m.weight)
	m.in = m.taken()
	m.search = near.New(m.x, m.weight, 1).Mutual(m.core)
	return m, nil
}

// parse returns the model as it is written down.
func parse(t *features.Table) (*Model, error) {
	var s saved
	if err := json.Unmarshal([]byte(t.Meta[stateKey]), &s); err != nil {
		return nil, fmt.Errorf("its clusters: %w", err)
	}
	const before = 4 // columns before those of values
	n := t.Len()
	if n < 1 || len(t.Columns) <= before || len(s.Clusters) < 1 {
		return nil, errors.New("it has no rows, no columns or no clusters")
	}
	m := &Model{samples: s.MinSamples, atLeast: math.Inf(1), tree: &tree{of: make([]int32, n)}}
	if s.AtLeast != nil {
		m.atLeast = *s.AtLeast
	}
	for id, c := range s.Clusters {
		if c.Parent >= int32(id) || (c.Parent < 0) != (id == 0) {
			return nil, fmt.Errorf("cluster %d is below cluster %d", id, c.Parent)
		}
		m.clusters = append(m.clusters, cluster{parent: c.Parent, birth: c.Birth, selected: c.Label != algo.Noise})
		m.name = append(m.name, c.Label)
	}
	for j, c := range t.Columns {
		want := features.Float
		if j == 0 {
			want = features.Int
		}
		if c.Type != want || c.Len() != n {
			return nil, fmt.Errorf("column %s: want %d numbers, whole ones in the first column only", c.Name, n)
		}
	}
	for i, c := range t.Columns[0].Ints {
		if c < 0 || c >= int64(len(m.clusters)) {
			return nil, fmt.Errorf("row %d is in cluster %d of %d", i, c, len(m.clusters))
		}
		m.of[i] = int32(c)
	}
	m.level, m.weight, m.core = t.Columns[1].Floats, t.Columns[2].Floats, t.Columns[3].Floats
	m.names, m.x = algo.RowsOf(t.Columns[before:])
	return m, nil
}

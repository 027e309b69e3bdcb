package kmeans

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/features"
)

// A Model is the centres of clusters. It judges a row by the centre nearest
// to it; of centres equally near, by the one whose values come first in order.
type Model struct {
	names   []string
	d       int
	centres []float64 // k×d, by number of cluster
	samples []float64 // k
	near    *points   // the centres, in ascending order of their values
	number  []int32   // the cluster of each of them
}

func newModel(names []string, centres, samples []float64) *Model {
	d, k := len(names), len(samples)
	m := &Model{names: names, d: d, centres: centres, samples: samples, near: newPoints(k, d), number: make([]int32, k)}
	for c := range m.number {
		m.number[c] = int32(c)
	}
	slices.SortFunc(m.number, func(a, b int32) int { return slices.Compare(m.centre(a), m.centre(b)) })
	for p, c := range m.number {
		m.near.set(p, m.centre(c))
	}
	return m
}

func (m *Model) centre(c int32) []float64 { return m.centres[int(c)*m.d : (int(c)+1)*m.d] }

// judge returns the cluster of a row and its squared distance to the centre.
func (m *Model) judge(row []float64) (c int32, sq float64) {
	p, sq, _ := m.near.nearest(row)
	return m.number[p], sq
}

// Apply implements algo.Model: labels are clusters, scores distances to their
// centres. It costs O(n·k·d).
func (m *Model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	n, d := x.Dims()
	if d != m.d {
		return nil, fmt.Errorf("k-means model of the %d columns %v: the rows have %d", m.d, m.names, d)
	}
	res := &algo.Result{Labels: make([]int32, n), Scores: make([]float64, n), Model: m}
	for i := range n {
		if i%minChunk == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		c, sq := m.judge(x.X.RawRowView(i))
		if math.IsInf(sq, 1) {
			return nil, fmt.Errorf("row %d: %w", x.TableRow(i), errOverflow)
		}
		res.Labels[i], res.Scores[i] = c, math.Sqrt(sq)
	}
	return res, nil
}

// Explain implements algo.Explainer: each column's weight is its share of the
// squared distance to the centre. A row at its centre has no reasons.
func (m *Model) Explain(x *features.Matrix, i int) []algo.Reason {
	row := x.X.RawRowView(i)
	c, sq := m.judge(row)
	var why []algo.Reason
	for j, centre := range m.centre(c) {
		if t := row[j] - centre; t*t > 0 {
			why = append(why, algo.Reason{Column: m.names[j], Value: row[j], Low: centre, High: centre, Weight: t * t / sq})
		}
	}
	algo.SortReasons(why)
	return why
}

// State implements algo.Model: a row for each cluster, with its samples and
// its centre.
func (m *Model) State() *features.Table {
	k := len(m.samples)
	number := &features.Column{Field: features.Field{Name: "cluster", Type: features.Int, Role: features.Key, Doc: "Number of the cluster: its label."}}
	for c := range k {
		number.Ints = append(number.Ints, int64(c))
	}
	t := &features.Table{Name: "centres", Columns: []*features.Column{number, {
		Field:  features.Field{Name: "samples", Type: features.Float, Unit: features.Count, Role: features.Weight, Doc: "How many samples the cluster has."},
		Floats: slices.Clone(m.samples),
	}}}
	for j, name := range m.names {
		col := &features.Column{Field: features.Field{Name: name, Type: features.Float, Unit: features.Coordinate, Role: features.Value, Doc: "Mean of " + name + " over the cluster."}}
		for c := range k {
			col.Floats = append(col.Floats, m.centres[c*m.d+j])
		}
		t.Columns = append(t.Columns, col)
	}
	return t
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	if err := t.Check(); err != nil {
		return nil, fmt.Errorf("loading a k-means model: %w", err)
	}
	var names []string
	var samples, centres []float64
	for _, c := range t.Columns {
		switch {
		case c.Role == features.Key:
		case c.Type != features.Float || c.Null != nil:
			return nil, fmt.Errorf("loading a k-means model: column %s is not of real numbers in all rows", c.Name)
		case c.Role == features.Weight:
			samples = c.Floats
		default:
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 || len(samples) == 0 {
		return nil, errors.New("loading a k-means model: the table has no centres: is it the model of another algorithm?")
	}
	for c := range samples {
		for _, name := range names {
			centres = append(centres, t.Column(name).Floats[c])
		}
	}
	return newModel(names, centres, slices.Clone(samples)), nil
}

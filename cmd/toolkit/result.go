package main

import (
	"fmt"
	"slices"
	"strconv"

	"toolkit/algo"
	"toolkit/algo/threshold"
	"toolkit/detect/model"
	"toolkit/features"
)

// Columns that every table of results may have.
const (
	labelColumn   = "label"
	scoreColumn   = "score"
	anomalyColumn = "anomaly"
)

// resultTable puts what an algorithm says of the rows of a matrix beside the
// keys of the table that they came from, in its row order. Rows that were
// left out of the matrix are null. Anomalous is what the rule says of scores,
// noise if it is nil.
func resultTable(t *features.Table, m *features.Matrix, al *algo.Algorithm, r *algo.Result, rule *threshold.Rule) *features.Table {
	n, _ := m.Dims()
	var from []int // row of the matrix; nil if it has all rows
	if m.Row != nil {
		from = make([]int, t.Len())
		for i := range from {
			from[i] = -1
		}
		for i := range n {
			from[m.TableRow(i)] = i
		}
	}
	res := &features.Table{Name: t.Name + "." + al.Name, Meta: map[string]string{"algorithm": al.Name, "table": t.Name}}
	for _, c := range t.Columns {
		if c.Role == features.Key || c.Role == features.Weight {
			res.Columns = append(res.Columns, c)
		}
	}
	if len(t.Keys()) == 0 { // a table of others
		row := &features.Column{Field: features.Field{Name: "row", Type: features.Int, Role: features.Key, Doc: "Row of the table, from 0."}}
		for i := range t.Len() {
			row.Ints = append(row.Ints, int64(i))
		}
		res.Columns = append([]*features.Column{row}, res.Columns...)
	}
	add := func(c *features.Column) {
		c.Role = features.Outcome
		for slices.ContainsFunc(res.Columns, func(d *features.Column) bool { return d.Name == c.Name }) {
			c.Name += "_" + al.Name // a key of the table has the name
		}
		if from != nil {
			c = c.Take(from)
		}
		res.Columns = append(res.Columns, c)
	}
	if r.Labels != nil {
		c := &features.Column{Field: features.Field{Name: labelColumn, Type: features.Int, Doc: "Cluster, from 0; -1 for noise."}}
		for _, l := range r.Labels {
			c.Ints = append(c.Ints, int64(l))
		}
		add(c)
	}
	if r.Coords != nil {
		for j, name := range r.Axes {
			c := &features.Column{Field: features.Field{Name: name, Type: features.Float, Doc: fmt.Sprintf("Coordinate %d of the row.", j+1)}, Floats: make([]float64, n)}
			for i := range n {
				c.Floats[i] = r.Coords.At(i, j)
			}
			add(c)
		}
	}
	if r.Scores != nil {
		add(&features.Column{Field: features.Field{Name: scoreColumn, Type: features.Float, Doc: "The higher, the stranger: " + al.Score + "."}, Floats: r.Scores})
	}
	for _, c := range r.Columns {
		extra := *c
		add(&extra)
	}
	if c, limit, words := anomalies(m, r, rule); c != nil {
		add(c)
		res.Meta["rule"] = words
		if rule != nil {
			res.Meta[model.LimitKey] = strconv.FormatFloat(limit, 'g', -1, 64)
		}
	}
	return res
}

// anomalies says which rows are called anomalous, and why, in words: by the
// rule, which has that limit, or noise if it is nil.
func anomalies(m *features.Matrix, r *algo.Result, rule *threshold.Rule) (c *features.Column, limit float64, words string) {
	c = &features.Column{Field: features.Field{Name: anomalyColumn, Type: features.Bool, Doc: "The row is called anomalous; metadata rule says why."}}
	switch {
	case rule == nil:
		for _, l := range r.Labels {
			c.Ints = append(c.Ints, bit(l == algo.Noise))
		}
		return c, 0, "noise: the rows that belong to no cluster"
	case r.Scores == nil:
		return nil, 0, ""
	}
	limit, words = rule.Limit(r.Scores, m.Weight)
	c.Ints = make([]int64, 0, len(r.Scores))
	for _, s := range r.Scores {
		c.Ints = append(c.Ints, bit(s > limit))
	}
	return c, limit, words
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

package sweep

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"toolkit/evaluate/stability"
	"toolkit/features"
)

// Table returns a row for each outcome: the algorithm, a column for each
// parameter of the grid, and what came of it.
func Table(name string, outcomes []*Outcome) *features.Table {
	t := &features.Table{Name: name, Meta: map[string]string{}}
	text := func(name, doc string, role features.Role, of func(*Outcome) string) {
		var v []string
		for _, o := range outcomes {
			v = append(v, of(o))
		}
		t.Columns = append(t.Columns, features.TextColumn(features.Field{Name: name, Role: role, Doc: doc}, v))
	}
	number := func(name, doc string, unit features.Unit, role features.Role, of func(*Outcome) float64) {
		c := &features.Column{Field: features.Field{Name: name, Type: features.Float, Unit: unit, Role: role, Doc: doc}}
		any := false
		for _, o := range outcomes {
			if v := of(o); math.IsNaN(v) || math.IsInf(v, 0) {
				c.AppendNull()
			} else {
				c.AppendFloat(v)
				any = true
			}
		}
		if any {
			t.Columns = append(t.Columns, c)
		}
	}
	text("setting", "Algorithm and parameters, as on a command line.", features.Key, func(o *Outcome) string { return o.Setting.String() })
	text("algorithm", "What was tried.", features.Key, func(o *Outcome) string { return o.Setting.Algorithm.Name })
	for _, p := range parameters(outcomes) {
		of := func(o *Outcome) string {
			i := slices.IndexFunc(o.Setting.Params, func(q Param) bool { return q.Name == p })
			if i < 0 {
				return ""
			}
			return o.Setting.Params[i].Value
		}
		column, doc := strings.ReplaceAll(p, "-", "_"), "Parameter --"+p+"; null if the algorithm has none of the name."
		if slices.ContainsFunc(outcomes, func(o *Outcome) bool { return of(o) != "" && math.IsNaN(parse(of(o))) }) {
			text(column, doc, features.Key, of)
		} else {
			number(column, doc, features.None, features.Key, func(o *Outcome) float64 { return parse(of(o)) })
		}
	}
	text("refused", "Why the algorithm would not do it on this table; empty if it did.", features.Outcome, func(o *Outcome) string { return o.Refused })
	number("clusters", "Clusters, without noise.", features.Count, features.Outcome, func(o *Outcome) float64 { return o.Clusters })
	number("noise_share", "Share of the samples that are noise.", features.Ratio, features.Outcome, func(o *Outcome) float64 { return o.NoiseShare })
	number("largest_share", "Share of the samples in the largest cluster.", features.Ratio, features.Outcome, func(o *Outcome) float64 { return o.LargestShare })
	number("seed_stability", "Mean agreement with the results of other seeds: adjusted Rand index of labels, else rank correlation of scores.", features.Ratio, features.Outcome, func(o *Outcome) float64 { return o.SeedStability })
	number("subsample_stability", "The same with the results on subsamples.", features.Ratio, features.Outcome, func(o *Outcome) float64 { return o.SubsampleStability })
	agree := Agreement(outcomes)
	at := make(map[*Outcome]int, len(outcomes))
	for i, o := range outcomes {
		at[o] = i
	}
	number("agreement", "Mean agreement with all other settings.", features.Ratio, features.Outcome, func(o *Outcome) float64 {
		var sum, n float64
		for j, v := range agree[at[o]] {
			if j != at[o] && !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		}
		return sum / n
	})
	for _, s := range statNames(outcomes, t) {
		number(s, "Stat "+s+" of the algorithm.", features.None, features.Outcome, func(o *Outcome) float64 { return o.Stat(s) })
	}
	return t
}

// Agreement compares each two outcomes: the adjusted Rand index of labels,
// else the rank correlation of scores; NaN where they have nothing in common.
func Agreement(outcomes []*Outcome) [][]float64 {
	m := make([][]float64, len(outcomes))
	for i := range m {
		m[i] = make([]float64, len(outcomes))
	}
	for i, a := range outcomes {
		for j, b := range outcomes[:i+1] {
			x, y := a.verdict(), b.verdict()
			if x.Labels == nil || y.Labels == nil {
				x.Scores, y.Scores = a.Scores, b.Scores
			}
			v := stability.Compare(x, y, a.weight).Value()
			m[i][j], m[j][i] = v, v
		}
	}
	return m
}

// parameters returns the names of the parameters in the order in which the
// settings have them.
func parameters(outcomes []*Outcome) []string {
	var names []string
	for _, o := range outcomes {
		for _, p := range o.Setting.Params {
			if !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
	}
	return names
}

// statNames returns the names of stats that are no columns of t yet.
func statNames(outcomes []*Outcome, t *features.Table) []string {
	var names []string
	for _, o := range outcomes {
		for _, s := range o.Stats {
			if !slices.Contains(names, s.Name) && t.Column(s.Name) == nil {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// parse reads a number, NaN if it is none.
func parse(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

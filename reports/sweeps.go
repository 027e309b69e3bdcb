package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"toolkit/features"
)

const (
	sweepSeries = 6  // lines of a figure
	sweepHeat   = 20 // settings of an agreement heat map
)

// sweepMeasures are the columns of a sweep that are drawn over a parameter.
var sweepMeasures = []struct {
	column, title string
	kind          AxisKind
}{
	{"clusters", "Clusters", Number}, {"noise_share", "Noise", Percent}, {"largest_share", "Largest cluster", Percent},
	{"silhouette", "Silhouette", Number}, {"silhouette_simplified", "Silhouette, simplified", Number}, {"subsample_stability", "Stability over subsamples", Number}, {"seed_stability", "Stability over seeds", Number},
}

// sweeps is the section on what became of other parameters, nil if none were
// tried.
func (b *builder) sweeps() *Section {
	s := &Section{ID: b.id("sweeps"), Title: "Other parameters", Text: []Para{{Text: "What algorithms give with other values of their parameters. Stability is the agreement with the results of other seeds, or on subsamples: the adjusted Rand index of labels, or the rank correlation of scores; 1 is the same, 0 chance."}}}
	for _, table := range b.names {
		t := b.in.Tables[table+".sweep"]
		if t == nil || words(t, "setting") == nil || words(t, "algorithm") == nil || t.Len() == 0 {
			continue
		}
		sub := &Section{ID: b.id("sweeps", table), Title: "Settings tried on " + table}
		algorithm := words(t, "algorithm")
		for _, name := range algorithm.Dict {
			var rows []int
			for i := range t.Len() {
				if algorithm.String(i) == name {
					rows = append(rows, i)
				}
			}
			if f := b.sweepFigure(table, name, t, rows); f != nil {
				sub.Figures = append(sub.Figures, f)
			}
		}
		if f := b.sweepAgreement(table, t); f != nil {
			sub.Figures = append(sub.Figures, f)
		}
		sub.Tables = append(sub.Tables, b.sweepTable(table, t))
		s.Subsections = append(s.Subsections, sub)
	}
	if s.Subsections == nil {
		return nil
	}
	return s
}

// sweepFigure draws the measures of an algorithm's settings over the numeric
// parameter that took most values, a line for each combination of the others.
func (b *builder) sweepFigure(table, algorithm string, t *features.Table, rows []int) *Figure {
	var x *features.Column
	most := 1
	var params []*features.Column
	for _, c := range t.Keys() {
		if c.Name == "setting" || c.Name == "algorithm" {
			continue
		}
		params = append(params, c)
		values := map[float64]bool{}
		for _, i := range rows {
			if v := c.Float(i); finite(v) {
				values[v] = true
			}
		}
		if len(values) > most {
			x, most = c, len(values)
		}
	}
	if x == nil {
		return nil
	}
	lines := map[string][]int{}
	var names []string
	for _, i := range rows {
		var others []string
		for _, c := range params {
			if c != x && !c.IsNull(i) && c.String(i) != "" {
				others = append(others, strings.ReplaceAll(c.Name, "_", "-")+" "+c.String(i))
			}
		}
		name := strings.Join(others, ", ")
		if lines[name] == nil {
			names = append(names, name)
		}
		lines[name] = append(lines[name], i)
	}
	names = names[:min(len(names), sweepSeries)]
	p := &Panels{Columns: 2}
	for _, m := range sweepMeasures {
		c := numeric(t, m.column)
		if c == nil || !slices.ContainsFunc(rows, func(i int) bool { return finite(c.Float(i)) }) {
			continue
		}
		l := &Lines{X: Axis{Label: strings.ReplaceAll(x.Name, "_", "-")}, Y: Axis{Kind: m.kind}}
		for k, name := range names {
			series := Series{Name: name, Hue: First + Hue(k), Dots: true}
			is := slices.Clone(lines[name])
			slices.SortStableFunc(is, func(i, j int) int {
				if x.Float(i) < x.Float(j) {
					return -1
				}
				return 1
			})
			for _, i := range is {
				series.X, series.Y = append(series.X, x.Float(i)), append(series.Y, c.Float(i))
			}
			l.Series = append(l.Series, series)
		}
		p.Names, p.Plots = append(p.Names, m.title), append(p.Plots, l)
	}
	if p.Plots == nil {
		return nil
	}
	return &Figure{ID: b.id(table, "sweep", algorithm), Title: algorithm + " over " + strings.ReplaceAll(x.Name, "_", "-"), Plot: p,
		Caption: fmt.Sprintf("%s, %s of %s. %s", table, plural(int64(len(rows)), "setting", "settings"), algorithm, made(t)),
		Alt:     "Lines of " + list(p.Names) + " over " + x.Name + "."}
}

// sweepAgreement draws how far the settings agree, if they are few.
func (b *builder) sweepAgreement(table string, t *features.Table) *Figure {
	pairs := b.in.Tables[table+".sweep.agreement"]
	setting := words(t, "setting")
	if pairs == nil || t.Len() < 2 || t.Len() > sweepHeat || words(pairs, "a") == nil || words(pairs, "b") == nil || numeric(pairs, "agreement") == nil {
		return nil
	}
	h := &Heat{Kind: "setting"}
	at := map[string]int{}
	for i := range t.Len() {
		at[setting.String(i)] = i
		h.Names = append(h.Names, setting.String(i))
		row := make([]float64, t.Len())
		for j := range row {
			row[j] = math.NaN()
		}
		row[i] = 1
		h.Values = append(h.Values, row)
	}
	for k := range pairs.Len() {
		i, ok := at[words(pairs, "a").String(k)]
		j, ok2 := at[words(pairs, "b").String(k)]
		if v := numeric(pairs, "agreement").Float(k); ok && ok2 && finite(v) {
			h.Values[i][j], h.Values[j][i] = max(v, 0), max(v, 0)
		}
	}
	return &Figure{ID: b.id(table, "sweep", "agreement"), Title: "Agreement of the settings", Plot: h,
		Caption: "Adjusted Rand index of labels, rank correlation of scores; below 0 is drawn as 0. " + made(t),
		Alt:     "Heat map of the agreement of each two settings."}
}

// sweepTable lists the settings with what came of them.
func (b *builder) sweepTable(table string, t *features.Table) *Table {
	out := &Table{ID: b.id(table, "sweep", "settings"), Title: "Settings", Columns: []Head{{Name: "setting"}}}
	var cols []*features.Column
	for _, c := range t.Columns {
		if c.Role == features.Outcome && c.Numeric() {
			cols = append(cols, c)
			out.Columns = append(out.Columns, Head{Name: strings.ReplaceAll(c.Name, "_", " "), Align: Right, Doc: c.Doc})
		}
	}
	setting, refused := words(t, "setting"), words(t, "refused")
	for i := range t.Len() {
		name := setting.String(i)
		if refused != nil && refused.String(i) != "" {
			name += " (refused: " + refused.String(i) + ")"
		}
		cells := []Cell{plain(name)}
		for _, c := range cols {
			if strings.HasSuffix(c.Name, "_share") {
				cells = append(cells, share(c.Float(i)))
			} else {
				cells = append(cells, num(c.Float(i)))
			}
		}
		out.Add(cells...)
	}
	return out
}

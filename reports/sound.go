package reports

import (
	"fmt"
	"math"

	"toolkit/evaluate"
)

// limits is the subsection on how far the labels themselves can be relied on;
// nil if nothing is known of it.
func (b *builder) limits(e *evaluate.Evaluation) *Section {
	s := &Section{ID: b.id("labels", "limits"), Title: "How far the labels can be met"}
	if n := e.Noise; n != nil {
		s.Text = append(s.Text, Para{Text: n.Words()})
	}
	if len(e.Conflicts) > 0 {
		s.Text = append(s.Text, Para{Text: "Records of rows that are equal in all columns are the same to a method. Where such records have labels of both kinds, any method over these columns, however good, is wrong on the fewer of them: that bounds what it can be from below."})
		t := &Table{ID: b.id("labels", "conflicts"), Title: "Records that can't all be judged rightly, by columns", Columns: []Head{{Name: "table"}, {Name: "columns"},
			{Name: "methods", Align: Right, Doc: "That look at these columns."}, {Name: "in conflict", Align: Right, Doc: "Records of rows whose equals have both kinds of label."},
			{Name: "at least wrong", Align: Right, Doc: "The fewest records that a method over these columns judges wrongly."}, {Name: "share", Align: Right, Doc: "Of the records that have a row in the table."}}}
		for _, c := range e.Conflicts {
			t.Add(plain(c.Table), plain(list(c.Columns)), count(int64(len(c.Methods))), count(c.Mixed), count(c.Errors), share(float64(c.Errors)/math.Max(1, float64(c.Judged))))
		}
		s.Tables = append(s.Tables, t)
	}
	if s.Text == nil {
		return nil
	}
	return s
}

// shapes is the table of what clusterings say of their own clusters, without
// labels; nil if there is none.
func (b *builder) shapes(e *evaluate.Evaluation) *Table {
	t := &Table{ID: b.id("agreement", "shapes"), Title: "Clusters, by the rows alone", Columns: []Head{{Name: "method"},
		{Name: "silhouette", Align: Right, Doc: "Mean of the samples, from −1 to 1 (Rousseeuw 1987)."}, {Name: "simplified", Align: Right, Doc: "Silhouette with distances to centres, where the exact one takes too long."},
		{Name: "Caliński-Harabasz", Align: Right, Doc: "Dispersion between clusters to that within; the higher the better."}, {Name: "Davies-Bouldin", Align: Right, Doc: "The lower the better."},
		{Name: "DBCV", Align: Right, Doc: "Density-based validity, from −1 to 1 (Moulavi et al. 2014)."}},
		Note: "Without labels. A high silhouette says little where one cluster has nearly all samples."}
	for _, m := range e.Methods {
		if m.Internal == nil {
			continue
		}
		row := []Cell{plain(m.Name)}
		for _, name := range evaluate.InternalNames {
			if v := m.Score(name); v != nil {
				row = append(row, num(rounded(*v, 4)))
			} else {
				row = append(row, Cell{Text: "–"})
			}
		}
		t.Add(row...)
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// holds is the subsection on how far results are the same when they are made
// again; nil if there are none to make again.
func (b *builder) holds(e *evaluate.Evaluation) *Section {
	s := &Section{ID: b.id("agreement", "stability"), Title: "How far results hold"}
	if len(b.results) == 0 {
		return nil
	}
	if len(e.Stability) == 0 {
		s.Text = []Para{{Text: "Results were not made again with other seeds, of subsamples and of windows of time. These commands do it:", Code: []string{"toolkit evaluate --stability 3", "toolkit report"}}}
		return s
	}
	times := map[string]int{}
	of := map[[2]string]evaluate.Stability{}
	for _, v := range e.Stability {
		times[v.Over], of[[2]string{v.Method, v.Over}] = max(times[v.Over], v.Times), v
	}
	overs := []string{evaluate.OverSeeds, evaluate.OverSubsamples, evaluate.OverWindows}
	s.Text = []Para{{Text: fmt.Sprintf("Each result over a table was made again with %s, of %s of 80 %% of the rows, and of each of %s of time alone, and compared on the rows that both are of. What hangs on the window is no property of the rows: a method that is far below 1 there flags what is unusual among whatever it is shown.",
		plural(int64(times[evaluate.OverSeeds]), "other seed", "other seeds"), plural(int64(times[evaluate.OverSubsamples]), "subsample", "subsamples"), plural(int64(times[evaluate.OverWindows]), "window", "windows"))}}
	t := &Table{ID: b.id("agreement", "stability", "table"), Title: "Agreement with the results made again: mean, and least", Columns: []Head{{Name: "method"}}}
	for _, over := range overs {
		t.Columns = append(t.Columns, Head{Name: over + ": labels", Align: Right, Doc: "Adjusted Rand index of the samples; 0 is chance."},
			Head{Name: "scores", Align: Right, Doc: "Spearman's rank correlation of the rows; 0 is chance."}, Head{Name: "flagged", Align: Right, Doc: "Jaccard index of the samples called anomalous."})
	}
	grid := &Grid{Columns: overs, Row: "method", Column: "made again with other", V: Axis{Label: "Jaccard index"}, Written: true}
	spread := func(v *evaluate.Spread) Cell {
		if v == nil {
			return Cell{Text: "–"}
		}
		return Cell{Text: fixed(&v.Mean).Text + " (" + fixed(&v.Least).Text + ")", Value: v.Mean}
	}
	least, name := math.Inf(1), ""
	for _, m := range e.Methods {
		row, drawn, any := []Cell{plain(m.Name)}, []float64{}, false
		for _, over := range overs {
			v, ok := of[[2]string{m.Name, over}]
			any = any || ok
			row = append(row, spread(v.Labels), spread(v.Scores), spread(v.Flagged))
			at := math.NaN()
			if v.Flagged != nil {
				at = v.Flagged.Mean
				if over == evaluate.OverWindows && at < least {
					least, name = at, m.Name
				}
			}
			drawn = append(drawn, at)
		}
		if any {
			t.Add(row...)
			grid.Rows, grid.Values = append(grid.Rows, m.Name), append(grid.Values, drawn)
		}
	}
	f := &Figure{ID: b.id("agreement", "stability", "grid"), Title: "How far what is flagged stays the same", Plot: grid,
		Caption: "Mean Jaccard index of the samples called anomalous by a result and by the same made again, on the rows that both are of.", Alt: "Rows are methods, columns what was changed."}
	if name != "" {
		f.Alt += fmt.Sprintf(" %s holds least over windows, with %.2f.", name, least)
	}
	s.Figures, s.Tables = []*Figure{f}, []*Table{t}
	return s
}

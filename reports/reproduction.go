package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"toolkit/features"
	"toolkit/reproduce"
)

// Reproduction makes the report of the original's figures worked out again.
func Reproduction(res *reproduce.Result, input, version string) *Report {
	r := &Report{Title: "The original's results, reproduced", Subtitle: "Input: " + input, Version: version}
	on := ""
	summary := &Section{ID: "about", Title: "What this is"}
	if res.Original {
		summary.Text = []Para{{Text: "By all data facts, the input is the file that the original's figures are of. What is replayed with its faults is to equal what it published; where what is right differs, the reason is a fault of the original."}}
	} else {
		on = ", on " + input
		summary.Text = []Para{{Text: "The input is not the file that the original's figures are of: its data facts differ. Figures of the original are shown for comparison only; the difference between its faults and what is right can be seen on any data."}}
	}
	r.Sections = append(r.Sections, summary)
	var at *Section
	for _, row := range res.Rows {
		if at == nil || at.Title != row.Section+on {
			at = &Section{ID: slug(row.Section), Title: row.Section + on}
			r.Sections = append(r.Sections, at)
			at.Tables = []*Table{{ID: slug(row.Section) + "-table", Title: "Theirs beside ours", Columns: []Head{{Name: "figure"}, {Name: "original", Align: Right, Doc: "As published."},
				{Name: "with its faults", Align: Right, Doc: "Worked out here as the original did."}, {Name: "right", Align: Right, Doc: "Worked out as it should be."}, {Name: "why they differ", Align: Wide}}}}
		}
		name := row.Name
		if row.Unit != "" {
			name += ", " + row.Unit
		}
		at.Tables[0].Add(plain(name), reproduced(row.Theirs), reproduced(row.Replayed), reproduced(row.Right), plain(string(row.Fault)))
	}
	for _, s := range r.Sections {
		plots := &Section{ID: s.ID + "-plots", Title: "Plots"}
		for _, o := range res.Outcomes {
			if strings.HasPrefix(s.Title, sectionOf[o.Table]) {
				plots.Figures = append(plots.Figures, outcomeFigures(res, o)...)
			}
		}
		if strings.HasPrefix(s.Title, "Batches") {
			plots.Figures = append(plots.Figures, entropies(res.Tables["entropy"]), batchPanels(res.Tables["batches_seed"], res.Tables[features.BatchesTable]))
			s.Tables = append(s.Tables, batchStatistics(res.Tables[features.BatchesTable]))
		}
		if plots.Figures != nil {
			s.Subsections = append(s.Subsections, plots)
		}
	}
	return r
}

// sectionOf is the title that a section with figures of the table begins with.
var sectionOf = map[string]string{"flow_tuples": "Flow tuples", features.PairsTable: "Pairs"}

func reproduced(v reproduce.Value) Cell {
	if v.Text != "" {
		return plain(v.Text)
	}
	return num(v.Number)
}

// outcomeFigures draws the elbow of a k-means, and clusters in the plane of
// the first two components of the same rows.
func outcomeFigures(res *reproduce.Result, o reproduce.Outcome) []*Figure {
	id := slug(o.Title)
	rows, d := o.Rows.Dims()
	about := fmt.Sprintf("n = %s samples in %s rows of %d columns", human(o.Rows.Samples()), whole(int64(rows)), d)
	if o.Algo == "kmeans" {
		for _, t := range o.Result.Tables {
			if t.Name == "elbow" && t.Len() > 1 {
				k := floatsOf(t.Column("k"))
				return []*Figure{{ID: id, Title: o.Title, Caption: sentence(about, "The mean distance of samples to the nearest centre, which the original called distortion"),
					Alt:  fmt.Sprintf("The mean distance falls from %s with one cluster to %s with %s.", human(t.Column("mean_distance").Float(0)), human(t.Column("mean_distance").Float(t.Len()-1)), human(k[len(k)-1])),
					Plot: &Lines{X: Axis{Label: "clusters"}, Y: Axis{Label: "mean distance"}, Series: []Series{{X: k, Y: floatsOf(t.Column("mean_distance")), Hue: First, Dots: true}}}}}
			}
		}
	}
	if o.Result.Labels == nil && o.Result.Coords == nil {
		return nil
	}
	px, py := plane(res, o)
	if px == nil {
		return nil
	}
	p := &Points{Px: px, Py: py, Weight: o.Rows.Weight, X: Axis{Label: "pc1", Symlog: symlogFor(px)}, Y: Axis{Label: "pc2", Symlog: symlogFor(py)}, Groups: []Group{{Hue: First}}}
	f := &Figure{ID: id, Title: o.Title, Plot: p, Caption: sentence(about, "Axes are linear near 0 and logarithmic away from it"), Alt: "Rows in the plane of their first two principal components."}
	if o.Result.Labels != nil {
		p.Groups, p.Of = labelGroups(o.Result.Labels, o.Rows)
		f.Alt += fmt.Sprintf(" Colours tell %d groups apart; noise is marked by crosses.", len(p.Groups))
	}
	return []*Figure{f}
}

// plane returns the first two components of the rows of an outcome, by the
// PCA of the same table and columns.
func plane(res *reproduce.Result, o reproduce.Outcome) (x, y []float64) {
	for _, p := range res.Outcomes {
		if p.Algo != "pca" || p.Table != o.Table || p.Replayed != o.Replayed || p.Result.Coords == nil {
			continue
		}
		n, d := p.Result.Coords.Dims()
		if rows, _ := o.Rows.Dims(); rows != n || d < 2 {
			continue
		}
		for i := range n {
			x, y = append(x, p.Result.Coords.At(i, 0)), append(y, p.Result.Coords.At(i, 1))
		}
		return x, y
	}
	return nil, nil
}

// labelGroups gives the largest clusters a hue each, the others one together.
func labelGroups(labels []int32, x interface{ W(int) float64 }) (groups []Group, of []uint8) {
	size := map[int32]float64{}
	for i, l := range labels {
		size[l] += x.W(i)
	}
	var order []int32
	for l := range size {
		if l >= 0 {
			order = append(order, l)
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch {
		case size[a] > size[b]:
			return -1
		case size[a] < size[b]:
			return 1
		}
		return int(a - b)
	})
	place := map[int32]uint8{}
	for k, l := range order {
		if k < Hues {
			place[l] = uint8(len(groups))
			groups = append(groups, Group{Name: fmt.Sprintf("cluster %d", l), Hue: First + Hue(k)})
		}
	}
	if len(order) > Hues {
		groups = append(groups, Group{Name: fmt.Sprintf("%d smaller clusters", len(order)-Hues), Hue: Other})
		for _, l := range order[Hues:] {
			place[l] = uint8(len(groups) - 1)
		}
	}
	if _, noise := size[-1]; noise {
		place[-1] = uint8(len(groups))
		groups = append(groups, Group{Name: "noise", Hue: Grey, Noise: true})
	}
	for _, l := range labels {
		of = append(of, place[l])
	}
	return groups, of
}

// entropies draws the running entropies.
func entropies(t *features.Table) *Figure {
	l := &Lines{X: Axis{Label: "time", Kind: Clock}, Y: Axis{Label: "nats"}}
	ts := t.Column("ts")
	x := make([]float64, t.Len())
	for i := range x {
		x[i] = float64(ts.Ints[i]) / 1e6
	}
	for k, c := range t.Columns[1:] {
		l.Series = append(l.Series, Series{Name: strings.TrimPrefix(c.Name, "entropy_"), X: x, Y: c.Floats, Hue: First + Hue(k%Hues)})
	}
	return &Figure{ID: "running-entropy", Title: "Running entropy", Plot: l, Alt: "Entropies of six fields over time.",
		Caption: sentence(fmt.Sprintf("Shannon entropy of the last 100 records, at every hundredth of them; n = %s points", whole(int64(t.Len()))))}
}

// batchPanels draws each of the features of batches over time, as the original
// did: with its windows and counting, and right.
func batchPanels(seed, right *features.Table) *Figure {
	p := &Panels{Columns: 3}
	for _, c := range right.Columns {
		if c.Role != features.Value || !c.Numeric() || seed.Column(c.Name) == nil {
			continue
		}
		l := &Lines{X: Axis{Kind: Clock}, Y: Axis{}}
		for k, t := range []*features.Table{seed, right} {
			start, v := t.Column("window_start"), t.Column(c.Name)
			s := Series{Name: []string{"with the faults", "right"}[k], Hue: First + Hue(1-k)}
			for _, i := range thinned(v, timeBins) {
				s.X, s.Y = append(s.X, float64(start.Ints[i])/1e6), append(s.Y, v.Float(i))
			}
			l.Series = append(l.Series, s)
		}
		p.Names, p.Plots = append(p.Names, c.Name), append(p.Plots, l)
	}
	return &Figure{ID: "batch-features", Title: "Features of batches over time", Plot: p, Alt: fmt.Sprintf("%d small panels, one for each feature.", len(p.Plots)),
		Caption: sentence(fmt.Sprintf("%s batches with the original's windows, %s of 10 s; of runs of batches the highest is drawn", whole(int64(seed.Len())), whole(int64(right.Len()))))}
}

// thinned returns at most most rows of a column: of each run of rows that one
// stands for, that of the highest value.
func thinned(c *features.Column, most int) []int {
	n := c.Len()
	step := 1 + (n-1)/most
	var rows []int
	for i := 0; i < n; i += step {
		best := i
		for k := i; k < min(n, i+step); k++ {
			if c.Float(k) > c.Float(best) {
				best = k
			}
		}
		rows = append(rows, best)
	}
	return rows
}

// batchStatistics are what the original put into the titles of its plots.
func batchStatistics(t *features.Table) *Table {
	out := &Table{ID: "batch-statistics", Title: "Features of batches", Note: "Of batches of 10 s, done right.", Columns: []Head{{Name: "feature"}}}
	for _, h := range []string{"mean", "std", "min", "25 %", "50 %", "75 %", "max"} {
		out.Columns = append(out.Columns, Head{Name: h, Align: Right})
	}
	for _, c := range t.Columns {
		if c.Role != features.Value || !c.Numeric() {
			continue
		}
		v := floatsOf(c)
		mean, sd := 0.0, 0.0
		for _, x := range v {
			mean += x
		}
		mean /= max(1, float64(len(v)))
		for _, x := range v {
			sd += (x - mean) * (x - mean)
		}
		slices.Sort(v)
		row := []Cell{plain(c.Name), num(mean), num(math.Sqrt(sd / float64(max(1, len(v)-1))))}
		for _, q := range []float64{0, 0.25, 0.5, 0.75, 1} {
			row = append(row, num(features.Quantile(v, q)))
		}
		out.Add(row...)
	}
	return out
}

func floatsOf(c *features.Column) []float64 {
	v := make([]float64, c.Len())
	for i := range v {
		v[i] = c.Float(i)
	}
	return v
}

// ReproductionText writes the figures as a table for a terminal.
func ReproductionText(res *reproduce.Result, input string) string {
	var b strings.Builder
	section := ""
	show := func(v reproduce.Value) string {
		if v.Text != "" {
			return v.Text
		}
		return reproduced(v).Text
	}
	for _, row := range res.Rows {
		if row.Section != section {
			section = row.Section
			head := section
			if !res.Original {
				head += " (on " + input + ", not the original's data)"
			}
			fmt.Fprintf(&b, "\n%s\n%-52s %16s %16s %16s\n", head, "", "original", "with its faults", "right")
		}
		name := row.Name
		if row.Unit != "" {
			name += ", " + row.Unit
		}
		fmt.Fprintf(&b, "%-52s %16s %16s %16s\n", name, show(row.Theirs), show(row.Replayed), show(row.Right))
	}
	b.WriteString("\nWhy figures differ\n")
	seen := map[reproduce.Fault]bool{}
	for _, row := range res.Rows {
		if row.Fault != reproduce.None && !seen[row.Fault] {
			seen[row.Fault] = true
			fmt.Fprintf(&b, "- %s\n", row.Fault)
		}
	}
	return b.String()
}

package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"toolkit/features"
)

const methodRows = 5 // of the highest score that a method is shown by

// methods is the section with a part for each algorithm, and in it for each
// table that it was run on.
func (b *builder) methods() *Section {
	s := &Section{ID: b.id("methods"), Title: "Method by method"}
	var algos []string // in the order of their first result's table
	for _, r := range b.results {
		if !slices.Contains(algos, r.algo) {
			algos = append(algos, r.algo)
		}
	}
	if algos == nil {
		s.Text = []Para{{Text: "No algorithm was run over the tables. These commands do it:", Code: []string{
			"toolkit pca --on flow_tuples", "toolkit cluster --algo dbscan --on flow_tuples", "toolkit score --algo hbos --on flow_tuples"}}}
		return s
	}
	s.Text = []Para{{Text: "What each algorithm made of each table: with which parameters, what it found, its figures, and the rows that it finds strangest. A score says how strange a row is; the higher, the stranger. Scores of different methods have different units, and compare by the order of the rows alone."}}
	if t := b.thresholds(); t != nil {
		s.Tables = append(s.Tables, t)
	}
	for _, name := range algos {
		sub := &Section{ID: b.id("method", name), Title: name}
		if title := b.title(name); title != name {
			sub.Text = []Para{{Text: sentence(capital(title))}}
		}
		for _, r := range b.results {
			if r.algo == name {
				sub.Subsections = append(sub.Subsections, b.method(r))
			}
		}
		s.Subsections = append(s.Subsections, sub)
	}
	return s
}

// method is the part on what an algorithm made of a table.
func (b *builder) method(r *result) *Section {
	s := &Section{ID: b.id("method", r.algo, r.table), Title: r.algo + " of " + r.table}
	var found []string
	if r.algo == "pca" {
		if f := b.variance(r); f != nil {
			s.Figures = append(s.Figures, f)
			found = append(found, f.Alt)
		}
	}
	if r.label != nil {
		found = append(found, b.clustersFound(r)...)
		s.Figures = append(s.Figures, b.clusterFigures(r)...)
		if r.rows != nil && len(r.clusterGroups().hue) > 0 {
			s.Tables = append(s.Tables, b.profiles(r))
		}
	} else if r.algo == "pca" {
		if f := b.scatter(r); f != nil {
			s.Figures = append(s.Figures, f)
		}
	}
	if t := b.loadings(r); r.algo == "pca" && t != nil {
		s.Figures = append(s.Figures, b.loadingsFigure(r, t))
		s.Tables = append(s.Tables, t)
	}
	if r.score != nil {
		s.Figures = append(s.Figures, b.scoreFigure(r))
		if f := b.bins(r); f != nil {
			s.Figures = append(s.Figures, f)
		}
	}
	s.Text = []Para{{Text: sentence(append(found, capital(b.flaggedBy(r)), capital(made(r.t)))...)}}
	if t := b.highest(r); t != nil {
		s.Tables = append(s.Tables, t)
	}
	return s
}

// flaggedBy says how much the method calls anomalous, and by which rule.
func (b *builder) flaggedBy(r *result) string {
	if r.anomaly == nil {
		return ""
	}
	var rows int64
	var flagged, judged float64
	for i := range r.anomaly.Len() {
		if r.anomaly.IsNull(i) {
			continue
		}
		judged += r.w(i)
		if r.flags(i) {
			rows++
			flagged += r.w(i)
		}
	}
	words := fmt.Sprintf("it calls %s anomalous, %s (%s)", plural(rows, "row", "rows"), plural(int64(flagged), "sample", "samples"), percent(flagged/math.Max(1, judged)))
	if rule := r.t.Meta["rule"]; rule != "" {
		words += ": " + rule
	}
	return words
}

// scoreFigure draws how the scores are spread.
func (b *builder) scoreFigure(r *result) *Figure {
	h, _ := r.histogram()
	return &Figure{ID: b.id(r.table, r.algo, "scores"), Title: "How the scores are spread", Plot: h,
		Caption: sentence(fmt.Sprintf("%s, n = %s samples, in %d ranges; the broken line is the least score called anomalous. Counts are logarithmic", r.table, human(samples(r.t)), scoreBins), capital(made(r.t))),
		Alt:     "Histogram of the scores by " + r.algo + "."}
}

// highest shows the rows of the highest score, one for each source, with why
// the method finds them strange; nil if it gives no scores of a table that is
// there.
func (b *builder) highest(r *result) *Table {
	if r.score == nil || r.rows == nil {
		return nil
	}
	src := sourceOf(r.rows)
	best := map[string]int{}
	for i := range r.score.Len() {
		if !finite(r.score.Float(i)) {
			continue
		}
		of := ""
		if src != nil {
			of = src.String(i)
		} else {
			of = fmt.Sprint(i)
		}
		if j, ok := best[of]; !ok || r.score.Float(i) > r.score.Float(j) {
			best[of] = i
		}
	}
	var rows []int
	for _, i := range best {
		rows = append(rows, i)
	}
	slices.SortFunc(rows, func(i, j int) int { return cmp.Or(cmp.Compare(r.score.Float(j), r.score.Float(i)), cmp.Compare(i, j)) })
	if len(rows) == 0 {
		return nil
	}
	t := &Table{ID: b.id(r.table, r.algo, "highest"), Title: "Highest scores, and why"}
	if src != nil {
		t.Note = "One row a source, that of its highest score."
	}
	var keys []*features.Column
	for _, c := range r.rows.Keys() {
		if c.Name == "src_port" || c.Name == "ip_protocol" {
			continue // tell little, and take room
		}
		keys = append(keys, c)
		h := Head{Name: c.Name, Doc: c.Doc}
		if c.Numeric() {
			h.Align = Right
		}
		t.Columns = append(t.Columns, h)
	}
	t.Columns = append(t.Columns, Head{Name: "score", Align: Right}, Head{Name: "why", Align: Wide})
	for _, i := range rows[:min(len(rows), methodRows)] {
		var row []Cell
		for _, c := range keys {
			row = append(row, b.keyCell(c, i))
		}
		t.Add(append(row, num(r.score.Float(i)), plain(b.whyOf(r.table, []*result{r}, i)))...)
	}
	return t
}

// thresholds is the table of what each score calls anomalous; nil if there are
// no scores.
func (b *builder) thresholds() *Table {
	t := &Table{ID: b.id("scores", "thresholds"), Title: "What each score calls anomalous", Columns: []Head{{Name: "method"}, {Name: "threshold", Align: Right, Doc: "The least score called anomalous."},
		{Name: "rows", Align: Right}, {Name: "samples", Align: Right}, {Name: "share", Align: Right, Doc: "Of all samples judged."}, {Name: "highest", Align: Right}, {Name: "rule", Align: Wide}}}
	for _, r := range b.results {
		if r.score == nil {
			continue
		}
		_, threshold := r.histogram()
		var rows int64
		var flagged, judged float64
		highest := math.NaN()
		for i := range r.score.Len() {
			if !finite(r.score.Float(i)) {
				continue
			}
			judged += r.w(i)
			if s := r.score.Float(i); !(highest >= s) {
				highest = s
			}
			if r.flags(i) {
				rows++
				flagged += r.w(i)
			}
		}
		t.Add(b.methodCell(r.name()), num(threshold), count(rows), num(flagged), share(flagged/math.Max(1, judged)), num(highest), plain(r.t.Meta["rule"]))
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// methodCell is the cell of the name of a method, with a link to what the
// report says of it.
func (b *builder) methodCell(name string) Cell {
	c := plain(name)
	for _, r := range b.results {
		if r.name() == name {
			c.Link = slug("method", r.algo, r.table)
		}
	}
	if b.alerts != nil && b.alerts.by[name] != nil {
		c.Link = slug("detectors", name)
	}
	return c
}

// keyCell is the cell of a key of a row.
func (b *builder) keyCell(c *features.Column, i int) Cell {
	switch {
	case c.Type == features.Time:
		return plain(moment(c.Ints[i]))
	case c.Type == features.Int:
		return Cell{Text: c.String(i), Value: c.Ints[i]}
	case c.Name == "src_ip" || c.Name == "ip":
		return b.hostCell(c.String(i))
	}
	return plain(c.String(i))
}

// clustersFound says how many clusters there are, and how much is in none.
func (b *builder) clustersFound(r *result) []string {
	g := r.clusterGroups()
	found := plural(int64(len(g.clusters)), "cluster", "clusters") + " of " + human(g.samples) + " samples"
	if n := g.noise; n != nil {
		found += fmt.Sprintf("; %s (%s) are noise and belong to none", human(n.samples), percent(n.samples/g.samples))
	}
	words := []string{capital(found)}
	if g.unjudged > 0 {
		words = append(words, plural(int64(g.unjudged), "row", "rows")+" could not be judged, for want of a value")
	}
	return words
}

// clusterFigures are the figures of a clustering.
func (b *builder) clusterFigures(r *result) []*Figure {
	all := []*Figure{b.elbow(r), b.kdistance(r)}
	all = append(all, b.curves(r)...)
	all = append(all, b.condensed(r), b.silhouettes(r), b.scatter(r))
	return slices.DeleteFunc(all, func(f *Figure) bool { return f == nil })
}

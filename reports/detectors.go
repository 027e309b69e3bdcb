package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

const (
	detectorTimes    = 96 // bins of the figure over time at most
	detectorHosts    = 20 // hosts of the figure at most
	detectorFindings = 8  // findings shown of a detector
	barsShown        = 40
	allReasons       = 99
)

// detectors is the section on what the detectors found.
func (b *builder) detectors() *Section {
	s := &Section{ID: b.id("detectors"), Title: "Detector by detector"}
	f := b.alerts
	if f == nil {
		s.Text = []Para{{Text: "No detector has found anything. This command runs them:", Code: []string{"toolkit detect INPUT"}}}
	} else {
		s.Text = []Para{{Text: fmt.Sprintf("%s by %s. A finding accuses a subject, in one window, and holds the numbers of the records that it accuses; its score is in units of the detector, and compares with that detector's alone.",
			plural(int64(f.n), "finding", "findings"), plural(int64(len(f.names)), "detector", "detectors"))}}
		if fig := b.detectorTimes(); fig != nil {
			s.Figures = append(s.Figures, fig)
		}
		if fig := b.detectorHosts(); fig != nil {
			s.Figures = append(s.Figures, fig)
		}
		s.Tables = append(s.Tables, b.detectorTable())
		for _, name := range f.names {
			s.Subsections = append(s.Subsections, b.detector(name))
		}
	}
	if t := b.alertCounts(); t != nil {
		s.Tables = append(s.Tables, t)
	}
	return s
}

// detectorTable says how much each detector found.
func (b *builder) detectorTable() *Table {
	f := b.alerts
	t := &Table{ID: b.id("detectors", "table"), Title: "What the detectors found", Columns: []Head{{Name: "detector"}, {Name: "looks for", Align: Wide}, {Name: "findings", Align: Right},
		{Name: "records", Align: Right, Doc: "Accused by any of its findings, each once."}, {Name: "share", Align: Right, Doc: "Of all records."}, {Name: "sources", Align: Right}, {Name: "most findings"}, {Name: "from"}, {Name: "to"}}}
	all := float64(b.records())
	for _, name := range f.names {
		rows := f.by[name]
		sources := map[string]int{}
		for _, i := range rows {
			if src := cellText(f.src, i); src != "" {
				sources[src]++
			}
		}
		most := ""
		for src, n := range sources {
			if most == "" || cmp.Or(cmp.Compare(n, sources[most]), strings.Compare(most, src)) > 0 {
				most = src
			}
		}
		if most != "" {
			most = fmt.Sprintf("%s (%s)", most, whole(int64(sources[most])))
		}
		records, part := f.distinct(rows), math.NaN()
		if all > 0 {
			part = float64(records) / all
		}
		from, to := f.span(rows)
		t.Add(b.methodCell(name), plain(b.detectorTitle(name)), count(int64(len(rows))), count(records), share(part), count(int64(len(sources))), plain(most), plain(from), plain(to))
	}
	return t
}

// span says when the first of the rows begins and the last ends.
func (f *findings) span(rows []int) (from, to string) {
	if f.start == nil || f.end == nil || len(rows) == 0 {
		return "", ""
	}
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for _, i := range rows {
		lo, hi = min(lo, f.start.Ints[i]), max(hi, f.end.Ints[i])
	}
	return moment(lo), moment(hi)
}

// detectorTimes draws the findings of each detector over time.
func (b *builder) detectorTimes() *Figure {
	f := b.alerts
	if f.start == nil {
		return nil
	}
	lo, hi := slices.Min(f.start.Ints), slices.Max(f.start.Ints)
	if b.sum != nil && b.sum.timed {
		lo, hi = min(lo, b.sum.first), max(hi, b.sum.last)
	}
	c := clockOf(lo, hi, detectorTimes)
	g := &Grid{Rows: f.names, Row: "detector", X: c.axis(), Edges: c.edges(), V: Axis{Label: "findings in " + c.length(), Symlog: 1}}
	busiest, at := "", 0
	for _, name := range f.names {
		row := make([]float64, c.n)
		for _, i := range f.by[name] {
			k := c.at(f.start.Ints[i])
			row[k]++
			if n := int(row[k]); n > at {
				busiest, at = name, n
			}
		}
		g.Values = append(g.Values, row)
	}
	return &Figure{ID: b.id("detectors", "time"), Title: "Findings over time, by detector", Plot: g,
		Caption: fmt.Sprintf("n = %s, by the beginning of their windows. Shades are logarithmic.", plural(int64(f.n), "finding", "findings")),
		Alt:     fmt.Sprintf("Rows are detectors, columns times. The most at once are %s of %s.", whole(int64(at)), busiest)}
}

// detectorHosts draws how many findings each detector has of each host, the
// most conspicuous hosts first.
func (b *builder) detectorHosts() *Figure {
	f := b.alerts
	if f.src == nil {
		return nil
	}
	counts := map[string][]float64{}
	for i := range f.n {
		src := cellText(f.src, i)
		if src == "" {
			continue
		}
		if counts[src] == nil {
			counts[src] = make([]float64, len(f.names))
		}
		counts[src][f.order[f.detector.String(i)]]++
	}
	var hosts []string
	by := map[string]int{} // how many detectors accuse it
	for host, row := range counts {
		hosts = append(hosts, host)
		for _, n := range row {
			if n > 0 {
				by[host]++
			}
		}
	}
	if len(hosts) == 0 {
		return nil
	}
	slices.SortFunc(hosts, func(p, q string) int {
		return cmp.Or(cmp.Compare(by[q], by[p]), cmp.Compare(total(counts[q]), total(counts[p])), strings.Compare(p, q))
	})
	all := len(hosts)
	hosts = hosts[:min(all, detectorHosts)]
	g := &Grid{Rows: hosts, Columns: f.names, Row: "host", Column: "detector", V: Axis{Label: "findings", Symlog: 1}, Written: true}
	for _, host := range hosts {
		row := counts[host]
		for k, n := range row {
			if n == 0 {
				row[k] = math.NaN()
			}
		}
		g.Values = append(g.Values, row)
	}
	return &Figure{ID: b.id("detectors", "hosts"), Title: "Findings by host and detector", Plot: g,
		Caption: fmt.Sprintf("The %d of %s with findings that most detectors accuse.", len(hosts), plural(int64(all), "source", "sources")),
		Alt:     fmt.Sprintf("%s is accused by %s.", hosts[0], plural(int64(by[hosts[0]]), "detector", "detectors"))}
}

func total(v []float64) float64 {
	var sum float64
	for _, x := range v {
		if finite(x) {
			sum += x
		}
	}
	return sum
}

// detector is the subsection on one detector: its strongest findings.
func (b *builder) detector(name string) *Section {
	f := b.alerts
	s := &Section{ID: b.id("detectors", name), Title: name}
	rows := f.by[name]
	kinds := map[string]int64{}
	for _, i := range rows {
		kinds[cellText(f.kind, i)]++
	}
	text := ""
	if title := b.detectorTitle(name); title != "" {
		text = "Looks for " + title
	}
	var words []string
	for _, kind := range sortedBy(kinds) {
		if kind != "" {
			words = append(words, whole(kinds[kind])+" "+kindWords(kind))
		}
	}
	s.Text = []Para{{Text: sentence(text, plural(int64(len(rows)), "finding", "findings"), capital(list(words)))}}
	t := &Table{ID: b.id("detectors", name, "findings"), Title: "Strongest findings", Columns: []Head{{Name: "source"}, {Name: "target"}}}
	if len(words) > 0 {
		t.Columns = append(t.Columns, Head{Name: "kind"})
	}
	t.Columns = append(t.Columns, Head{Name: "begins"}, Head{Name: "lasts", Align: Right}, Head{Name: "score", Align: Right}, Head{Name: "records", Align: Right}, Head{Name: "why", Align: Wide})
	when := func(i int) (begins, lasts Cell) {
		if f.start != nil && !f.start.IsNull(i) {
			begins = plain(moment(f.start.Ints[i]))
			if f.end != nil && !f.end.IsNull(i) {
				length := float64(f.end.Ints[i]-f.start.Ints[i]) / 1e6
				lasts = cell(seconds(length), length)
			}
		}
		return begins, lasts
	}
	for _, i := range f.strongest(rows, detectorFindings) {
		row := []Cell{b.hostCell(cellText(f.src, i)), plain(f.target(i))}
		if len(words) > 0 {
			row = append(row, plain(kindWords(cellText(f.kind, i))))
		}
		score := math.NaN()
		if f.score != nil {
			score = f.score.Float(i)
		}
		begins, lasts := when(i)
		t.Add(append(row, begins, lasts, num(score), count(f.size(i)), plain(f.why(i, allReasons)))...)
	}
	if rest := len(rows) - len(t.Rows); rest > 0 {
		t.Note = fmt.Sprintf("One finding a subject and kind. All are in alerts.arrow: %s more.", whole(int64(rest)))
	}
	s.Tables = []*Table{t}
	return s
}

// kindWords writes a kind of findings as words.
func kindWords(kind string) string { return strings.ReplaceAll(kind, "_", " ") }

// sortedBy returns the keys, those of most first.
func sortedBy(n map[string]int64) []string {
	var keys []string
	for k := range n {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(p, q string) int { return cmp.Or(cmp.Compare(n[q], n[p]), strings.Compare(p, q)) })
	return keys
}

// alertCounts is the table of alerts by detector, features and window.
func (b *builder) alertCounts() *Table {
	t := b.table("alert_counts")
	if t == nil || t.Column("features") == nil || numeric(t, "alerts") == nil {
		return nil
	}
	out := &Table{ID: b.id("detectors", "counts"), Title: "Records flagged, by detector and what it judges by", Columns: []Head{{Name: "detector"}, {Name: "features or kind"}, {Name: "window"},
		{Name: "records flagged", Align: Right}, {Name: "share", Align: Right}, {Name: "findings", Align: Right, Doc: "Subjects accused, each in one window."}},
		Note: "The IQR test, the classic baseline, is counted with several choices of features. Window mode seed closes a window as the original program did, tumbling every 10 seconds."}
	all := float64(b.records())
	text := func(name string, i int) string { return cellText(t.Column(name), i) }
	for i := range t.Len() {
		n := numeric(t, "alerts").Float(i)
		findings, part := Cell{}, math.NaN()
		if c := numeric(t, "findings"); c != nil {
			findings = num(c.Float(i))
		}
		if all > 0 {
			part = n / all
		}
		out.Add(plain(text("detector", i)), plain(strings.ReplaceAll(text("features", i), ",", ", ")), plain(text("window_mode", i)), num(n), share(part), findings)
	}
	return out
}

// flaggedBars draws how many records each method and detector flags.
func (b *builder) flaggedBars() *Figure {
	e := b.in.Evaluation
	if e == nil || len(e.Methods) < 2 {
		return nil
	}
	bars := &Bars{Kind: "method", Axis: Axis{Label: "records flagged"}}
	most := 0
	for i, m := range e.Methods[:min(len(e.Methods), barsShown)] {
		hue := First
		if !strings.Contains(m.Name, ".") {
			hue = First + 1
		}
		bars.Names, bars.Values, bars.Hues = append(bars.Names, m.Name), append(bars.Values, float64(m.Flagged.Records)), append(bars.Hues, hue)
		if bars.Values[i] > bars.Values[most] {
			most = i
		}
	}
	bars.Axis.Symlog = symlogFor(bars.Values)
	f := &Figure{ID: b.id("flagged"), Title: "Records flagged by methods and detectors", Plot: bars,
		Caption: fmt.Sprintf("Of %s. Blue: methods over tables; orange: detectors.", plural(e.Records, "record", "records")),
		Alt:     fmt.Sprintf("%s flags most: %s.", bars.Names[most], plural(int64(bars.Values[most]), "record", "records"))}
	if bars.Axis.Symlog > 0 {
		f.Caption += " The axis is logarithmic away from 0."
	}
	return f
}

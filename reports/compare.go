package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"toolkit/features"
	"toolkit/internal/run"
)

// A Comparison says how runs differ: what they were made of, with which
// parameters, and what came of them. Slices of values are in the order of
// Runs; a value that a run doesn't have is "" or nil.
type Comparison struct {
	Runs    []string      `json:"runs"`
	Inputs  []Difference  `json:"inputs"`     // SHA-256 by path, those that differ
	Params  []Difference  `json:"parameters"` // by command and name, those that differ
	Metrics []Metric      `json:"metrics"`    // all
	Alerts  []AlertChange `json:"alerts"`     // of each run after the first, by detector
}

// A Difference is a name that has other values in other runs.
type Difference struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// A Metric is a figure of a method.
type Metric struct {
	Method string     `json:"method"`
	Name   string     `json:"metric"`
	Values []*float64 `json:"values"`
}

// An AlertChange says which alerts of a detector came and went from the first
// run to another. Alerts are the same if detector, kind, subject and start are.
type AlertChange struct {
	Run      string   `json:"run"`
	Detector string   `json:"detector"`
	Same     int      `json:"same"`
	Came     int      `json:"came"`
	Went     int      `json:"went"`
	New      []string `json:"new,omitempty"`  // the first of those that came, in words
	Gone     []string `json:"gone,omitempty"` // … and of those that went
}

// shownAlerts is how many alerts are named of those that came, and that went.
const shownAlerts = 20

// Compare compares runs, which go by their names.
func Compare(names []string, runs []*Input) *Comparison {
	c := &Comparison{Runs: names}
	c.Inputs = differences(runs, func(r *run.Run, of map[string]string) {
		for _, f := range r.Inputs {
			of[f.Path] = f.SHA256
		}
	}, true)
	c.Params = differences(runs, func(r *run.Run, of map[string]string) {
		of[r.Command+" seed"] = fmt.Sprint(r.Seed)
		of[r.Command+" version"] = r.Version
		for _, p := range r.Params {
			if name := p.Name[strings.LastIndexByte(p.Name, '.')+1:]; !slices.Contains(withoutEffect, name) {
				of[r.Command+" "+p.Name] = p.Value
			}
		}
	}, false)
	c.metrics(runs)
	for i := 1; i < len(runs); i++ {
		c.alerts(names[i], runs[0].Tables["alerts"], runs[i].Tables["alerts"])
	}
	return c
}

// differences returns the names whose values are not the same in all runs. Of
// inputs, what one command made for the next is left out.
func differences(runs []*Input, gather func(r *run.Run, of map[string]string), inputs bool) []Difference {
	all := make([]map[string]string, len(runs))
	keys := map[string]bool{}
	for i, in := range runs {
		all[i] = map[string]string{}
		if in.Manifest == nil {
			continue
		}
		for _, r := range in.Manifest.Runs {
			gather(r, all[i])
		}
		for k := range all[i] {
			if inputs && in.Manifest.Made(k) != nil {
				delete(all[i], k)
				continue
			}
			keys[k] = true
		}
	}
	var out []Difference
	for k := range keys {
		d := Difference{Name: k}
		for _, of := range all {
			d.Values = append(d.Values, of[k])
		}
		if len(slices.Compact(slices.Clone(d.Values))) > 1 {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Difference) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// metrics gathers the figures of all methods.
func (c *Comparison) metrics(runs []*Input) {
	at := map[string]int{}
	add := func(i int, method, name string, v *float64) {
		k := method + "\x00" + name
		j, ok := at[k]
		if !ok {
			j = len(c.Metrics)
			at[k] = j
			c.Metrics = append(c.Metrics, Metric{method, name, make([]*float64, len(runs))})
		}
		c.Metrics[j].Values[i] = v
	}
	for i, in := range runs {
		if in.Evaluation == nil {
			continue
		}
		for _, m := range in.Evaluation.Methods {
			n := float64(m.Flagged.Records)
			add(i, m.Name, "flagged records", &n)
			if d := m.Detection; d != nil {
				add(i, m.Name, "precision", d.Precision)
				add(i, m.Name, "recall", d.Recall)
				add(i, m.Name, "F1", d.F1)
				add(i, m.Name, "AUROC", d.AUROC)
				add(i, m.Name, "AUPR", d.AUPR)
			}
			if k := m.Clusters; k != nil {
				add(i, m.Name, "ARI", &k.ARI)
			}
		}
	}
}

// alerts compares the alerts of a run with those of the first.
func (c *Comparison) alerts(name string, first, other *features.Table) {
	a, b := alertKeys(first), alertKeys(other)
	var detectors []string
	for _, set := range []map[string]map[string]bool{a, b} {
		for d := range set {
			detectors = append(detectors, d)
		}
	}
	slices.Sort(detectors)
	for _, d := range slices.Compact(detectors) {
		ch := AlertChange{Run: name, Detector: d}
		for k := range b[d] {
			if a[d][k] {
				ch.Same++
			} else {
				ch.New = append(ch.New, k)
			}
		}
		for k := range a[d] {
			if !b[d][k] {
				ch.Gone = append(ch.Gone, k)
			}
		}
		ch.Came, ch.Went = len(ch.New), len(ch.Gone)
		ch.New, ch.Gone = firstOf(ch.New), firstOf(ch.Gone)
		c.Alerts = append(c.Alerts, ch)
	}
}

func firstOf(keys []string) []string {
	slices.Sort(keys)
	return keys[:min(len(keys), shownAlerts)]
}

// alertKeys returns the alerts of each detector, in words.
func alertKeys(t *features.Table) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	if t == nil {
		return out
	}
	var parts []*features.Column
	for _, name := range []string{"start", "kind", "src_ip", "dst_ip", "dst_port"} {
		if col := t.Column(name); col != nil {
			parts = append(parts, col)
		}
	}
	detector := t.Column("detector")
	for i := range t.Len() {
		var words []string
		for _, col := range parts {
			switch {
			case col.IsNull(i):
			case col.Type == features.Time:
				words = append(words, moment(col.Ints[i]))
			default:
				words = append(words, col.String(i))
			}
		}
		d := detector.String(i)
		if out[d] == nil {
			out[d] = map[string]bool{}
		}
		out[d][strings.Join(words, " ")] = true
	}
	return out
}

// Report makes a report of the comparison.
func (c *Comparison) Report(version string) *Report {
	r := &Report{Title: "Runs compared", Subtitle: strings.Join(c.Runs, ", "), Version: version}
	add := func(id, title, none string, t *Table) {
		s := &Section{ID: id, Title: title}
		if len(t.Rows) == 0 {
			s.Text = []Para{{Text: none}}
		} else {
			s.Tables = []*Table{t}
		}
		r.Sections = append(r.Sections, s)
	}
	byRun := func(id string, align Align, first ...Head) *Table {
		t := &Table{ID: id, Columns: first}
		for _, name := range c.Runs {
			t.Columns = append(t.Columns, Head{Name: name, Align: align})
		}
		return t
	}
	inputs := byRun("inputs-table", Left, Head{Name: "input"})
	for _, d := range c.Inputs {
		inputs.Add(append([]Cell{plain(d.Name)}, plains(shortened(d.Values))...)...)
	}
	add("inputs", "Inputs that differ", "All runs read the same inputs.", inputs)
	params := byRun("parameters-table", Wide, Head{Name: "parameter"})
	for _, d := range c.Params {
		params.Add(append([]Cell{plain(d.Name)}, plains(d.Values)...)...)
	}
	add("parameters", "Parameters that differ", "All runs have the same parameters.", params)
	metrics := byRun("metrics-table", Right, Head{Name: "method"}, Head{Name: "figure"})
	metrics.Note = "Flagged records, and where there are labels how right the method is."
	for _, m := range c.Metrics {
		row := []Cell{plain(m.Method), plain(m.Name)}
		for _, v := range m.Values {
			row = append(row, figure(v))
		}
		metrics.Add(row...)
	}
	add("metrics", "What came of the methods", "No run has been evaluated: toolkit evaluate does so.", metrics)
	alerts := &Table{ID: "alerts-table", Note: "Since " + c.Runs[0] + ". Alerts are the same if detector, kind, addresses, port and start are.",
		Columns: []Head{{Name: "run"}, {Name: "detector"}, {Name: "same", Align: Right}, {Name: "came", Align: Right}, {Name: "went", Align: Right}}}
	changes := &Section{ID: "changes", Title: "Alerts that came and went"}
	for _, a := range c.Alerts {
		alerts.Add(plain(a.Run), plain(a.Detector), count(int64(a.Same)), count(int64(a.Came)), count(int64(a.Went)))
		for _, list := range []struct {
			what string
			n    int
			of   []string
		}{{"came", a.Came, a.New}, {"went", a.Went, a.Gone}} {
			if list.n > 0 {
				changes.Text = append(changes.Text, Para{Text: fmt.Sprintf("%s, %s: %s %s; the first:", a.Run, a.Detector, whole(int64(list.n)), list.what), Items: list.of})
			}
		}
	}
	add("alerts", "Alerts", "No run has alerts.", alerts)
	if len(changes.Text) > 0 {
		r.Sections = append(r.Sections, changes)
	}
	return r
}

func figure(v *float64) Cell {
	if v == nil {
		return Cell{Text: "–"}
	}
	return num(*v)
}

func plains(vs []string) []Cell {
	var cells []Cell
	for _, v := range vs {
		if v == "" {
			cells = append(cells, Cell{Text: "–"})
		} else {
			cells = append(cells, plain(v))
		}
	}
	return cells
}

// shortened cuts hashes to what tells them apart at a glance.
func shortened(vs []string) []string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = v[:min(len(v), 12)]
	}
	return out
}

// Text writes the comparison as lines for a terminal.
func (c *Comparison) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Runs: %s\n", strings.Join(c.Runs, ", "))
	list := func(title string, ds []Difference, short bool) {
		if len(ds) == 0 {
			fmt.Fprintf(&b, "\n%s: none\n", title)
			return
		}
		fmt.Fprintf(&b, "\n%s\n", title)
		for _, d := range ds {
			vs := d.Values
			if short {
				vs = shortened(vs)
			}
			fmt.Fprintf(&b, "  %s: %s\n", d.Name, strings.Join(vs, " | "))
		}
	}
	list("Inputs that differ", c.Inputs, true)
	list("Parameters that differ", c.Params, false)
	fmt.Fprintf(&b, "\nFigures that differ\n")
	for _, m := range c.Metrics {
		var vs []string
		for _, v := range m.Values {
			vs = append(vs, figure(v).Text)
		}
		if len(slices.Compact(slices.Clone(vs))) > 1 {
			fmt.Fprintf(&b, "  %s, %s: %s\n", m.Method, m.Name, strings.Join(vs, " | "))
		}
	}
	for _, a := range c.Alerts {
		fmt.Fprintf(&b, "\nAlerts of %s in %s: %s as before, %s came, %s went\n", a.Detector, a.Run, whole(int64(a.Same)), whole(int64(a.Came)), whole(int64(a.Went)))
	}
	return b.String()
}

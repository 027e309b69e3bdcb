package reports

import (
	"strconv"

	"toolkit/evaluate"
)

// agreement is the section on how far methods agree with one another and with
// labels.
func (b *builder) agreement() *Section {
	s := &Section{ID: b.id("agreement"), Title: "Agreement"}
	e := b.in.Evaluation
	if e == nil || len(e.Methods) == 0 {
		s.Text = []Para{{Text: "The methods were not compared. This command does it:", Code: []string{"toolkit evaluate"}}}
		return s
	}
	if e.Labelled {
		s.Title = "Agreement and correctness"
		s.Subsections = append(s.Subsections, b.correct(e))
	}
	if f := b.flaggedBars(); f != nil {
		s.Figures = append(s.Figures, f)
	}
	if t := b.shapes(e); t != nil {
		s.Tables = append(s.Tables, t)
	}
	for _, sub := range []*Section{b.alike(e), b.holds(e)} {
		if sub != nil {
			s.Subsections = append(s.Subsections, sub)
		}
	}
	return s
}

// recalls shows the share of each label's records that each method flags,
// labels as columns unless there are more of them than methods.
func (b *builder) recalls(e *evaluate.Evaluation, methods []evaluate.Outcome) *Table {
	t := &Table{ID: b.id("labels", "recall"), Title: "Share of each label's records that is flagged", Note: "Of benign labels these are false alarms."}
	recall := func(m evaluate.Outcome, l evaluate.Label) Cell {
		for _, r := range m.Detection.ByLabel {
			if r.Label == l.Name {
				return share(r.Recall)
			}
		}
		return Cell{Text: "–"}
	}
	name := func(l evaluate.Label) string {
		if l.Anomalous {
			return l.Name
		}
		return l.Name + " (benign)"
	}
	if len(e.Labels) <= len(methods) {
		t.Columns = []Head{{Name: "method"}}
		for _, l := range e.Labels {
			t.Columns = append(t.Columns, Head{Name: name(l), Align: Right, Doc: plural(l.Records, "record", "records") + "."})
		}
		for _, m := range methods {
			row := []Cell{plain(m.Name)}
			for _, l := range e.Labels {
				row = append(row, recall(m, l))
			}
			t.Add(row...)
		}
		return t
	}
	t.Columns = []Head{{Name: "label"}, {Name: "records", Align: Right}}
	for _, m := range methods {
		t.Columns = append(t.Columns, Head{Name: m.Name, Align: Right})
	}
	for _, l := range e.Labels {
		row := []Cell{{Text: name(l), Value: l.Name}, count(l.Records)}
		for _, m := range methods {
			row = append(row, recall(m, l))
		}
		t.Add(row...)
	}
	return t
}

// fixed is a cell of a share of 1 with three decimals.
func fixed(v *float64) Cell {
	if v == nil || !finite(*v) {
		return Cell{Text: "–"}
	}
	return Cell{Text: minus(strconv.FormatFloat(*v, 'f', 3, 64)), Value: *v}
}

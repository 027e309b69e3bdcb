package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"toolkit/evaluate"
)

const pairsShown = 30 // of methods, in the table of agreement

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
	if sub := b.alike(e); sub != nil {
		s.Subsections = append(s.Subsections, sub)
	}
	return s
}

func (b *builder) alike(e *evaluate.Evaluation) *Section {
	heat := &Heat{Kind: "method"}
	place := map[string]int{}
	for _, m := range e.Methods {
		if m.Flagged.Records > 0 {
			place[m.Name] = len(heat.Names)
			heat.Names = append(heat.Names, m.Name)
		}
	}
	n := len(heat.Names)
	if n < 2 {
		return nil
	}
	for i := range n {
		row := make([]float64, n)
		for j := range row {
			row[j] = math.NaN()
		}
		row[i] = 1
		heat.Values = append(heat.Values, row)
	}
	var pairs []evaluate.Agreement
	for _, a := range e.Agreement {
		i, okA := place[a.A]
		j, okB := place[a.B]
		if a.Unit != "records" || a.Jaccard == nil || !okA || !okB {
			continue
		}
		heat.Values[i][j], heat.Values[j][i] = *a.Jaccard, *a.Jaccard
		pairs = append(pairs, a)
	}
	s := &Section{ID: b.id("agreement", "methods"), Title: "How far the methods agree"}
	if len(pairs) == 0 {
		return nil
	}
	slices.SortStableFunc(pairs, func(p, q evaluate.Agreement) int { return cmp.Compare(*q.Jaccard, *p.Jaccard) })
	s.Text = []Para{{Text: "The Jaccard index of two methods is the number of records that both flag over the number that at least one flags: 1 if they flag the same, 0 if nothing is common."}}
	best := pairs[0]
	s.Figures = []*Figure{{ID: b.id("agreement", "heat"), Title: "Jaccard index of the records flagged", Plot: heat,
		Caption: fmt.Sprintf("n = %s. Methods that flag nothing are left out.", plural(e.Records, "record", "records")),
		Alt:     fmt.Sprintf("%s and %s agree best, with %.2f.", best.A, best.B, *best.Jaccard)}}
	t := &Table{ID: b.id("agreement", "pairs"), Title: "Pairs of methods, those that agree best first", Columns: []Head{{Name: "method"}, {Name: "other"},
		{Name: "both", Align: Right}, {Name: "only the first", Align: Right}, {Name: "only the other", Align: Right}, {Name: "Jaccard", Align: Right}}}
	for _, a := range pairs[:min(len(pairs), pairsShown)] {
		t.Add(plain(a.A), plain(a.B), count(a.Both), count(a.OnlyA), count(a.OnlyB), fixed(a.Jaccard))
	}
	if rest := len(pairs) - pairsShown; rest > 0 {
		t.Note = fmt.Sprintf("%s more are in the figure.", plural(int64(rest), "pair", "pairs"))
	}
	s.Tables = []*Table{t}
	return s
}

// correct compares methods with labels.
func (b *builder) correct(e *evaluate.Evaluation) *Section {
	s := &Section{ID: b.id("labels", "detection"), Title: "How far the methods are right"}
	s.Text = []Para{{Text: fmt.Sprintf("%s of %s are anomalous by their labels (%s).", whole(e.Anomalous), plural(e.Records, "record", "records"), percent(float64(e.Anomalous)/math.Max(1, float64(e.Records))))}}
	t := &Table{ID: b.id("labels", "scores"), Title: "Methods against the labels, by record", Columns: []Head{{Name: "method"},
		{Name: "precision", Align: Right, Doc: "Share of what is flagged that is anomalous."}, {Name: "recall", Align: Right, Doc: "Share of what is anomalous that is flagged."},
		{Name: "F1", Align: Right}, {Name: "AUROC", Align: Right}, {Name: "AUPR", Align: Right, Doc: "Average precision."},
		{Name: "right", Align: Right, Doc: "True positives."}, {Name: "false alarms", Align: Right}, {Name: "missed", Align: Right}},
		Note: "AUROC and AUPR are of the scores, of the flags where a method has none. – is undefined."}
	var with []evaluate.Outcome
	for _, m := range e.Methods {
		if d := m.Detection; d != nil {
			t.Add(plain(m.Name), fixed(d.Precision), fixed(d.Recall), fixed(d.F1), fixed(d.AUROC), fixed(d.AUPR), count(d.TruePositives), count(d.FalsePositives), count(d.FalseNegatives))
			with = append(with, m)
		}
	}
	if len(t.Rows) > 0 {
		s.Tables = append(s.Tables, t, b.recalls(e, with))
	}
	c := &Table{ID: b.id("labels", "clusters"), Title: "Clusters against the labels, by record", Columns: []Head{{Name: "method"}, {Name: "clusters", Align: Right}, {Name: "noise", Align: Right},
		{Name: "ARI", Align: Right, Doc: "Adjusted Rand index (Hubert & Arabie 1985)."}, {Name: "AMI", Align: Right, Doc: "Adjusted mutual information (Vinh et al. 2010)."}},
		Note: "Both are 1 if clusters and labels part the records alike, and about 0 if they have nothing in common."}
	for _, m := range e.Methods {
		if k := m.Clusters; k != nil {
			c.Add(plain(m.Name), count(int64(k.Clusters)), count(k.Noise), fixed(&k.ARI), fixed(&k.AMI))
		}
	}
	if len(c.Rows) > 0 {
		s.Tables = append(s.Tables, c)
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

package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"toolkit/evaluate"
)

const (
	attacksShown   = 30 // of the figure and its table
	attacksMethods = 40
)

// attacks is the subsection on which attacks were found, and how soon; nil
// without any.
func (b *builder) attacks(e *evaluate.Evaluation, methods []evaluate.Outcome) *Section {
	methods = slices.DeleteFunc(slices.Clone(methods), func(m evaluate.Outcome) bool {
		return m.Detection.Events == nil || len(m.Detection.Events.Outcomes) != len(e.Events)
	})
	if len(e.Events) == 0 || len(methods) == 0 {
		return nil
	}
	s := &Section{ID: b.id("labels", "attacks"), Title: "Attacks found, and how soon"}
	s.Text = []Para{{Text: fmt.Sprintf("An attack is the records of one anomalous label from one source, each within ten minutes of the next: there are %s. It is found by a method that flags any of its records. A false window is one without an anomalous record in which a method flags something.", whole(int64(len(e.Events))))}}
	t := &Table{ID: b.id("attacks", "methods"), Title: "Methods by attack", Columns: []Head{{Name: "method"}, {Name: "found", Align: Right}, {Name: "of", Align: Right}, {Name: "recall", Align: Right},
		{Name: "median time to the first alert", Align: Right, Doc: "From the window in which the attack begins to that of the first record flagged."}, {Name: "false windows", Align: Right}, {Name: "share", Align: Right, Doc: "Of the windows without an anomalous record."}}}
	for _, m := range methods {
		v := m.Detection.Events
		delay, rate := Cell{Text: "–"}, math.NaN()
		if v.MedianDelay != nil {
			delay = Cell{Text: seconds(float64(*v.MedianDelay)), Value: *v.MedianDelay}
		}
		if v.QuietWindows > 0 {
			rate = float64(v.FalseWindows) / float64(v.QuietWindows)
		}
		t.Add(plain(m.Name), count(int64(v.Found)), count(int64(v.Of)), fixed(v.Recall), delay, count(v.FalseWindows), share(rate))
	}
	slices.SortStableFunc(t.Rows, func(p, q []Cell) int {
		return cmp.Or(cmp.Compare(q[1].Value.(int64), p[1].Value.(int64)), cmp.Compare(p[5].Value.(int64), q[5].Value.(int64)))
	})
	largest := make([]int, len(e.Events))
	for i := range largest {
		largest[i] = i
	}
	slices.SortStableFunc(largest, func(i, j int) int { return cmp.Compare(e.Events[j].Records, e.Events[i].Records) })
	largest = largest[:min(len(largest), attacksShown)]
	slices.Sort(largest)
	list := &Table{ID: b.id("attacks", "list"), Title: "Attacks", Columns: []Head{{Name: "attack", Align: Right}, {Name: "label"}, {Name: "begins"}, {Name: "ends"}, {Name: "records", Align: Right}, {Name: "found by", Align: Right, Doc: "Methods that flag any of it."}, {Name: "first by"}, {Name: "after", Align: Right}}}
	g := &Grid{Row: "method", Column: "attack", V: Axis{Label: "share of the attack's records flagged", Kind: Percent}, Most: 1}
	for _, m := range methods[:min(len(methods), attacksMethods)] {
		g.Rows = append(g.Rows, m.Name)
		row := make([]float64, len(largest))
		for k, i := range largest {
			row[k] = float64(m.Detection.Events.Outcomes[i].Flagged) / math.Max(1, float64(e.Events[i].Records))
		}
		g.Values = append(g.Values, row)
	}
	for _, i := range largest {
		v := e.Events[i]
		found, first, soonest := int64(0), "", int64(0)
		for _, m := range methods {
			if d := m.Detection.Events.Outcomes[i].Delay; d != nil {
				found++
				if first == "" || *d < soonest {
					first, soonest = m.Name, *d
				}
			}
		}
		after := Cell{Text: "–"}
		if first != "" {
			after = Cell{Text: seconds(float64(soonest)), Value: soonest}
		}
		g.Columns = append(g.Columns, strconv.Itoa(i+1))
		list.Add(count(int64(i+1)), plain(v.Label), plain(moment(v.Start*1e6)), plain(moment(v.End*1e6)), count(v.Records), count(found), plain(first), after)
	}
	if rest := len(e.Events) - len(largest); rest > 0 {
		list.Note = fmt.Sprintf("The %d largest; %s more are in evaluation.json.", len(largest), whole(int64(rest)))
	}
	s.Figures = []*Figure{{ID: b.id("attacks", "found"), Title: "How much of each attack is flagged", Plot: g,
		Caption: fmt.Sprintf("The %d largest of %s, by the numbers of the table of attacks. A flag of benign records is not seen here.", len(largest), plural(int64(len(e.Events)), "attack", "attacks")),
		Alt:     fmt.Sprintf("Rows are methods, columns attacks; %s finds most: %s.", t.Rows[0][0].Text, t.Rows[0][1].Text)}}
	s.Tables = []*Table{t, list}
	return s
}

package evaluate

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"toolkit/internal/prose"
)

const (
	textWidth = 100 // columns of a terminal that lines stay within
	nameWidth = 23  // of the name of a method or label; longer ones lose their middle
	maxLabels = 30  // that recall is shown for
)

// WriteText writes e as tables for a terminal, within 100 columns. Methods
// are numbered in the first table and go by these numbers in the others.
// Characters in names that can't be printed are shown as "?".
func WriteText(w io.Writer, e *Evaluation) error {
	t := &text{Writer: bufio.NewWriter(w), e: e}
	t.heading()
	t.methods()
	t.detection()
	t.recalls()
	t.noise()
	t.clusters()
	t.internal()
	t.agreement()
	t.ranks()
	t.stability()
	return t.Flush()
}

type text struct {
	*bufio.Writer
	e *Evaluation
}

func (t *text) heading() {
	fmt.Fprintf(t, "%s records", whole(t.e.Records))
	switch {
	case !t.e.Labelled:
		fmt.Fprint(t, ", without labels: methods are compared with one another only")
	case t.e.Anomalous == 0:
		fmt.Fprint(t, ", all benign by their labels: there is nothing to find, AUROC and AUPR are undefined")
	case t.e.Anomalous == t.e.Records:
		fmt.Fprint(t, ", all anomalous by their labels: no alarm is false, AUROC and AUPR are undefined")
	default:
		fmt.Fprintf(t, ", %s of them anomalous (%s %%)", whole(t.e.Anomalous),
			strconv.FormatFloat(100*float64(t.e.Anomalous)/float64(t.e.Records), 'f', 2, 64))
	}
	fmt.Fprintln(t)
}

func (t *text) methods() {
	if len(t.e.Methods) == 0 {
		return
	}
	head := []string{"", "method", "records", "pairs", "hosts"}
	if t.e.Labelled {
		head = append(head, "prec.", "recall", "F1", "AUROC", "AUPR")
	}
	g := prose.Grid{Head: head, Left: 2}
	var notes []string
	for i, m := range t.e.Methods {
		row := []string{number(i), name(m.Name), whole(m.Flagged.Records), whole(m.Flagged.Pairs), whole(m.Flagged.Hosts)}
		if d := m.Detection; d != nil {
			row = append(row, share(d.Precision), share(d.Recall), share(d.F1), share(d.AUROC), share(d.AUPR))
		}
		g.Rows = append(g.Rows, row)
		note := m.Rule
		if m.Unjudged > 0 {
			if note != "" {
				note += "; "
			}
			note += "records without a score: " + whole(m.Unjudged)
		}
		if note != "" {
			notes = append(notes, number(i)+"  "+note)
		}
	}
	t.title("Flagged by each method")
	g.Write(t)
	if len(notes) > 0 {
		t.title("What each method flags")
		for _, n := range notes {
			prose.Wrap(t, n, 4, textWidth)
		}
	}
}

// detection shows what labels say beyond flags: intervals, the test against
// the best, recall at few false alarms, and attacks.
func (t *text) detection() {
	g := prose.Grid{Head: []string{"", "method", "MCC", "AUPR, 95 %", "p", "recall@1%", "attacks", "delay", "false windows"}, Left: 2}
	p := map[string]string{}
	for _, x := range t.e.Tests {
		p[x.Method] = strconv.FormatFloat(x.Holm, 'g', 2, 64)
	}
	for i, m := range t.e.Methods {
		d := m.Detection
		if d == nil {
			continue
		}
		row := []string{number(i), name(m.Name), share(d.MCC), "-", "-", share(d.RecallAt1), "-", "-", "-"}
		if d.Intervals != nil && d.Intervals.AUPR != nil {
			row[3] = fmt.Sprintf("%.3f–%.3f", d.Intervals.AUPR.Low, d.Intervals.AUPR.High)
		}
		if x, ok := p[m.Name]; ok {
			row[4] = x
		}
		if e := d.Events; e != nil {
			row[6] = fmt.Sprintf("%d of %d", e.Found, e.Of)
			if e.MedianDelay != nil {
				row[7] = fmt.Sprintf("%d s", *e.MedianDelay)
			}
			row[8] = fmt.Sprintf("%d of %d", e.FalseWindows, e.QuietWindows)
		}
		g.Rows = append(g.Rows, row)
	}
	if len(g.Rows) == 0 || t.e.Anomalous == 0 {
		return
	}
	t.title("Against labels: interval of AUPR; p that it equals the best one's; recall with 1 % of benign records\n" +
		"flagged; attacks found, median delay of the first alert; windows without attack that have an alert")
	g.Write(t)
}

// recalls shows the share of each label that each method flags.
func (t *text) recalls() {
	labels := t.e.Labels
	more := len(labels) - maxLabels
	if more > 0 {
		labels = labels[:maxLabels]
	}
	var which []int
	for i, m := range t.e.Methods {
		if m.Detection != nil && m.Detection.ByLabel != nil {
			which = append(which, i)
		}
	}
	if len(labels) == 0 || len(which) == 0 {
		return
	}
	t.title("Share of each label's records that are flagged, by method (* benign: false alarms)")
	for i, part := range chunks(which, 8) {
		if i > 0 {
			fmt.Fprintln(t)
		}
		g := prose.Grid{Head: []string{"label", "records"}, Left: 1}
		for _, i := range part {
			g.Head = append(g.Head, strconv.Itoa(i+1))
		}
		for k, l := range labels {
			mark := "  "
			if !l.Anomalous {
				mark = "* "
			}
			row := []string{mark + name(l.Name), whole(l.Records)}
			for _, i := range part {
				row = append(row, strconv.FormatFloat(t.e.Methods[i].Detection.ByLabel[k].Recall, 'f', 3, 64))
			}
			g.Rows = append(g.Rows, row)
		}
		g.Write(t)
	}
	if more > 0 {
		fmt.Fprintf(t, "… and %d more labels\n", more)
	}
}

func (t *text) clusters() {
	g := prose.Grid{Head: []string{"", "method", "clusters", "noise", "ARI", "AMI", "NMI", "V", "homog.", "complete."}, Left: 2}
	for i, m := range t.e.Methods {
		if c := m.Clusters; c != nil {
			g.Rows = append(g.Rows, []string{number(i), name(m.Name),
				whole(int64(c.Clusters)), whole(c.Noise), share(&c.ARI), share(&c.AMI), share(&c.NMI), share(&c.V), share(&c.Homogeneity), share(&c.Completeness)})
		}
	}
	if len(g.Rows) > 0 {
		t.title("Clusters against labels")
		g.Write(t)
	}
}

func (t *text) title(s string) { fmt.Fprintf(t, "\n%s\n", s) }

// chunks cuts list into parts of at most n.
func chunks(list []int, n int) [][]int {
	var parts [][]int
	for ; len(list) > n; list = list[n:] {
		parts = append(parts, list[:n])
	}
	return append(parts, list)
}

// number is what the i-th method goes by.
func number(i int) string { return fmt.Sprintf("%2d", i+1) }

// name returns s with no more than nameWidth characters.
func name(s string) string {
	r := []rune(prose.Printable(s))
	if len(r) <= nameWidth {
		return string(r)
	}
	const head = (nameWidth - 1) / 2
	return string(r[:head]) + "…" + string(r[len(r)-(nameWidth-1-head):])
}

// share shows a figure with 4 decimals, one that is undefined as "-".
func share(f *float64) string {
	if f == nil {
		return "-"
	}
	return strconv.FormatFloat(*f, 'f', 4, 64)
}

// whole shows a number with commas between its thousands.
func whole(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

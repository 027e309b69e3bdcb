package evaluate

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
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
	t.clusters()
	t.agreement()
	t.ranks()
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
	g := grid{head: head, left: 2}
	var notes []string
	for i, m := range t.e.Methods {
		row := []string{number(i), name(m.Name), whole(m.Flagged.Records), whole(m.Flagged.Pairs), whole(m.Flagged.Hosts)}
		if d := m.Detection; d != nil {
			row = append(row, share(d.Precision), share(d.Recall), share(d.F1), share(d.AUROC), share(d.AUPR))
		}
		g.rows = append(g.rows, row)
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
	g.write(t)
	if len(notes) > 0 {
		t.title("What each method flags")
		for _, n := range notes {
			wrap(t, n, 4)
		}
	}
}

// detection shows what labels say beyond flags: intervals, the test against
// the best, recall at few false alarms, and attacks.
func (t *text) detection() {
	g := grid{head: []string{"", "method", "MCC", "AUPR, 95 %", "p", "recall@1%", "attacks", "delay", "false windows"}, left: 2}
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
		g.rows = append(g.rows, row)
	}
	if len(g.rows) == 0 || t.e.Anomalous == 0 {
		return
	}
	t.title("Against labels: interval of AUPR; p that it equals the best one's; recall with 1 % of benign records\n" +
		"flagged; attacks found, median delay of the first alert; windows without attack that have an alert")
	g.write(t)
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
		g := grid{head: []string{"label", "records"}, left: 1}
		for _, i := range part {
			g.head = append(g.head, strconv.Itoa(i+1))
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
			g.rows = append(g.rows, row)
		}
		g.write(t)
	}
	if more > 0 {
		fmt.Fprintf(t, "… and %d more labels\n", more)
	}
}

func (t *text) clusters() {
	g := grid{head: []string{"", "method", "clusters", "noise", "ARI", "AMI", "NMI", "V", "homog.", "complete."}, left: 2}
	for i, m := range t.e.Methods {
		if c := m.Clusters; c != nil {
			g.rows = append(g.rows, []string{number(i), name(m.Name),
				whole(int64(c.Clusters)), whole(c.Noise), share(&c.ARI), share(&c.AMI), share(&c.NMI), share(&c.V), share(&c.Homogeneity), share(&c.Completeness)})
		}
	}
	if len(g.rows) > 0 {
		t.title("Clusters against labels")
		g.write(t)
	}
}

// agreement shows the Jaccard indices of records, each once.
func (t *text) agreement() {
	figures := map[[2]string]*float64{}
	for _, a := range t.e.Agreement {
		if a.Unit == UnitRecords {
			figures[[2]string{a.A, a.B}] = a.Jaccard
		}
	}
	t.triangle("Agreement of methods in records (Jaccard index)", figures)
}

// ranks shows the rank correlations of scores, each once.
func (t *text) ranks() {
	figures := map[[2]string]*float64{}
	for _, r := range t.e.Ranks {
		figures[[2]string{r.A, r.B}] = r.Spearman
	}
	t.triangle("Agreement of scores (Spearman's rank correlation)", figures)
}

// triangle shows a figure of every two methods.
func (t *text) triangle(title string, of map[[2]string]*float64) {
	at := map[string]int{}
	for i, m := range t.e.Methods {
		at[m.Name] = i
	}
	figure := map[[2]int]string{}
	in := map[int]bool{}
	for k, f := range of {
		i, j := at[k[0]], at[k[1]]
		figure[[2]int{i, j}] = share(f)
		in[i], in[j] = true, true
	}
	var which []int
	for i := range t.e.Methods {
		if in[i] {
			which = append(which, i)
		}
	}
	if len(which) < 2 {
		return
	}
	t.title(title)
	for i, part := range chunks(which[1:], 8) {
		if i > 0 {
			fmt.Fprintln(t)
		}
		g := grid{head: []string{"", "method"}, left: 2}
		for _, j := range part {
			g.head = append(g.head, strconv.Itoa(j+1))
		}
		for _, i := range which {
			if i >= part[len(part)-1] {
				break
			}
			row := []string{number(i), name(t.e.Methods[i].Name)}
			for _, j := range part {
				row = append(row, figure[[2]int{i, j}])
			}
			g.rows = append(g.rows, row)
		}
		g.write(t)
	}
}

func (t *text) title(s string) { fmt.Fprintf(t, "\n%s\n", s) }

// A grid is a table whose first columns are aligned left, the others right.
type grid struct {
	head []string
	rows [][]string
	left int
}

func (g *grid) write(w io.Writer) {
	width := make([]int, len(g.head))
	all := append([][]string{g.head}, g.rows...)
	for _, row := range all {
		for j, s := range row {
			width[j] = max(width[j], utf8.RuneCountInString(s))
		}
	}
	for _, row := range all {
		var line strings.Builder
		for j, s := range row {
			pad := strings.Repeat(" ", width[j]-utf8.RuneCountInString(s))
			if j < g.left {
				s += pad
			} else {
				s = pad + s
			}
			if j > 0 {
				line.WriteString("  ")
			}
			line.WriteString(s)
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// wrap writes s in lines of textWidth, those after the first indented.
func wrap(w io.Writer, s string, indent int) {
	line := ""
	for i, word := range strings.SplitAfter(printable(s), " ") {
		if i > 0 && utf8.RuneCountInString(line)+utf8.RuneCountInString(strings.TrimRight(word, " ")) > textWidth {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
			line = strings.Repeat(" ", indent)
		}
		line += word
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}

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
	r := []rune(printable(s))
	if len(r) <= nameWidth {
		return string(r)
	}
	const head = (nameWidth - 1) / 2
	return string(r[:head]) + "…" + string(r[len(r)-(nameWidth-1-head):])
}

// printable takes out of s what could move the cursor of a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
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

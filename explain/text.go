package explain

import (
	"fmt"
	"io"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"toolkit/features"
	"toolkit/internal/prose"
)

const (
	textWidth    = 100 // columns of a terminal that lines stay within
	windowsShown = 24
	columnsShown = 12 // beside which normal rows are shown
	sharesShown  = 6
	leastShare   = 0.01 // that is said
	fewAlerts    = 20   // of a kind, among which a place means little
)

// words says a change.
func (c *Change) words() string {
	from, to := prose.Value(float64(c.From), c.unit), prose.Value(float64(c.To), c.unit)
	return fmt.Sprintf("%s %s instead of %s", c.Column, to, from)
}

// WriteText writes e for a terminal, in lines of at most 100 characters.
func (e *Explanation) WriteText(w io.Writer) {
	t := &printer{w, e}
	t.head()
	t.alerts()
	for _, r := range e.Rows {
		t.row(r)
	}
	t.changes()
	for _, r := range e.Rows {
		t.nearest(r)
	}
	t.timeline()
	t.tops("Peers", "destination", "ports", e.Peers)
	t.tops("Ports", "destination port", "peers", e.Ports)
	t.tops("Sources", "source", "ports", e.Sources)
	t.records()
	if len(e.Notes) > 0 {
		fmt.Fprintln(w)
	}
	for _, n := range e.Notes {
		t.wrap(n, 0)
	}
}

// A printer writes the parts of an explanation.
type printer struct {
	io.Writer
	e *Explanation
}

func (t *printer) wrap(s string, indent int) { prose.Wrap(t, s, indent, textWidth) }

func (t *printer) title(s string) {
	fmt.Fprintln(t)
	t.wrap(s, 0)
}

func moment(at time.Time) string { return at.Format("2006-01-02 15:04:05") }

// span writes from when to when, the day once.
func span(a, b time.Time) string {
	if a.Equal(b) {
		return moment(a)
	}
	if a.Format(time.DateOnly) == b.Format(time.DateOnly) {
		return moment(a) + " to " + b.Format(time.TimeOnly)
	}
	return moment(a) + " to " + moment(b)
}

func plural(n int64, one string) string { return prose.Plural(n, one, one+"s") }

// percentile writes a share of what is lower; it never says that all are.
func percentile(p Number) string {
	if !finite(float64(p)) {
		return "–"
	}
	v := 100 * float64(p)
	s := strconv.FormatFloat(v, 'f', 1, 64)
	switch {
	case v > 99.99:
		s = "> 99.99"
	case v > 99:
		s = strconv.FormatFloat(math.Floor(v*100)/100, 'f', 2, 64)
	}
	return s + prose.NBSP + "%"
}

func percent(p Number) string {
	if !finite(float64(p)) {
		return "–"
	}
	return strconv.FormatFloat(100*float64(p), 'f', 0, 64) + prose.NBSP + "%"
}

func (t *printer) head() {
	e := t.e
	s := e.Subject
	switch s.Kind {
	case AlertKind:
		a := e.Alerts[0]
		t.wrap(strings.TrimSpace(fmt.Sprintf("Alert %d: %s %s %s", *s.Alert, a.Detector, a.Kind, a.Worst.who())), 2)
	case PairKind:
		t.wrap("Pair "+s.String(), 2)
	default:
		t.wrap("Host "+s.String(), 2)
	}
	if tr := e.Traffic; tr != nil {
		what := ""
		if s.Kind == AlertKind {
			what = "flows of its records: "
		}
		line := fmt.Sprintf("  %s%s to %s on %s, %s sent, %s received", what, plural(tr.Records, "record"), prose.Plural(int64(tr.Peers), "address", "addresses"),
			plural(int64(tr.Ports), "port"), prose.Value(float64(tr.BytesUp), features.Bytes), prose.Value(float64(tr.BytesDown), features.Bytes))
		if tr.InRecords > 0 {
			line += fmt.Sprintf("; %s to it from %s", plural(tr.InRecords, "record"), prose.Plural(int64(tr.InPeers), "address", "addresses"))
		}
		t.wrap(line+"; "+span(tr.First, tr.Last)+" UTC", 2)
	}
	if a := e.Accused; a.OfMethods+a.OfDetectors > 0 {
		t.wrap(fmt.Sprintf("  accused by %d of %s and by %d of %s", a.Detectors, plural(int64(a.OfDetectors), "detector"), a.Methods, plural(int64(a.OfMethods), "method")), 2)
	}
	if tr := e.Trust; tr != nil {
		line := fmt.Sprintf("  trust %.4g, above %s of the %s", float64(tr.Trust), percentile(tr.Percentile), tr.Of)
		var by []string
		for _, s := range tr.Shares[:min(len(tr.Shares), sharesShown)] {
			if s.Share < leastShare && by != nil {
				break
			}
			by = append(by, s.Name+" "+percent(s.Share))
		}
		if by != nil {
			line += ", by " + strings.Join(by, ", ")
		}
		t.wrap(line, 2)
	}
}

func (t *printer) alerts() {
	e := t.e
	if len(e.Alerts) == 0 {
		return
	}
	titles := [3]string{"Alerts", "Alerts about what was sent to it", "Other alerts of its records"}
	shown := ""
	for k, g := range e.Alerts {
		title := titles[0]
		switch {
		case g.Against:
			title = titles[1]
		case e.Subject.Kind == AlertKind && k > 0:
			title = titles[2]
		}
		if title != shown {
			t.title(title)
			shown = title
		}
		t.group(g)
	}
}

// group writes the alerts of a detector and kind.
func (t *printer) group(g *Alerts) {
	name := strings.TrimSpace(g.Detector + " " + g.Kind)
	line := fmt.Sprintf("  %s: %s, %s, %s", name, plural(int64(g.Alerts), "alert"), plural(int64(g.Records), "record"), span(g.First, g.Last))
	if finite(float64(g.Percentile)) {
		line += "; more than " + percentile(g.Percentile) + " of hosts"
	}
	if finite(float64(g.Trust)) {
		line += "; " + percent(g.Trust) + " of the trust"
	}
	t.wrap(line, 4)
	a := g.Worst
	what := "    "
	if g.Alerts > 1 {
		what += "the highest: "
	}
	place := func(p Number, among string) string {
		if a.OfKind < fewAlerts {
			return ""
		}
		return fmt.Sprintf(" (above %s of %s)", percentile(p), among)
	}
	t.wrap(fmt.Sprintf("%salert %d %s, score %s%s", what, a.Alert, a.who(), prose.Human(float64(a.Score)), place(a.Percentile, "its kind")), 6)
	for _, r := range a.Reasons {
		t.wrap("      "+r.Column+" "+r.Words+place(r.Percentile, "these alerts"), 8)
	}
}

// keyWords says which row it is.
func keyWords(keys []Key) string {
	var parts []string
	for _, k := range keys {
		parts = append(parts, k.Name+" "+k.Value)
	}
	return strings.Join(parts, ", ")
}

func (t *printer) row(r *Row) {
	line := fmt.Sprintf("In %s: row %d", r.Table, r.Row)
	if r.Rows > 1 {
		line += fmt.Sprintf(", the strangest of %s, of which %s flagged", plural(int64(r.Rows), "row"), are(r.Flagged))
	}
	t.title(line)
	t.wrap("  "+keyWords(r.Keys), 4)
	g := prose.Grid{Head: []string{"method", "", "score", "above", "rows", "trust"}, Left: 2, Indent: "  "}
	trusted := slices.ContainsFunc(r.Methods, func(m *Method) bool { return finite(float64(m.Trust)) })
	if !trusted {
		g.Head = g.Head[:5]
	}
	for _, m := range r.Methods {
		says := "normal"
		if m.Flags {
			says = "flags"
		}
		row := []string{m.Algorithm, says, prose.Human(float64(m.Score)), percentile(m.Percentile), prose.Whole(int64(m.FlaggedRows)), percent(m.Trust)}
		g.Rows = append(g.Rows, row[:len(g.Head)])
	}
	g.Write(t)
	t.reasons(r)
}

func are(n int) string {
	switch n {
	case 0:
		return "none are"
	case 1:
		return "1 is"
	}
	return prose.Whole(int64(n)) + " are"
}

// reasons writes those of the methods that flag the row, of all if none does,
// column by column.
func (t *printer) reasons(r *Row) {
	flags := slices.ContainsFunc(r.Methods, func(m *Method) bool { return m.Flags })
	type part struct {
		reason *Reason
		by     []string
		weight float64
	}
	var parts []*part
	for _, m := range r.Methods {
		if flags && !m.Flags {
			continue
		}
		for k, q := range m.Reasons {
			share := float64(q.Share)
			if k > 0 && share < leastShare {
				continue
			}
			if !finite(share) {
				share = 1 / float64(k+2)
			}
			i := slices.IndexFunc(parts, func(p *part) bool { return p.reason.Column == q.Column })
			if i < 0 {
				i = len(parts)
				parts = append(parts, &part{reason: q})
			}
			parts[i].weight += share
			by := m.Algorithm
			if finite(float64(q.Share)) {
				by += " " + percent(q.Share)
			}
			parts[i].by = append(parts[i].by, by)
		}
	}
	slices.SortStableFunc(parts, func(a, b *part) int {
		switch {
		case a.weight > b.weight:
			return -1
		case a.weight < b.weight:
			return 1
		}
		return 0
	})
	for _, p := range parts[:min(len(parts), mostReasons)] {
		line := fmt.Sprintf("  %s %s", p.reason.Column, p.reason.Words)
		if finite(float64(p.reason.Percentile)) {
			line += "; above " + percentile(p.reason.Percentile) + " of rows"
		}
		t.wrap(line+"; share: "+strings.Join(p.by, ", "), 4)
	}
}

func (t *printer) changes() {
	titled := false
	for _, r := range t.e.Rows {
		without := map[string][]string{} // methods by why there is no change
		var whys []string
		for _, m := range r.Methods {
			if m.Change == nil {
				continue
			}
			if !titled {
				t.title("What would have made it normal: the smallest change of one feature, all others as they are")
				titled = true
			}
			if why := m.Change.Words; !m.Change.Found {
				if without[why] == nil {
					whys = append(whys, why)
				}
				without[why] = append(without[why], m.Algorithm)
				continue
			}
			line := fmt.Sprintf("  %s: %s", m.Name, m.Change.Words)
			if m.Change.Others > 0 {
				line += fmt.Sprintf("; %s would do too, by a larger change", plural(int64(m.Change.Others), "other column"))
			}
			t.wrap(line, 4)
		}
		for _, why := range whys {
			t.wrap(fmt.Sprintf("  %s, by %s: %s", r.Table, prose.List(without[why]), why), 4)
		}
	}
}

func (t *printer) nearest(r *Row) {
	n := r.Nearest
	if n == nil {
		return
	}
	if len(n.Rows) == 0 {
		t.title("There is no normal row of " + r.Table + " beside it")
		return
	}
	title := fmt.Sprintf("The nearest normal rows of %s, in the columns of %s, scaled: %s", r.Table, n.Method, n.Scale)
	if n.Disputed {
		title += "; by other methods they are not normal, no row is by all"
	}
	t.title(title)
	g := prose.Grid{Head: []string{"", "this row"}, Left: 1, Indent: "  "}
	for k := range n.Rows {
		g.Head = append(g.Head, "("+strconv.Itoa(k+1)+")")
	}
	same := 0
	for j, name := range n.Columns {
		row := []string{name, prose.Value(float64(n.Values[j]), n.units[j])}
		differs := false
		for _, nb := range n.Rows {
			row = append(row, prose.Value(float64(nb.Values[j]), n.units[j]))
			differs = differs || nb.Values[j] != n.Values[j]
		}
		if differs && len(g.Rows) < columnsShown {
			g.Rows = append(g.Rows, row)
		} else if !differs {
			same++
		}
	}
	row := []string{"distance", ""}
	for _, nb := range n.Rows {
		row = append(row, prose.Human(float64(nb.Distance)))
	}
	g.Rows = append(g.Rows, row)
	g.Write(t)
	if same > 0 {
		t.wrap(fmt.Sprintf("  the same in %s", plural(int64(same), "other column")), 4)
	}
	for k, nb := range n.Rows {
		line := fmt.Sprintf("  (%d) row %d: %s", k+1, nb.Row, keyWords(nb.Keys))
		if nb.Equal > 1 {
			line += fmt.Sprintf("; %s like it", plural(int64(nb.Equal-1), "more row"))
		}
		t.wrap(line, 6)
	}
}

func (t *printer) timeline() {
	ws := t.e.Timeline
	if len(ws) == 0 {
		return
	}
	about := t.e.Subject.about()
	t.title("Timeline of " + about.String())
	keep := busiest(ws)
	pair := about.Kind == PairKind
	g := prose.Grid{Head: []string{"window", "", "records", "sent", "received", "peers", "ports", "to it", "alerts", "methods"}, Left: 2, Indent: "  "}
	var most int64 = 1
	for _, w := range ws {
		most = max(most, w.Records+w.InRecords)
	}
	skipped := 0
	for i, w := range ws {
		if !keep[i] {
			skipped++
			continue
		}
		row := []string{w.Start.Format("01-02 15:04:05"), bar(w.Records+w.InRecords, most), prose.Whole(w.Records),
			prose.Value(float64(w.BytesUp), features.Bytes), prose.Value(float64(w.BytesDown), features.Bytes),
			prose.Whole(w.Peers), prose.Whole(w.Ports), prose.Whole(w.InRecords), strconv.Itoa(w.Alerts), strconv.Itoa(w.Methods)}
		if pair {
			row = slices.Delete(row, 7, 8)
		}
		g.Rows = append(g.Rows, row)
	}
	if pair {
		g.Head = slices.Delete(g.Head, 7, 8)
	}
	g.Write(t)
	if skipped > 0 {
		t.wrap(fmt.Sprintf("  %s with less in them are left out; --json has all", plural(int64(skipped), "window")), 4)
	}
}

// busiest tells which windows are shown, if they are too many: those with
// most methods and alerts, and then with most records.
func busiest(ws []*Window) map[int]bool {
	at := order(len(ws))
	slices.SortStableFunc(at, func(a, b int) int {
		x, y := ws[a], ws[b]
		if d := (y.Methods + y.Alerts) - (x.Methods + x.Alerts); d != 0 {
			return d
		}
		return int(y.Records + y.InRecords - x.Records - x.InRecords)
	})
	keep := map[int]bool{}
	for _, i := range at[:min(len(at), windowsShown)] {
		keep[i] = true
	}
	return keep
}

// bar draws a share of what is the most in eight characters.
func bar(n, most int64) string {
	const width = 8
	eighths := int(math.Ceil(float64(n) / float64(most) * width * 8))
	full := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		full += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return full
}

func (t *printer) tops(title, name, distinct string, tops []*Top) {
	if len(tops) == 0 {
		return
	}
	t.title(title)
	g := prose.Grid{Head: []string{name, "records", "share", "sent", "received", distinct}, Left: 1, Indent: "  "}
	for _, p := range tops {
		g.Rows = append(g.Rows, []string{p.Name, prose.Whole(p.Records), percent(p.Share), prose.Value(float64(p.BytesUp), features.Bytes),
			prose.Value(float64(p.BytesDown), features.Bytes), prose.Whole(int64(p.Distinct))})
	}
	g.Write(t)
}

func (t *printer) records() {
	rs := t.e.Records
	if rs == nil {
		return
	}
	title := "Records: " + plural(int64(rs.Total), "record")
	if len(rs.List) < rs.Total {
		title += fmt.Sprintf(", of which the %d most accused are shown (--limit)", len(rs.List))
	}
	t.title(title)
	if rs.Note != "" {
		t.wrap("  "+rs.Note, 2)
	}
	g := t.recordGrid(rs.List)
	labelled := slices.ContainsFunc(rs.List, func(r *Record) bool { return r.Label != "" })
	if labelled {
		g.Head = append(g.Head, "label")
		for i, r := range rs.List {
			g.Rows[i] = append(g.Rows[i], r.Label)
		}
	}
	g.Write(t)
}

// recordGrid shows records as the input has them, if they were read, and else
// by their addresses. What is the same in all of them is in their title.
func (t *printer) recordGrid(list []*Record) *prose.Grid {
	read := slices.ContainsFunc(list, func(r *Record) bool { return r.Line != nil })
	one := func(of func(r *Record) string) bool {
		return !slices.ContainsFunc(list, func(r *Record) bool { return of(r) != of(list[0]) })
	}
	day := one(func(r *Record) string { return r.day() })
	src, dst := one(func(r *Record) string { return r.Src }), one(func(r *Record) string { return r.Dst })
	if !read {
		g := &prose.Grid{Head: []string{"source", "destination", "record", "by"}, Left: 2, Indent: "  "}
		for _, r := range list {
			g.Rows = append(g.Rows, []string{r.Src, r.Dst, strconv.FormatInt(r.Number, 10), strconv.Itoa(r.Accusers)})
		}
		return g
	}
	same := "  "
	if src {
		same += "from " + list[0].Src + " "
	}
	if dst {
		same += "to " + list[0].Dst + " "
	}
	if day {
		same += "on " + list[0].day()
	}
	if strings.TrimSpace(same) != "" {
		t.wrap(strings.TrimRight(same, " "), 2)
	}
	g := &prose.Grid{Head: []string{"time", "proto", "source", "destination", "state", "record", "sent", "received", "by"}, Left: 5, Indent: "  "}
	for _, r := range list {
		f := r.Line
		if f == nil {
			f = &Line{}
		}
		row := []string{f.Time.Format(time.TimeOnly), f.Proto, end(r.Src, f.SrcPort, src), end(r.Dst, f.DstPort, dst), f.State,
			strconv.FormatInt(r.Number, 10), prose.Value(float64(f.BytesUp), features.Bytes), prose.Value(float64(f.BytesDown), features.Bytes), strconv.Itoa(r.Accusers)}
		if !day {
			row[0] = f.Time.Format("01-02 15:04:05")
		}
		if r.Line == nil { // of an input that could not be read again
			row[0], row[2], row[3], row[6], row[7] = "", r.Src, r.Dst, "", ""
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// day returns the day of a record, "" if it was not read.
func (r *Record) day() string {
	if r.Line == nil {
		return ""
	}
	return r.Line.Time.Format(time.DateOnly)
}

// end writes an address with a port, or the port alone.
func end(addr string, port uint16, alone bool) string {
	if alone {
		return "port " + strconv.Itoa(int(port))
	}
	return net.JoinHostPort(addr, strconv.Itoa(int(port)))
}

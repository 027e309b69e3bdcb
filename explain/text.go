package explain

import (
	"fmt"
	"io"
	"math"
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
	to := strings.Join(append([]string{c.To.in(c.unit)}, c.Or...), " or ")
	return fmt.Sprintf("%s %s instead of %s", c.Column, to, c.From.in(c.unit))
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

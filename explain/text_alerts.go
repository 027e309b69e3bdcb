package explain

import (
	"fmt"
	"strings"

	"toolkit/internal/prose"
)

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
		if a.OfKind < fewAlerts || !finite(float64(p)) {
			return ""
		}
		return fmt.Sprintf(" (above %s of %s)", percentile(p), among)
	}
	t.wrap(fmt.Sprintf("%salert %d %s, score %s%s", what, a.Alert, a.who(), prose.Human(float64(a.Score)), place(a.Percentile, "its kind")), 6)
	for _, r := range a.Reasons {
		t.wrap("      "+r.Column+" "+r.Words+place(r.Percentile, "these alerts"), 8)
	}
}

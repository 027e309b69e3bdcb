package explain

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"toolkit/features"
	"toolkit/internal/prose"
)

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

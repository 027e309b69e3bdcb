package explain

import (
	"fmt"
	"slices"
	"strings"

	"toolkit/internal/prose"
)

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

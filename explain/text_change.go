package explain

import (
	"fmt"
	"strconv"

	"toolkit/internal/prose"
)

// othersNamed is up to how many other columns are named.
const othersNamed = 3

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
			switch others := m.Change.Others; {
			case len(others) > othersNamed:
				line += fmt.Sprintf("; %s would do too, by a larger change", plural(int64(len(others)), "other column"))
			case others != nil:
				line += fmt.Sprintf("; %s would do too, by a larger change", prose.List(others))
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
		row := []string{name, n.Values[j].in(n.units[j])}
		differs := false
		for _, nb := range n.Rows {
			row = append(row, nb.Values[j].in(n.units[j]))
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

package evaluate

import (
	"fmt"
	"strconv"

	"toolkit/internal/prose"
)

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
		g := prose.Grid{Head: []string{"", "method"}, Left: 2}
		for _, j := range part {
			g.Head = append(g.Head, strconv.Itoa(j+1))
		}
		for _, i := range which {
			if i >= part[len(part)-1] {
				break
			}
			row := []string{number(i), name(t.e.Methods[i].Name)}
			for _, j := range part {
				row = append(row, figure[[2]int{i, j}])
			}
			g.Rows = append(g.Rows, row)
		}
		g.Write(t)
	}
}

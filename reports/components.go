package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"toolkit/features"
)

// What a table of loadings shows at most.
const (
	componentsShown = 8
	columnsLoaded   = 20
)

// ratios returns the share of the variance of each component.
func (b *builder) ratios(table string) []float64 {
	t := b.in.Tables[table+".pca.variance"]
	if t == nil || numeric(t, "ratio") == nil {
		return nil
	}
	return floats(t, "ratio")
}

// varianceOf returns " (41.5 % of the variance)" for a component, from 1.
func (b *builder) varianceOf(table string, component int) string {
	if r := b.ratios(table); len(r) >= component && finite(r[component-1]) {
		return " (" + percent(r[component-1]) + " of the variance)"
	}
	return ""
}

func (b *builder) variance(r *result) *Figure {
	ratios := b.ratios(r.table)
	if len(ratios) == 0 {
		return nil
	}
	t := b.part(r, "variance")
	bars := &Bars{Upright: true, Kind: "component", Axis: Axis{Label: "share of the variance", Kind: Percent}, Values: ratios, TotalKey: "cumulative"}
	var sum float64
	for i, v := range ratios {
		bars.Names = append(bars.Names, strconv.Itoa(i+1))
		if finite(v) {
			sum += v
		}
		bars.Total = append(bars.Total, sum)
	}
	if numeric(t, "cumulative") != nil {
		bars.Total = floats(t, "cumulative")
	}
	kept := 0
	if c := t.Column("kept"); c != nil && c.Type == features.Bool {
		for i := range t.Len() {
			hue := Other
			if c.Ints[i] != 0 {
				kept++
				hue = First
			}
			bars.Hues = append(bars.Hues, hue)
		}
	}
	var words []string
	for _, v := range ratios[:min(len(ratios), 6)] {
		words = append(words, percent(v))
	}
	f := &Figure{ID: b.id(r.table, "pca", "variance"), Title: "Explained variance", Plot: bars,
		Alt: fmt.Sprintf("The first %s of %d components explain %s of the variance.", count(int64(len(words))).Text, len(ratios), list(words))}
	if len(words) == 1 {
		f.Alt = fmt.Sprintf("The first of %s explains %s of the variance.", plural(int64(len(ratios)), "component", "components"), words[0])
	}
	keep := ""
	if kept > 0 && kept < len(ratios) {
		keep = plural(int64(kept), "component is", "components are") + " kept"
	}
	f.Caption = sentence(fmt.Sprintf("%s, n = %s samples", r.table, human(samples(r.t))), keep, capital(made(r.t)))
	return f
}

// loadings shows how much of each column is in each component, for the first
// components: rows are columns of the table, whichever way the file has them.
func (b *builder) loadings(r *result) *Table {
	src := b.part(r, "loadings")
	if src == nil || src.Len() == 0 {
		return nil
	}
	type entry struct{ column, component string }
	value := map[entry]float64{}
	var columns, components []string
	put := func(column, component string, v float64) {
		if !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
		if !slices.Contains(components, component) {
			components = append(components, component)
		}
		value[entry{column, component}] = v
	}
	var word *features.Column // names of the columns, where they are values
	for _, c := range src.Columns {
		if c.Type == features.Text && word == nil {
			word = c
		}
	}
	number := numeric(src, "component")
	named := func(i int) string {
		if s := number.String(i); !strings.HasPrefix(s, "pc") {
			return "pc" + s
		}
		return number.String(i)
	}
	for _, c := range src.Columns {
		if !c.Numeric() || c == number || c.Role == features.Weight {
			continue
		}
		for i := range src.Len() {
			switch {
			case word != nil && number != nil: // a row a loading
				put(word.String(i), named(i), c.Float(i))
			case word != nil && strings.HasPrefix(word.String(i), "pc"): // a row a component, by name
				put(c.Name, word.String(i), c.Float(i))
			case word != nil: // a row a column
				put(word.String(i), c.Name, c.Float(i))
			case number != nil: // a row a component
				put(c.Name, named(i), c.Float(i))
			}
		}
	}
	if len(columns) == 0 {
		return nil
	}
	t := &Table{ID: b.id(r.table, "pca", "loadings"), Title: "Loadings", Columns: []Head{{Name: "column"}},
		Note: "How much of each column is in a component: its weight in a vector of length 1."}
	shown := components[:min(len(components), componentsShown)]
	for _, c := range shown {
		t.Columns = append(t.Columns, Head{Name: c, Align: Right})
	}
	if len(columns) > columnsLoaded {
		weight := func(column string) float64 {
			return max(math.Abs(value[entry{column, shown[0]}]), math.Abs(value[entry{column, shown[min(1, len(shown)-1)]}]))
		}
		t.Note += fmt.Sprintf(" The %d of %d columns that weigh most in the first two components.", columnsLoaded, len(columns))
		slices.SortStableFunc(columns, func(p, q string) int { return cmp.Compare(weight(q), weight(p)) })
		columns = columns[:columnsLoaded]
	}
	for _, column := range columns {
		row := []Cell{plain(column)}
		for _, c := range shown {
			v, ok := value[entry{column, c}]
			if !ok {
				row = append(row, Cell{})
				continue
			}
			row = append(row, cell(minus(strconv.FormatFloat(v, 'f', 3, 64)), v))
		}
		t.Add(row...)
	}
	return t
}

package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"toolkit/features"
	"toolkit/flow"
)

const (
	topTalkers = 10
	timeBins   = 500 // points of a figure over time at most
)

// talkers draws the sources with most records, and those with most bytes.
func (b *builder) talkers(tr *traffic) []*Figure {
	var figures []*Figure
	for _, m := range []struct {
		id, title string
		axis      Axis
		of        func(tally) float64
	}{
		{"talkers-records", "Sources with most records", Axis{Label: "records"}, func(t tally) float64 { return t.records }},
		{"talkers-bytes", "Sources with most bytes", Axis{Label: "bytes, both ways", Kind: Bytes}, func(t tally) float64 { return t.bytes }},
	} {
		sources := slices.Clone(tr.sources)
		sortTallies(sources, m.of)
		bars := &Bars{Axis: m.axis, Kind: "source"}
		var total, top float64
		for i, t := range sources {
			total += m.of(t)
			if i < topTalkers {
				bars.Names, bars.Values = append(bars.Names, t.name), append(bars.Values, m.of(t))
				top += m.of(t)
			}
		}
		if total == 0 {
			continue
		}
		figures = append(figures, &Figure{ID: b.id(m.id), Title: m.title, Plot: bars,
			Caption: fmt.Sprintf("The first %d of %s have %s of all.", len(bars.Names), plural(int64(len(sources)), "source address", "source addresses"), percent(top/total)),
			Alt:     fmt.Sprintf("%s leads with %s.", bars.Names[0], m.axis.label(bars.Values[0]))})
	}
	return figures
}

// overTime draws records and bytes over time, from the pairs' bins, or the
// records alone from the batches.
func (b *builder) overTime() *Figure {
	type column struct {
		name, label string
		axis        Axis
		of          []string
	}
	var t *features.Table
	var clock *features.Column
	columns := []column{{"Records", "records", Axis{}, []string{"num_conns"}}, {"Bytes", "bytes, both ways", Axis{Kind: Bytes}, []string{"bytes_up", "bytes_dw"}}}
	if t = b.table("ip_pairs"); t != nil {
		clock = t.Column("ts")
	} else if t = b.table("batches"); t != nil {
		clock = t.Column("window_start")
		columns = []column{{"Records", "records", Axis{}, []string{"num_entries"}}}
	}
	if t == nil || clock == nil || clock.Type != features.Time || numeric(t, columns[0].of[0]) == nil {
		return nil
	}
	// Rows of empty bins begin wherever a pair fell silent, still on the bins' grid.
	starts := map[int64]bool{}
	for i := range t.Len() {
		if !clock.IsNull(i) {
			starts[clock.Ints[i]] = true
		}
	}
	order := slices.Sorted(maps.Keys(starts))
	if len(order) < 2 {
		return nil
	}
	bin := order[len(order)-1] - order[0]
	for i := 1; i < len(order); i++ {
		bin = min(bin, order[i]-order[i-1])
	}
	bin = max(bin, 1e6)
	bins := (order[len(order)-1]-order[0])/bin + 1
	bin *= (bins + timeBins - 1) / timeBins
	first := flow.FloorDiv(order[0], bin)
	n := flow.FloorDiv(order[len(order)-1], bin) - first + 1
	day := ""
	if d := dayOf(order[0]); d == dayOf(order[len(order)-1]) {
		day = ", " + d
	}
	p := &Panels{Columns: 1}
	for k, c := range columns {
		y := make([]float64, n)
		for _, name := range c.of {
			v := numeric(t, name)
			if v == nil {
				continue
			}
			for i := range t.Len() {
				if f := v.Float(i); finite(f) && !clock.IsNull(i) {
					y[flow.FloorDiv(clock.Ints[i], bin)-first] += f
				}
			}
		}
		x := make([]float64, n)
		for i := range x {
			x[i] = float64((first+int64(i))*bin) / 1e6
		}
		axis := c.axis
		axis.Label = c.label + " in " + seconds(float64(bin)/1e6)
		p.Names = append(p.Names, c.name)
		p.Plots = append(p.Plots, &Lines{X: Axis{Kind: Clock, Label: "time (UTC)" + day}, Y: axis, Series: []Series{{X: x, Y: y, Hue: First + Hue(k)}}})
	}
	f := &Figure{ID: b.id("over-time"), Title: "Traffic over time", Plot: p,
		Alt:     fmt.Sprintf("%s over %s.", list(p.Names), seconds(float64(order[len(order)-1]-order[0])/1e6)),
		Caption: fmt.Sprintf("From %s, in %s bins of %s; a bin's value stands at its beginning.", t.Name, whole(n), seconds(float64(bin)/1e6))}
	return f
}

func dayOf(us int64) string { return strings.Fields(moment(us))[0] }

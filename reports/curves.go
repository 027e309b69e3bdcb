package reports

import (
	"fmt"
	"math"
	"strings"
)

// A curve is a table that an algorithm leaves behind and that is drawn as
// lines over one of its columns.
type curve struct {
	table, title string
	x, xLabel    string
	panels       []panel
	caption      string
}

type panel struct {
	column, title, label string
	kind                 AxisKind
}

var curves = []curve{
	{"epssweep", "What every eps gives", "eps", "eps", []panel{
		{"clusters", "Clusters", "", Number}, {"noise_share", "Noise", "share of the samples", Percent}, {"largest_share", "Largest cluster", "share of the samples", Percent},
	}, "Exact for each value, with the same min_samples"},
	{"reachability", "Reachability: valleys are clusters", "place", "samples in the order in which they are reached", []panel{
		{"reachability", "", "distance at which the sample is reached from those before", Number},
	}, "The deeper and wider a valley, the denser and larger the cluster; single peaks are outliers"},
	{"dendrogram", "The last mergers", "clusters", "clusters left", []panel{
		{"height", "", "height of the merger", Number},
	}, "A high step upward says that two unlike clusters were merged"},
}

// curves draws what tables of that kind a result has.
func (b *builder) curves(r *result) []*Figure {
	var figures []*Figure
	for _, c := range curves {
		t := b.part(r, c.table)
		if t == nil || t.Len() < 2 || numeric(t, c.x) == nil {
			continue
		}
		p := &Panels{Columns: 2}
		for _, m := range c.panels {
			if numeric(t, m.column) == nil {
				continue
			}
			y := floats(t, m.column)
			l := &Lines{X: Axis{Label: c.xLabel}, Y: Axis{Label: m.label, Kind: m.kind, Symlog: spread(m.kind, y)}, Series: []Series{{X: floats(t, c.x), Y: y, Hue: First}}}
			p.Names, p.Plots = append(p.Names, m.title), append(p.Plots, l)
		}
		if p.Plots == nil {
			continue
		}
		f := &Figure{ID: b.id(r.table, r.algo, c.table), Title: c.title, Plot: p,
			Alt: "Lines over " + strings.ReplaceAll(c.xLabel, "_", " ") + "."}
		if len(p.Plots) == 1 {
			f.Plot = p.Plots[0]
		}
		f.Caption = sentence(fmt.Sprintf("%s, n = %s samples", r.table, human(r.clusterGroups().samples)), c.caption, capital(made(r.t)))
		figures = append(figures, f)
	}
	return figures
}

// spread returns where an axis goes over to logarithms for distances that
// span more than two orders, 0 for others.
func spread(kind AxisKind, v []float64) float64 {
	if kind == Percent {
		return 0
	}
	least, most := math.Inf(1), 0.0
	for _, x := range v {
		if x > 0 && finite(x) {
			least, most = min(least, x), max(most, x)
		}
	}
	if most > 100*least {
		return max(least, most/1e4)
	}
	return 0
}

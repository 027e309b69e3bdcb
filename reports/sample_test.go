package reports

import (
	"math"
	"math/rand/v2"
	"strconv"
)

// hostile is what a label in a capture may hold.
const hostile = "<script>alert('x')</script>|\"`&{{.}}](http://x)\n# *y* _z_"

// sample is a small report with every kind of part; its words are those of an
// attacker where words can come from the input.
func sample() *Report {
	table := &Table{ID: "hosts", Title: "Hosts " + hostile, Note: "Of 3 hosts.", Columns: []Head{
		{Name: "host", Doc: "Address of the source."}, {Name: "bytes", Unit: "B", Align: Right}, {Name: "why", Align: Wide},
	}}
	table.Add(plain("10.0.0.1"), count(64618988), plain("bytes_up 61.6 MiB, where 99 % have at most 51.8 KiB"))
	table.Add(Cell{Text: hostile, Value: hostile, Hue: First, Link: "card"}, num(math.NaN()), plain(hostile))
	return &Report{
		Title: "Flows of " + hostile, Subtitle: "3 records", Version: "0.1",
		Sections: []*Section{
			{ID: "summary", Title: "Summary", Facts: []Fact{{"Records", "3", "of " + hostile}, {"Hosts", "2", ""}},
				Text:   []Para{{Text: "What was found: " + hostile, Items: []string{"one", hostile}}, {Text: "Made by:", Code: []string{"toolkit run " + hostile}}},
				Tables: []*Table{table},
				Figures: []*Figure{{ID: "talkers", Title: "Talkers " + hostile, Caption: "n = 2 " + hostile, Alt: "Bars of " + hostile,
					Plot: &Bars{Names: []string{"10.0.0.1", hostile}, Values: []float64{64618988, 12}, Axis: Axis{Label: "bytes", Kind: Bytes}, Kind: "host"}}},
			},
			{ID: "more", Title: "More", Subsections: []*Section{{ID: "deeper", Title: "Deeper " + hostile, Text: []Para{{Text: "1. Not a list"}}},
				{ID: "card", Title: hostile, Fold: true, Gist: hostile, Facts: []Fact{{hostile, hostile, hostile}}}}},
		},
	}
}

// kinds are figures of each kind, of ordinary data and of the edges of it.
func kinds() []*Figure {
	r := rand.New(rand.NewPCG(1, 2))
	cloud := func(n int, spread float64) *Points {
		p := &Points{X: Axis{Label: "pc1 (41.5 % of the variance)"}, Y: Axis{Label: "pc2 (27.2 %)"},
			Groups: []Group{{Name: "cluster 0", Hue: First}, {Name: "cluster 1", Hue: First + 1}, {Name: "noise", Hue: Grey, Noise: true}}}
		for i := range n {
			g := uint8(i % 2)
			x, y := r.NormFloat64()+3*float64(g), r.NormFloat64()
			if i%400 == 7 {
				g, x, y = 2, x*spread, y*spread
			}
			p.Px, p.Py, p.Of = append(p.Px, x), append(p.Py, y), append(p.Of, g)
		}
		p.X.Symlog, p.Y.Symlog = symlogFor(p.Px), symlogFor(p.Py)
		return p
	}
	sum, parts := []float64{}, []float64{.415, .2721, .1255, .1198, .0594, .0073}
	for i, v := range parts {
		sum = append(sum, v)
		if i > 0 {
			sum[i] += sum[i-1]
		}
	}
	k, inertia, far := []float64{}, []float64{}, []float64{}
	for i := range 10 {
		k, inertia, far = append(k, float64(i+1)), append(inertia, 4e6/float64(i+1)), append(far, 2/math.Sqrt(float64(i+1)))
	}
	elbow := func(label string, y []float64) *Lines {
		return &Lines{X: Axis{Label: "clusters k"}, Y: Axis{Label: label}, Series: []Series{{X: k, Y: y, Hue: First, Dots: true}},
			Marks: []Mark{{Value: 4, Text: "k = 4", Vertical: true}}}
	}
	var sorted, at []float64
	for i := range 500 {
		at = append(at, float64(i))
		sorted = append(sorted, max(0, math.Exp(8-float64(i)/25)-1))
	}
	histogram := func(name string, lo, hi float64, n ...float64) *Histogram {
		h := &Histogram{Name: name, X: Axis{Label: name}, Y: Axis{Label: "samples", Symlog: 1}, Counts: n}
		for i := range len(n) + 1 {
			h.Edges = append(h.Edges, lo+(hi-lo)*float64(i)/float64(len(n)))
		}
		return h
	}
	small := &Panels{Columns: 3}
	for i := range 5 {
		small.Names = append(small.Names, "column_"+strconv.Itoa(i))
		small.Plots = append(small.Plots, histogram("column_"+strconv.Itoa(i), 0, math.Pow(10, float64(2*i)), 341000, 800, 0, 12, 0, 0, 3, 0, 0, 1))
	}
	heat := &Heat{Kind: "method"}
	for i, name := range []string{"flow_tuples.dbscan", "flow_tuples.hbos", "ip_pairs.dbscan", "ip_pairs.hbos", "iqr"} {
		heat.Names = append(heat.Names, name)
		row := make([]float64, 5)
		for j := range row {
			row[j] = 1 / (1 + math.Abs(float64(i-j)))
		}
		row[4-i] = math.NaN()
		heat.Values = append(heat.Values, row)
	}
	times, n := []float64{}, []float64{}
	for i := range 422 {
		times = append(times, 1485534282+10*float64(i))
		n = append(n, 300+50*r.NormFloat64()+1000*float64(i/400))
	}
	grid := &Grid{Rows: []string{"iqr", "scan", hostile}, Row: "detector", X: Axis{Kind: Clock, Label: "time (UTC)"}, V: Axis{Label: "findings", Symlog: 1}}
	loadings := &Grid{Rows: []string{"bytes_up", "bytes_dw"}, Columns: []string{"pc1", "a longer name", "pc3"}, Row: "column", Column: "component", Signed: true, Written: true, Values: [][]float64{{.9, -.2, 0}, {-.6, math.NaN(), .4}}}
	for i := range 61 {
		grid.Edges = append(grid.Edges, 1485534282+60*float64(i))
	}
	for range 3 {
		row := make([]float64, 60)
		for j := range row {
			row[j] = max(0, math.Floor(math.Exp(6*r.Float64()))-20)
		}
		grid.Values = append(grid.Values, row)
	}
	ranges := &Ranges{Names: []string{"scan", hostile, "flow_tuples.hbos"}, Values: []float64{.7, .5, .2}, Low: []float64{.6, math.NaN(), .1}, High: []float64{.8, math.NaN(), .35}, Hues: []Hue{First, First + 1, First},
		Kind: "method", Axis: Axis{Label: "AUPR"}, Marks: []Mark{{Value: .15, Text: "guessing"}}}
	one := []float64{5}
	flat := []float64{2, 2, 2}
	void := []float64{math.NaN(), 1, math.NaN(), 3, 4}
	return []*Figure{
		{ID: "variance", Plot: &Bars{Names: []string{"1", "2", "3", "4", "5", "6"}, Values: parts, Total: sum, TotalKey: "cumulative", Upright: true, Kind: "component", Axis: Axis{Label: "share of the variance", Kind: Percent}}},
		{ID: "alerts", Plot: &Bars{Names: []string{"iqr num_dst_ports,num_conns (seed)", "iqr num_dst_ports (seed)", "flow_tuples.dbscan"}, Values: []float64{65752, 14366, 12}, Hues: []Hue{First, First, First + 1}, Kind: "method", Axis: Axis{Label: "records"}}},
		{ID: "elbow", Plot: &Panels{Columns: 2, Names: []string{"Inertia", "Mean distance"}, Plots: []Plot{elbow("sum of squared distances", inertia), elbow("mean distance to the centre", far)}}},
		{ID: "kdistance", Plot: &Lines{X: Axis{Label: "samples, the farthest first", Symlog: 1}, Y: Axis{Label: "distance to the 2nd nearest sample", Symlog: 0.01}, Series: []Series{{X: at, Y: sorted, Hue: First}}, Marks: []Mark{{Value: 0.5, Text: "eps = 0.5"}}}},
		{ID: "bins", Plot: small},
		{ID: "agreement", Plot: heat},
		{ID: "time", Plot: &Panels{Columns: 1, Names: []string{"Records", "Bytes"}, Plots: []Plot{
			&Lines{X: Axis{Kind: Clock, Label: "time (UTC)"}, Y: Axis{Label: "records in 10 s"}, Series: []Series{{X: times, Y: n, Hue: First}}},
			&Lines{X: Axis{Kind: Clock, Label: "time (UTC)"}, Y: Axis{Kind: Bytes, Label: "bytes in 10 s"}, Series: []Series{{X: times, Y: n, Hue: First + 1}}}}}},
		{ID: "few", Plot: cloud(1500, 3)},
		{ID: "many", Plot: cloud(60000, 5)},
		{ID: "extreme", Plot: cloud(60000, 5000)},
		{ID: "grid", Plot: grid},
		{ID: "loadings", Plot: loadings},
		{ID: "ranges", Plot: ranges},
		{ID: "blades", Plot: &Blades{Names: []string{"cluster 0", hostile}, Values: [][]float64{{.9, .8, .8, .7, .2}, {.5, .1, -.3}}, Hues: []Hue{First, First + 1}, Kind: "cluster",
			Axis: Axis{Label: "silhouette"}, Marks: []Mark{{Value: .55, Text: "mean 0.55"}}}},
		{ID: "tree", Plot: &Tree{Y: Axis{Label: "density", Symlog: 0.1}, Nodes: []Node{{Parent: -1, To: 1, Size: 1000}, {Parent: 0, From: 1, To: 30, Size: 600, Name: "0", Hue: First}, {Parent: 0, From: 1, To: 4, Size: 300},
			{Parent: 2, From: 4, To: 90, Size: 40, Name: hostile, Hue: First + 1}, {Parent: 2, From: 4, To: 9, Size: 200, Name: "2", Hue: First + 2}}}},
		{ID: "graph", Plot: &Graph{Left: []string{"10.0.0.66", hostile}, Right: []string{"10.0.0.1", "93.184.216.3", hostile}, Edges: []Edge{{0, 0, 7}, {0, 2, 1}, {1, 1, 3}}, Weight: Axis{Label: "methods"}}},
		{ID: "dots", Plot: cloud(60, 3)},
		// The edges.
		{ID: "no-grid", Plot: &Grid{}},
		{ID: "void-grid", Plot: &Grid{Rows: []string{"a"}, Columns: []string{"b"}, Values: [][]float64{{math.NaN()}}, Written: true}},
		{ID: "zero-grid", Plot: &Grid{Rows: []string{"a"}, Edges: []float64{0, 1}, Values: [][]float64{{0}}, V: Axis{Symlog: 1}}},
		{ID: "no-tree", Plot: &Tree{}},
		{ID: "one-node", Plot: &Tree{Nodes: []Node{{Parent: -1, Size: 0}}}},
		{ID: "no-graph", Plot: &Graph{}},
		{ID: "negative-bars", Plot: &Bars{Names: []string{"a", "b"}, Values: []float64{-.5, .7}, Kind: "cluster"}},
		{ID: "no-blades", Plot: &Blades{Kind: "cluster"}},
		{ID: "void-blades", Plot: &Blades{Names: []string{"a", "b"}, Values: [][]float64{{math.NaN(), 1}, nil}, Hues: []Hue{First, First}, Kind: "cluster"}},
		{ID: "no-ranges", Plot: &Ranges{Kind: "method"}},
		{ID: "one-point", Plot: &Points{Px: one, Py: one, Groups: []Group{{Hue: First}}}},
		{ID: "no-points", Plot: &Points{Groups: []Group{{Hue: First}}}},
		{ID: "equal-points", Plot: &Points{Px: flat, Py: flat, Groups: []Group{{Hue: First}}}},
		{ID: "equal-cells", Plot: &Points{Px: make([]float64, pointsMost+1), Py: make([]float64, pointsMost+1), Groups: []Group{{Hue: First}}}},
		{ID: "void-points", Plot: &Points{Px: void, Py: []float64{1, 2, 3, 4, math.Inf(1)}, Groups: []Group{{Hue: First}}}},
		{ID: "no-bars", Plot: &Bars{Kind: "host"}},
		{ID: "zero-bars", Plot: &Bars{Names: []string{"a", "b"}, Values: []float64{0, 0}, Kind: "host", Axis: Axis{Symlog: 1}}},
		{ID: "void-bars", Plot: &Bars{Names: []string{"a", "b"}, Values: []float64{math.NaN(), 1}, Upright: true, Kind: "component"}},
		{ID: "one-line", Plot: &Lines{Series: []Series{{X: one, Y: one, Hue: First}}}},
		{ID: "flat-line", Plot: &Lines{Series: []Series{{X: flat, Y: make([]float64, 3), Hue: First}}, Y: Axis{Symlog: 1}}},
		{ID: "void-line", Plot: &Lines{Series: []Series{{X: void, Y: void, Hue: First}}}},
		{ID: "no-line", Plot: &Lines{X: Axis{Kind: Clock}}},
		{ID: "one-bin", Plot: histogram("v", 3, 3, 7)},
		{ID: "no-bins", Plot: histogram("v", 0, 1)},
		{ID: "no-heat", Plot: &Heat{Kind: "method"}},
		{ID: "one-heat", Plot: &Heat{Kind: "method", Names: []string{"a"}, Values: [][]float64{{1}}}},
		{ID: "no-panels", Plot: &Panels{Columns: 2}},
	}
}

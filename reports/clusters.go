package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"toolkit/algo"
	"toolkit/explain"
	"toolkit/features"
)

const (
	clusterRows = 12 // clusters that a table shows
	medianCols  = 8  // columns that it shows medians of
)

// clusterGroups are the clusters of a result, the largest first, and how they
// are drawn.
type clusterGroups struct {
	clusters []cluster       // without noise
	noise    *cluster        // nil if there is none
	hue      map[int32]Hue   // of each label
	group    map[int32]uint8 // index in groups of each label
	groups   []Group
	samples  float64
	unjudged int // rows without a label
}

type cluster struct {
	label   int32
	rows    int
	samples float64
}

func (r *result) clusterGroups() *clusterGroups {
	if r.groups != nil {
		return r.groups
	}
	g := &clusterGroups{hue: map[int32]Hue{}, group: map[int32]uint8{}}
	r.groups = g
	at := map[int32]*cluster{}
	for i := range r.label.Len() {
		if r.label.IsNull(i) {
			g.unjudged++
			continue
		}
		l := int32(r.label.Ints[i])
		if at[l] == nil {
			at[l] = &cluster{label: l}
		}
		at[l].rows++
		at[l].samples += r.w(i)
		g.samples += r.w(i)
	}
	for l, c := range at {
		if l == algo.Noise {
			g.noise = c
		} else {
			g.clusters = append(g.clusters, *c)
		}
	}
	slices.SortFunc(g.clusters, func(a, b cluster) int {
		return cmp.Or(cmp.Compare(b.samples, a.samples), cmp.Compare(a.label, b.label))
	})
	for k, c := range g.clusters {
		if k < Hues {
			g.hue[c.label], g.group[c.label] = First+Hue(k), uint8(k)
			g.groups = append(g.groups, Group{Name: "cluster " + strconv.Itoa(int(c.label)), Hue: First + Hue(k)})
			continue
		}
		if k == Hues {
			name := "cluster " + strconv.Itoa(int(c.label))
			if rest := len(g.clusters) - Hues; rest > 1 {
				name = fmt.Sprintf("%d other clusters", rest)
			}
			g.groups = append(g.groups, Group{Name: name, Hue: Other})
		}
		g.hue[c.label], g.group[c.label] = Other, Hues
	}
	if g.noise != nil {
		g.hue[algo.Noise], g.group[algo.Noise] = Grey, uint8(len(g.groups))
		g.groups = append(g.groups, Group{Name: "noise", Hue: Grey, Noise: true})
	}
	return g
}

func (b *builder) elbow(r *result) *Figure {
	t := b.part(r, "elbow")
	if t == nil || t.Len() < 2 || numeric(t, "k") == nil {
		return nil
	}
	k := floats(t, "k")
	var marks []Mark
	chosen := ""
	if c := t.Column("chosen"); c != nil && c.Type == features.Bool {
		for i := range t.Len() {
			if c.Ints[i] != 0 {
				chosen = "k = " + human(k[i])
				marks = []Mark{{Value: k[i], Text: chosen, Vertical: true}}
			}
		}
	}
	p := &Panels{Columns: 2}
	for _, m := range []struct{ column, name, label string }{
		{"inertia", "Inertia", "sum of squared distances to the centres"},
		{"mean_distance", "Mean distance", "mean distance to the nearest centre"},
	} {
		if numeric(t, m.column) == nil {
			continue
		}
		p.Names = append(p.Names, m.name)
		p.Plots = append(p.Plots, &Lines{X: Axis{Label: "clusters k"}, Y: Axis{Label: m.label}, Marks: marks,
			Series: []Series{{X: k, Y: floats(t, m.column), Hue: First, Dots: true}}})
	}
	if p.Plots == nil {
		return nil
	}
	f := &Figure{ID: b.id(r.table, r.algo, "elbow"), Title: "Elbow: how much more clusters explain", Plot: p,
		Alt: fmt.Sprintf("Inertia and mean distance fall as k goes from %s to %s.", human(k[0]), human(k[len(k)-1]))}
	f.Caption = sentence(fmt.Sprintf("%s, n = %s samples", r.table, human(r.clusterGroups().samples)), capital(made(r.t)))
	if chosen != "" {
		f.Alt += " Chosen: " + chosen + "."
		f.Caption += " The broken line is the k that was taken."
	}
	return f
}

func (b *builder) kdistance(r *result) *Figure {
	t := b.part(r, "kdistance")
	if t == nil || t.Len() < 2 || numeric(t, "samples") == nil || numeric(t, "distance") == nil {
		return nil
	}
	x, y := floats(t, "samples"), floats(t, "distance")
	var above []float64
	for _, d := range y {
		if d > 0 {
			above = append(above, d)
		}
	}
	l := &Lines{X: Axis{Label: "samples with at least this distance", Symlog: 1}, Y: Axis{Label: "distance to the last of the min_samples nearest samples, itself among them"},
		Series: []Series{{X: x, Y: y, Hue: First}}}
	f := &Figure{ID: b.id(r.table, r.algo, "kdistance"), Title: "k-distance: how far a sample's neighbours are", Plot: l,
		Alt: fmt.Sprintf("A curve that falls from %s to %s.", human(slices.Max(y)), human(slices.Min(y)))}
	if eps, err := strconv.ParseFloat(t.Meta["eps"], 64); err == nil {
		l.Marks = []Mark{{Value: eps, Text: "eps = " + human(eps)}}
		f.Alt += " eps is " + human(eps) + "."
		above = append(above, eps)
	}
	if len(above) > 0 {
		slices.Sort(above)
		if least := above[len(above)/20]; above[len(above)-1] > 50*least {
			l.Y.Symlog = least
		}
	}
	left := ""
	if rest := r.clusterGroups().samples - x[len(x)-1]; rest > 0 {
		left = human(rest) + " samples are not drawn, as their distance is 0"
	}
	f.Caption = sentence(fmt.Sprintf("%s, n = %s samples", r.table, human(r.clusterGroups().samples)), left, capital(made(r.t)), "Samples right of where the curve meets the broken line have their neighbours within eps")
	return f
}

// scatter draws the first two principal components of the table in the
// colours of the clusters; without a clustering, all in one.
func (b *builder) scatter(r *result) *Figure {
	pca := b.in.Tables[r.table+".pca"]
	if pca == nil || pca.Len() != r.t.Len() || pca.Len() == 0 || numeric(pca, "pc1") == nil || numeric(pca, "pc2") == nil {
		return nil
	}
	p := &Points{Px: floats(pca, "pc1"), Py: floats(pca, "pc2"), Groups: []Group{{Hue: First}}}
	if r.weight != nil {
		for i := range p.Px {
			p.Weight = append(p.Weight, r.w(i))
		}
	}
	p.X = Axis{Label: "pc1" + b.varianceOf(r.table, 1), Symlog: symlogFor(p.Px)}
	p.Y = Axis{Label: "pc2" + b.varianceOf(r.table, 2), Symlog: symlogFor(p.Py)}
	f := &Figure{Title: "First two principal components", Plot: p, ID: b.id(r.table, r.algo, "scatter"),
		Alt: fmt.Sprintf("Rows of %s in the plane of their first two principal components.", r.table)}
	if r.label != nil {
		g := r.clusterGroups()
		p.Groups, p.Of = g.groups, make([]uint8, len(p.Px))
		for i := range p.Px {
			if r.label.IsNull(i) {
				p.Px[i] = math.NaN() // drawn nowhere
				continue
			}
			p.Of[i] = g.group[int32(r.label.Ints[i])]
		}
		f.Title += ", by cluster"
		f.Alt += fmt.Sprintf(" Colours tell %s apart; noise is marked by crosses.", plural(int64(len(g.clusters)), "cluster", "clusters"))
	}
	how := ""
	if f.Dense() {
		how = "Hexagons are the darker the more samples lie in them (logarithmic)"
		if r.label != nil {
			how += ", in the colour of most of them"
		}
	}
	scale := ""
	if p.X.Symlog > 0 || p.Y.Symlog > 0 {
		scale = "Axes are linear near 0 and logarithmic away from it"
	}
	f.Caption = sentence(fmt.Sprintf("%s, n = %s rows, %s samples", r.table, whole(int64(r.t.Len())), human(samples(pca))), how, scale, capital(made(pca)))
	return f
}

// profiles says of each cluster how large it is, what is typical of it, and
// which keys are most frequent.
func (b *builder) profiles(r *result) *Table {
	g := r.clusterGroups()
	t := &Table{ID: b.id(r.table, r.algo, "profiles"), Title: "Clusters by size, with the median of each column"}
	t.Columns = []Head{{Name: "cluster"}, {Name: "rows", Align: Right}, {Name: "samples", Align: Right}, {Name: "share", Align: Right, Doc: "Of all samples."}}
	var cols []*features.Column
	for _, name := range strings.Split(r.t.Meta["features"], ",") {
		if c := numeric(r.rows, name); c != nil && len(cols) < medianCols {
			cols = append(cols, c)
		}
	}
	if cols == nil {
		for _, c := range r.rows.Columns {
			if c.Numeric() && c.Role == features.Value && len(cols) < medianCols {
				cols = append(cols, c)
			}
		}
	}
	for _, c := range cols {
		t.Columns = append(t.Columns, Head{Name: c.Name, Align: Right, Doc: c.Doc})
	}
	keyed := []string{}
	for _, name := range []string{"src_ip", "dst_ip", "dst_port"} {
		if c := r.rows.Column(name); c != nil && c.Role == features.Key {
			keyed = append(keyed, name)
			t.Columns = append(t.Columns, Head{Name: "typical " + name, Doc: "The most frequent, and its share of the cluster's samples."})
		}
	}
	shown := g.clusters[:min(len(g.clusters), clusterRows)]
	if g.noise != nil {
		shown = append(slices.Clone(shown), *g.noise)
	}
	for _, c := range shown {
		in := func(i int) bool { return !r.label.IsNull(i) && int32(r.label.Ints[i]) == c.label }
		name := "cluster " + strconv.Itoa(int(c.label))
		if c.label == algo.Noise {
			name = "noise"
		}
		row := []Cell{{Text: name, Value: int64(c.label), Hue: g.hue[c.label]}, count(int64(c.rows)), num(c.samples), share(c.samples / g.samples)}
		for _, col := range cols {
			row = append(row, inUnit(explain.OrdinaryOf(col, r.weight, in).Quantile(0.5), col.Unit))
		}
		for _, key := range keyed {
			word, n := r.typical(r.rows.Column(key), in)
			row = append(row, Cell{Text: fmt.Sprintf("%s (%s)", word, percent(n/c.samples)), Value: word})
		}
		t.Add(row...)
	}
	if rest := len(g.clusters) - clusterRows; rest > 0 {
		var n float64
		for _, c := range g.clusters[clusterRows:] {
			n += c.samples
		}
		t.Note = fmt.Sprintf("%s more, with %s samples in all, are not shown.", plural(int64(rest), "cluster", "clusters"), human(n))
	}
	return t
}

// typical returns the value that most samples of the rows have, the first in
// order of equals, and how many.
func (r *result) typical(c *features.Column, in func(int) bool) (word string, most float64) {
	counts := map[string]float64{}
	for i := range c.Len() {
		if in(i) {
			counts[c.String(i)] += r.w(i)
		}
	}
	for w, n := range counts {
		if n > most || n == most && w < word {
			word, most = w, n
		}
	}
	return word, most
}

// floats returns a column as numbers, NaN where it has none.
func floats(t *features.Table, name string) []float64 {
	c := t.Column(name)
	v := make([]float64, c.Len())
	for i := range v {
		v[i] = c.Float(i)
	}
	return v
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

package reports

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"toolkit/features"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// A Tree is of sets within sets, each from where it begins to where it ends.
// Parents come before their children.
type Tree struct {
	Y     Axis
	Nodes []Node
}

// A Node is a set of a Tree.
type Node struct {
	Parent   int // index, −1 for a root
	From, To float64
	Size     float64 // samples
	Name     string  // "" for none
	Hue      Hue     // NoHue for a set that is only the way to others
}

func (t *Tree) size() (w, h float64) { return figureWidth, 330 }

func (t *Tree) legend() []key { return nil }

// places returns where each node stands across, as shares: leaves at equal
// distances in the order of the tree, others over the middle of their children.
func (t *Tree) places() (x []float64, leaves int) {
	children := make([][]int, len(t.Nodes))
	var roots []int
	for i, n := range t.Nodes {
		if n.Parent < 0 {
			roots = append(roots, i)
		} else {
			children[n.Parent] = append(children[n.Parent], i)
		}
	}
	x = make([]float64, len(t.Nodes))
	var stand func(i int)
	stand = func(i int) {
		if len(children[i]) == 0 {
			x[i] = float64(leaves) + 0.5
			leaves++
			return
		}
		for _, k := range children[i] {
			stand(k)
		}
		x[i] = (x[children[i][0]] + x[children[i][len(children[i])-1]]) / 2
	}
	for _, i := range roots {
		stand(i)
	}
	for i := range x {
		x[i] /= math.Max(1, float64(leaves))
	}
	return x, leaves
}

func (t *Tree) draw(c canvas) {
	var ends []float64
	var most float64
	for _, n := range t.Nodes {
		ends = append(ends, n.From, n.To)
		most = max(most, n.Size)
	}
	if len(ends) == 0 {
		return
	}
	ey := extentOf(true, ends).widen(t.Y, 0, 0.02)
	x, leaves := t.places()
	n := t.Y.normalizer()
	flip := func(v float64) float64 { return n.back(n.forth(ey.lo) + n.forth(ey.hi) - n.forth(v)) } // the tree hangs from its root
	p := newPlot(Axis{}, t.Y, extent{0, 1}, ey)
	p.X.LineStyle.Width, p.X.Tick.Length = 0, 0
	p.X.Tick.Marker = ticks{}
	var down ticks
	for _, tick := range t.Y.Ticks(ey.lo, ey.hi) {
		tick.Value = flip(tick.Value)
		down = append(down, tick)
	}
	p.Y.Tick.Marker = down
	p.Add(plotter(func(c canvas, at func(x, y float64) vg.Point) {
		for _, tick := range down {
			y := at(0, tick.Value).Y
			c.StrokeLine2(line(0.8, grid), c.Min.X, y, c.Max.X, y)
		}
		slot := min(c.Size().X/vg.Length(leaves), 48)
		for i, node := range t.Nodes {
			hue := node.Hue
			if hue == NoHue {
				hue = Other
			}
			from, to := at(x[i], flip(node.From)), at(x[i], flip(node.To))
			if node.Parent >= 0 {
				c.StrokeLine2(line(1, Other.color()), at(x[node.Parent], 0).X, from.Y, from.X, from.Y)
			}
			wide := slot * 0.8 * vg.Length(math.Log1p(node.Size)/math.Log1p(max(most, 1))) / 2
			c.rectangle(from.X-wide, min(to.Y, from.Y-1.5), from.X+wide, from.Y, hue)
			s := style(smallSize, ink, text.XCenter, text.YTop)
			if node.Name != "" && s.Width(node.Name) < slot {
				c.words(s, from.X, min(to.Y, from.Y-1.5)-2, node.Name)
			}
		}
	}))
	c.words(style(textSize, soft, text.XLeft, text.YTop), c.Min.X, c.Max.Y, t.Y.Label)
	p.Draw(c.crop(0, 10, 10, 20).Canvas)
}

func (t *Tree) numbers() (head []string, rows [][]string) {
	for i, n := range t.Nodes {
		parent := ""
		if n.Parent >= 0 {
			parent = strconv.Itoa(n.Parent)
		}
		rows = append(rows, []string{strconv.Itoa(i), parent, decimal(n.From), decimal(n.To), decimal(n.Size), n.Name})
	}
	return []string{"node", "parent", "from", "to", "samples", "name"}, rows
}

const treeLeaves = 40 // clusters of a tree drawn at most; the largest

// condensed draws the dendrogram of HDBSCAN's condensed tree: the largest of
// the clusters taken, and what they come of.
func (b *builder) condensed(r *result) *Figure {
	t := b.part(r, "condensed")
	if t == nil {
		return nil
	}
	parent, child, lambda, death, size := numeric(t, "parent"), numeric(t, "child"), numeric(t, "lambda"), numeric(t, "death"), numeric(t, "size")
	selected, label := t.Column("selected"), numeric(t, "label")
	if parent == nil || child == nil || lambda == nil || death == nil || size == nil || label == nil || selected == nil || selected.Type != features.Bool || t.Len() < 2 {
		return nil
	}
	row := map[int64]int{} // of each cluster
	var taken []int
	most, least := 0.0, math.Inf(1)
	for i := range t.Len() {
		row[int64(child.Float(i))] = i
		if selected.Ints[i] != 0 {
			taken = append(taken, i)
		}
		for _, v := range []float64{lambda.Float(i), death.Float(i)} {
			if finite(v) && v > 0 {
				most, least = max(most, v), min(least, v)
			}
		}
	}
	if len(taken) == 0 || most == 0 {
		return nil
	}
	slices.SortStableFunc(taken, func(i, j int) int { return cmp.Compare(size.Float(j), size.Float(i)) })
	all := len(taken)
	taken = taken[:min(all, treeLeaves)]
	up := func(i int) int { // the row of its parent, −1 for none
		if parent.IsNull(i) || !finite(parent.Float(i)) {
			return -1
		}
		if p, ok := row[int64(parent.Float(i))]; ok && p != i {
			return p
		}
		return -1
	}
	// Of what the clusters come of, only where it comes apart into several of
	// them is kept: the rest of the way is one bar.
	branches := map[int]map[int]bool{}
	isTaken := map[int]bool{}
	for _, i := range taken {
		isTaken[i] = true
		seen := map[int]bool{i: true}
		for at, p := i, up(i); p >= 0 && !seen[p]; at, p = p, up(p) {
			seen[p] = true
			if branches[p] == nil {
				branches[p] = map[int]bool{}
			}
			branches[p][at] = true
		}
	}
	tree := &Tree{Y: Axis{Label: "density λ (1/distance), the denser the lower"}}
	if most > 20*least {
		tree.Y.Symlog = least
	}
	g := r.clusterGroups()
	endless := 0
	finish := func(i int) float64 {
		if v := death.Float(i); finite(v) && v > 0 {
			return v
		}
		endless++
		return most * 1.5
	}
	var grow func(i, under int)
	grow = func(i, under int) {
		n := Node{Parent: under, From: lambda.Float(i), Size: size.Float(i)}
		if !finite(n.From) {
			n.From = 0
		}
		for !isTaken[i] && len(branches[i]) == 1 {
			for k := range branches[i] {
				i = k
			}
		}
		if isTaken[i] && finite(label.Float(i)) {
			l := int32(label.Float(i))
			n.Hue, n.Name = g.hue[l], strconv.Itoa(int(l))
		}
		n.To = finish(i)
		at := len(tree.Nodes)
		tree.Nodes = append(tree.Nodes, n)
		if isTaken[i] {
			return
		}
		for _, k := range slices.Sorted(maps.Keys(branches[i])) {
			grow(k, at)
		}
	}
	for _, i := range slices.Sorted(maps.Keys(branches)) {
		if up(i) < 0 {
			grow(i, -1)
		}
	}
	if len(tree.Nodes) < 2 {
		return nil
	}
	which := fmt.Sprintf("The %s", plural(int64(all), "cluster", "clusters"))
	if all > len(taken) {
		which = fmt.Sprintf("The %d largest of %s clusters", len(taken), whole(int64(all)))
	}
	tail := ""
	if endless > 0 {
		tail = "Sets with copies at distance 0 never end: they reach the lower edge"
	}
	return &Figure{ID: b.id(r.table, r.algo, "condensed"), Title: "Dendrogram of the condensed tree", Plot: tree,
		Caption: sentence(fmt.Sprintf("%s, n = %s samples. %s, and what they come of as the density is raised (Campello et al. 2013); bars are the wider the more samples (logarithmic), names are labels", r.table, human(g.samples), which), tail, capital(made(r.t))),
		Alt:     fmt.Sprintf("A tree that hangs from all samples and comes apart into %s.", plural(int64(len(g.clusters)), "cluster", "clusters"))}
}

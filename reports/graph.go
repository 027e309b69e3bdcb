package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// A Graph is of edges from sources, at the left, to destinations, at the
// right.
type Graph struct {
	Left, Right []string
	Edges       []Edge
	Weight      Axis // of the edges: heads the legend
}

// An Edge goes from a source to a destination, by their indices.
type Edge struct {
	From, To int
	Weight   float64 // above 0
}

const graphRow = 19

func (g *Graph) size() (w, h float64) {
	return figureWidth, float64(max(len(g.Left), len(g.Right), 1))*graphRow + 44
}

func (g *Graph) legend() []key { return nil }

func (g *Graph) draw(c canvas) {
	if len(g.Edges) == 0 {
		return
	}
	var most float64
	for _, e := range g.Edges {
		most = max(most, e.Weight)
	}
	s := style(textSize, ink, text.XRight, text.YCenter)
	head := style(textSize, soft, text.XRight, text.YTop)
	wide := func(names []string) (w vg.Length) {
		for _, name := range names {
			w = max(w, s.Width(ellipsis(name, gridNames)))
		}
		return w
	}
	left, right := c.Min.X+wide(g.Left)+10, c.Max.X-wide(g.Right)-10
	top := c.Max.Y - 22
	place := func(i, n int) vg.Length {
		room := (top - c.Min.Y - 8) / vg.Length(max(n, 1))
		return top - room*(vg.Length(i)+.5)
	}
	c.words(head, left, c.Max.Y, "source")
	head.XAlign = text.XLeft
	c.words(head, right, c.Max.Y, "destination")
	head.XAlign = text.XCenter
	c.words(head, (left+right)/2, c.Max.Y, "the wider, the more "+g.Weight.Label+" (at most "+g.Weight.label(most)+")")
	for _, e := range g.Edges {
		from, to := vg.Point{X: left, Y: place(e.From, len(g.Left))}, vg.Point{X: right, Y: place(e.To, len(g.Right))}
		share := e.Weight / most
		c.SetLineStyle(line(0.8+3.2*share, alpha(First.color(), 0.35+0.5*share)))
		var p vg.Path
		p.Move(from)
		bend := (to.X - from.X) / 2
		p.CubeTo(vg.Point{X: from.X + bend, Y: from.Y}, vg.Point{X: to.X - bend, Y: to.Y}, to)
		c.Stroke(p)
	}
	var dots []vg.Point
	for i, name := range g.Left {
		y := place(i, len(g.Left))
		dots = append(dots, vg.Point{X: left, Y: y})
		c.words(s, left-7, y, ellipsis(name, gridNames))
	}
	s.XAlign = text.XLeft
	for i, name := range g.Right {
		y := place(i, len(g.Right))
		dots = append(dots, vg.Point{X: right, Y: y})
		c.words(s, right+7, y, ellipsis(name, gridNames))
	}
	c.dots(dots, 3, ink)
}

func (g *Graph) numbers() (head []string, rows [][]string) {
	for _, e := range g.Edges {
		rows = append(rows, []string{g.Left[e.From], g.Right[e.To], decimal(e.Weight)})
	}
	return []string{"source", "destination", slug(g.Weight.Label)}, rows
}

const (
	graphPairs = 60
	graphHosts = 24 // at either side
)

// pairsGraph draws which pairs of addresses most methods and detectors flag.
func (b *builder) pairsGraph() *Figure {
	by := map[[2]string]map[string]bool{}
	flag := func(src, dst, method string) {
		k := [2]string{src, dst}
		if by[k] == nil {
			by[k] = map[string]bool{}
		}
		by[k][method] = true
	}
	for _, table := range []string{"flow_tuples", "ip_pairs"} {
		t := b.table(table)
		if t == nil || words(t, "src_ip") == nil || words(t, "dst_ip") == nil {
			continue
		}
		src, dst := words(t, "src_ip"), words(t, "dst_ip")
		for _, r := range b.of(table, judges) {
			if r.rows == nil || r.anomaly == nil {
				continue
			}
			for i := range t.Len() {
				if r.flags(i) {
					flag(src.String(i), dst.String(i), r.name())
				}
			}
		}
	}
	if f := b.alerts; f != nil {
		for i := range f.n {
			if src, dst := cellText(f.src, i), cellText(f.dst, i); src != "" && dst != "" {
				flag(src, dst, f.detector.String(i))
			}
		}
	}
	var pairs [][2]string
	for k := range by {
		pairs = append(pairs, k)
	}
	slices.SortFunc(pairs, func(p, q [2]string) int {
		return cmp.Or(cmp.Compare(len(by[q]), len(by[p])), strings.Compare(p[0], q[0]), strings.Compare(p[1], q[1]))
	})
	g := &Graph{Weight: Axis{Label: "methods"}}
	at := [2]map[string]int{{}, {}}
	for _, k := range pairs {
		_, knownFrom := at[0][k[0]]
		_, knownTo := at[1][k[1]]
		if !knownFrom && len(at[0]) >= graphHosts || !knownTo && len(at[1]) >= graphHosts {
			continue
		}
		if len(g.Edges) == graphPairs {
			break
		}
		if !knownFrom {
			at[0][k[0]] = len(g.Left)
			g.Left = append(g.Left, k[0])
		}
		if !knownTo {
			at[1][k[1]] = len(g.Right)
			g.Right = append(g.Right, k[1])
		}
		g.Edges = append(g.Edges, Edge{at[0][k[0]], at[1][k[1]], float64(len(by[k]))})
	}
	if len(g.Edges) == 0 {
		return nil
	}
	g.untangle()
	return &Figure{ID: b.id("hosts", "graph"), Title: "Hosts and flagged pairs", Plot: g,
		Caption: fmt.Sprintf("The %d of %s that most methods over flow tuples and pairs, and detectors, flag any part of.", len(g.Edges), plural(int64(len(pairs)), "pair of addresses", "pairs of addresses")),
		Alt:     fmt.Sprintf("%s to %s is flagged by %s.", pairs[0][0], pairs[0][1], plural(int64(len(by[pairs[0]])), "method", "methods"))}
}

// untangle orders destinations by the mean place of their sources, and then
// sources by that of their destinations (Sugiyama et al. 1981).
func (g *Graph) untangle() {
	for range 4 {
		g.Right = reorder(g.Right, g.Edges, func(e *Edge) (*int, int) { return &e.To, e.From })
		g.Left = reorder(g.Left, g.Edges, func(e *Edge) (*int, int) { return &e.From, e.To })
	}
}

func reorder(names []string, edges []Edge, of func(e *Edge) (end *int, other int)) []string {
	sum, n := make([]float64, len(names)), make([]float64, len(names))
	for i := range edges {
		end, other := of(&edges[i])
		sum[*end] += float64(other)
		n[*end]++
	}
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(sum[i]/max(n[i], 1), sum[j]/max(n[j], 1)) })
	place, out := make([]int, len(names)), make([]string, len(names))
	for at, i := range order {
		place[i], out[at] = at, names[i]
	}
	for i := range edges {
		end, _ := of(&edges[i])
		*end = place[*end]
	}
	return out
}

package reports

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// pointsMost is how many points are drawn one by one; more are drawn as
// densities.
const pointsMost = 5000

func dense(p Plot) bool {
	switch p := p.(type) {
	case *Points:
		return len(p.Px) > pointsMost
	case *Panels:
		return slices.ContainsFunc(p.Plots, dense)
	}
	return false
}

func (p *Points) size() (w, h float64) { return figureWidth, 430 }

func (p *Points) legend() []key {
	var keys []key
	for _, g := range p.Groups {
		if g.Name == "" {
			continue
		}
		k := key{g.Name, g.Hue, block}
		if g.Noise {
			k.mark = cross
		}
		keys = append(keys, k)
	}
	return keys
}

func (p *Points) group(i int) uint8 {
	if p.Of == nil {
		return 0
	}
	return p.Of[i]
}

func (p *Points) weight(i int) float64 {
	if p.Weight == nil {
		return 1
	}
	return p.Weight[i]
}

// extents are the ranges of both axes, with a little room.
func (p *Points) extents() (ex, ey extent) {
	return extentOf(false, p.Px).widen(p.X, 0.02, 0.02), extentOf(false, p.Py).widen(p.Y, 0.03, 0.03)
}

func (p *Points) draw(c canvas) {
	ex, ey := p.extents()
	c.axes(p.X, p.Y, ex, ey, func(c canvas, at func(x, y float64) vg.Point) {
		if dense(p) {
			p.drawCells(c, at)
		} else {
			p.drawPoints(c, at)
		}
		p.drawNoise(c, at)
	})
}

// distinct returns where the points of group g lie, those closer than about a
// step on the page as one, in an order that depends on places alone.
func (p *Points) distinct(g uint8, step float64, at func(x, y float64) vg.Point) []vg.Point {
	seen := map[[2]int]bool{}
	var pts []vg.Point
	for i := range p.Px {
		if p.group(i) != g || !finite(p.Px[i]) || !finite(p.Py[i]) {
			continue
		}
		q := at(p.Px[i], p.Py[i])
		cell := [2]int{int(math.Floor(q.X.Points() / step)), int(math.Floor(q.Y.Points() / step))}
		if !seen[cell] {
			seen[cell] = true
			pts = append(pts, q)
		}
	}
	return pts
}

func (p *Points) drawPoints(c canvas, at func(x, y float64) vg.Point) {
	for g, group := range p.Groups {
		if !group.Noise {
			c.dots(p.distinct(uint8(g), 1, at), 2.4, alpha(group.Hue.color(), 0.75))
		}
	}
}

func (p *Points) drawNoise(c canvas, at func(x, y float64) vg.Point) {
	const r = 2.6
	for g, group := range p.Groups {
		if !group.Noise {
			continue
		}
		var path vg.Path
		for _, q := range p.distinct(uint8(g), 2.5, at) {
			path.Move(vg.Point{X: q.X - r, Y: q.Y - r})
			path.Line(vg.Point{X: q.X + r, Y: q.Y + r})
			path.Move(vg.Point{X: q.X - r, Y: q.Y + r})
			path.Line(vg.Point{X: q.X + r, Y: q.Y - r})
		}
		c.cross(path, group.Hue)
	}
}

// dots fills circles, all of them as one shape: where they overlap, they are
// no darker.
func (c canvas) dots(pts []vg.Point, radius vg.Length, col color.Color) {
	if len(pts) == 0 {
		return
	}
	var path vg.Path
	for _, q := range pts {
		path.Move(vg.Point{X: q.X + radius, Y: q.Y})
		path.Arc(q, radius, 0, 2*math.Pi)
		path.Close()
	}
	c.SetColor(col)
	c.Fill(path)
}

// A hexagon holds the samples that lie in a cell of a hexagonal lattice
// (Carr et al. 1987, "Scatterplot matrix techniques for large N").
type hexagon struct {
	col, row int // lattice place
	samples  []float64
	all      float64
}

// Cells across the plot, and how high it is for its width.
const (
	hexColumns = 72
	hexAspect  = 0.56
)

var (
	hexWidth  = 1.0 / hexColumns
	hexHeight = hexWidth * math.Sqrt(3) / 2 // from row to row
)

// centre returns the middle of the cell as shares of both axes.
func (h *hexagon) centre() (u, v float64) {
	return (float64(h.col) + 0.5*float64(h.row&1)) * hexWidth, float64(h.row) * hexHeight / hexAspect
}

// cells gathers the points that are not noise into hexagons, in the order of
// rows and columns.
func (p *Points) cells() []*hexagon {
	ex, ey := p.extents()
	nx, ny := p.X.normalizer(), p.Y.normalizer()
	cells := map[[2]int]*hexagon{}
	for i := range p.Px {
		if !finite(p.Px[i]) || !finite(p.Py[i]) || p.Groups[p.group(i)].Noise {
			continue
		}
		u := nx.Normalize(ex.lo, ex.hi, p.Px[i]) / hexWidth
		v := ny.Normalize(ey.lo, ey.hi, p.Py[i]) * hexAspect / hexHeight
		// The nearest centre lies in one of the two rows about v.
		var at [2]int
		best := math.Inf(1)
		for _, r := range [2]int{int(math.Floor(v)), int(math.Floor(v)) + 1} {
			col := int(math.Round(u - 0.5*float64(r&1)))
			du := u - float64(col) - 0.5*float64(r&1)
			dv := (v - float64(r)) * math.Sqrt(3) / 2
			if d := du*du + dv*dv; d < best {
				best, at = d, [2]int{col, r}
			}
		}
		h := cells[at]
		if h == nil {
			h = &hexagon{col: at[0], row: at[1], samples: make([]float64, len(p.Groups))}
			cells[at] = h
		}
		h.samples[p.group(i)] += p.weight(i)
		h.all += p.weight(i)
	}
	list := make([]*hexagon, 0, len(cells))
	for _, h := range cells {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b *hexagon) int {
		return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.col, b.col))
	})
	return list
}

// most returns the group that has most samples in the cell, the first of
// equals.
func (h *hexagon) most() int {
	g := 0
	for k, n := range h.samples {
		if n > h.samples[g] {
			g = k
		}
	}
	return g
}

// hexLevels is how many shades a group has.
const hexLevels = 8

func (p *Points) drawCells(c canvas, at func(x, y float64) vg.Point) {
	cells := p.cells()
	var top float64
	for _, h := range cells {
		top = max(top, h.all)
	}
	paths := make([]vg.Path, len(p.Groups)*hexLevels)
	size := c.Size()
	dx, dy := size.X*vg.Length(hexWidth)/2, size.Y*vg.Length(hexHeight/hexAspect)*2/3
	for _, h := range cells {
		level := 0
		if top > 1 {
			level = int(clampUnit(math.Log(h.all)/math.Log(top)) * (hexLevels - 1e-9))
		}
		u, v := h.centre()
		x, y := c.X(u), c.Y(v)
		path := &paths[h.most()*hexLevels+level]
		path.Move(vg.Point{X: x, Y: y + dy})
		for _, d := range [][2]vg.Length{{1, .5}, {1, -.5}, {0, -1}, {-1, -.5}, {-1, .5}} {
			path.Line(vg.Point{X: x + d[0]*dx, Y: y + d[1]*dy})
		}
		path.Close()
	}
	for k, path := range paths {
		if path != nil {
			shade := 0.4 + 0.6*float64(k%hexLevels)/(hexLevels-1)
			c.SetColor(alpha(p.Groups[k/hexLevels].Hue.color(), shade))
			c.Fill(path)
		}
	}
}

// numbers are the points, or the hexagons where they are drawn instead; noise
// is always given point by point.
func (p *Points) numbers() (head []string, rows [][]string) {
	head = []string{"x", "y", "samples", "group"}
	many := dense(p)
	if many {
		ex, ey := p.extents()
		nx, ny := p.X.normalizer(), p.Y.normalizer()
		for _, h := range p.cells() {
			u, v := h.centre()
			x := nx.back(nx.forth(ex.lo) + u*(nx.forth(ex.hi)-nx.forth(ex.lo)))
			y := ny.back(ny.forth(ey.lo) + v*(ny.forth(ey.hi)-ny.forth(ey.lo)))
			for g, n := range h.samples {
				if n > 0 {
					rows = append(rows, []string{decimal(rounded(x, 6)), decimal(rounded(y, 6)), decimal(n), p.Groups[g].Name})
				}
			}
		}
	}
	for i := range p.Px {
		if g := p.Groups[p.group(i)]; !many || g.Noise {
			rows = append(rows, []string{decimal(p.Px[i]), decimal(p.Py[i]), decimal(p.weight(i)), g.Name})
		}
	}
	return head, rows
}

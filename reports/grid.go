package reports

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// A Grid is a table of values as colours: rows by name, columns by name or
// along an axis.
type Grid struct {
	Rows, Columns []string
	X             Axis      // with Edges, instead of Columns
	Edges         []float64 // one more than columns
	Values        [][]float64
	V             Axis // of the values; with Symlog colours are logarithmic
	Row, Column   string
	Signed        bool    // values lie about 0, and the sign has a colour
	Written       bool    // values stand in the cells, where there is room
	Most          float64 // the value of the full colour; 0 for the greatest there is
}

const (
	gridRow    = 20
	gridLevels = 8
	gridNames  = 34 // characters of a row's name
)

func (g *Grid) columns() int { return max(len(g.Columns), len(g.Edges)-1, 0) }

func (g *Grid) size() (w, h float64) {
	return figureWidth, float64(max(len(g.Rows), 1))*gridRow + g.headHeight() + 26
}

// headHeight is the room for the columns' names, over the cells, or for the
// axis under them.
func (g *Grid) headHeight() float64 {
	if g.Edges != nil {
		return 34
	}
	s := style(smallSize, soft, text.XLeft, text.YCenter)
	var wide float64
	for _, name := range g.Columns {
		wide = max(wide, s.Width(ellipsis(name, 24)).Points())
	}
	if wide+6 <= g.cell() {
		return 20
	}
	return wide + 10
}

// cell is the width of a column.
func (g *Grid) cell() float64 {
	s := style(textSize, ink, text.XLeft, text.YCenter)
	var wide float64
	for _, name := range g.Rows {
		wide = max(wide, s.Width(ellipsis(name, gridNames)).Points())
	}
	w := (figureWidth - 2*margin - wide - 12) / float64(max(g.columns(), 1))
	if g.Edges == nil {
		w = min(w, 64)
	}
	return w
}

func (g *Grid) legend() []key { return nil }

// most is the value of the full colour.
func (g *Grid) most() float64 {
	if g.Most > 0 {
		return g.Most
	}
	var most float64
	for _, row := range g.Values {
		for _, v := range row {
			if finite(v) {
				most = max(most, math.Abs(v))
			}
		}
	}
	return most
}

// depth is how deep the colour of a value is, from 0 to 1.
func (g *Grid) depth(v, most float64) float64 {
	if most == 0 || v == 0 {
		return 0
	}
	n := g.V.normalizer()
	return clampUnit(n.forth(math.Abs(v)) / n.forth(most))
}

// shade is the colour of a depth; deep cells of both signs bear light words.
func gridShade(level int, negative bool) color.NRGBA {
	hue := First
	if negative {
		hue = First + 3
	}
	return alpha(hue.color(), 0.12+0.88*float64(level)/(gridLevels-1))
}

func (g *Grid) draw(c canvas) {
	c = g.key(c)
	cols := g.columns()
	if len(g.Rows) == 0 || cols == 0 {
		return
	}
	s := style(textSize, ink, text.XRight, text.YCenter)
	cell := vg.Length(g.cell())
	left, top := c.Max.X-cell*vg.Length(cols), c.Max.Y
	if g.Edges == nil {
		var wide vg.Length
		for _, name := range g.Rows {
			wide = max(wide, s.Width(ellipsis(name, gridNames)))
		}
		left, top = c.Min.X+wide+12, c.Max.Y-vg.Length(g.headHeight())
		g.heads(c, left, top, cell)
	}
	most := g.most()
	var paths [2][gridLevels]vg.Path
	type written struct {
		x, y  vg.Length
		words string
		light bool
	}
	var words []written
	gap := vg.Length(0.75)
	if cell < 8 {
		gap = 0
	}
	for i, name := range g.Rows {
		y := top - vg.Length(i)*gridRow
		c.words(s, left-8, y-gridRow/2, ellipsis(name, gridNames))
		c.StrokeLine2(line(0.5, grid), left, y-gridRow+0.5, left+cell*vg.Length(cols), y-gridRow+0.5)
		for j, v := range g.Values[i] {
			if !finite(v) {
				continue
			}
			d := g.depth(v, most)
			level, sign := int(d*(gridLevels-1e-9)), 0
			if v < 0 {
				sign = 1
			}
			if v != 0 {
				p, x := &paths[sign][level], left+vg.Length(j)*cell
				p.Move(vg.Point{X: x + gap, Y: y - 1})
				p.Line(vg.Point{X: x + cell - gap, Y: y - 1})
				p.Line(vg.Point{X: x + cell - gap, Y: y - gridRow + 1.5})
				p.Line(vg.Point{X: x + gap, Y: y - gridRow + 1.5})
				p.Close()
			}
			if g.Written && cell >= 26 {
				words = append(words, written{left + (vg.Length(j)+.5)*cell, y - gridRow/2, g.write(v), d > 0.55})
			}
		}
	}
	for sign, levels := range paths {
		for level, p := range levels {
			if p != nil {
				c.SetColor(gridShade(level, sign == 1))
				c.Fill(p)
			}
		}
	}
	for _, w := range words {
		col := color.Color(ink)
		if w.light {
			col = heatLight
		}
		c.words(style(smallSize, col, text.XCenter, text.YCenter), w.x, w.y, w.words)
	}
	if g.Edges != nil {
		g.axis(c, left, top-vg.Length(len(g.Rows))*gridRow, cell*vg.Length(cols))
	}
}

func (g *Grid) write(v float64) string {
	if g.V.Kind == Number {
		if a := math.Abs(v); a < 1 && a > 0 {
			return minus(strconv.FormatFloat(v, 'f', 2, 64))
		}
	}
	return g.V.label(v)
}

// heads writes the names of the columns, upright where they fit and turned
// where not.
func (g *Grid) heads(c canvas, left, top, cell vg.Length) {
	turned := g.headHeight() > 20
	for j, name := range g.Columns {
		x := left + (vg.Length(j)+.5)*cell
		s := style(smallSize, soft, text.XCenter, text.YBottom)
		if turned {
			s.Rotation, s.XAlign, s.YAlign = math.Pi/2, text.XLeft, text.YCenter
		}
		c.words(s, x, top+4, ellipsis(name, 24))
	}
}

// axis draws the axis of columns that are ranges.
func (g *Grid) axis(c canvas, left, y, width vg.Length) {
	lo, hi := g.Edges[0], g.Edges[len(g.Edges)-1]
	n := g.X.normalizer()
	c.StrokeLine2(line(0.8, soft), left, y, left+width, y)
	right := left - 1
	for _, t := range g.X.Ticks(lo, hi) {
		x := left + width*vg.Length(n.Normalize(lo, hi, t.Value))
		c.StrokeLine2(line(0.8, soft), x, y, x, y-4)
		s := style(smallSize, soft, text.XCenter, text.YTop)
		if half := s.Width(t.Label) / 2; x-half > right && x+half <= left+width+margin {
			c.words(s, x, y-6, t.Label)
			right = x + half + 6
		}
	}
	c.words(style(textSize, soft, text.XCenter, text.YTop), left+width/2, y-19, g.X.Label)
}

// key draws the scale of the colours and returns what is left of c.
func (g *Grid) key(c canvas) canvas {
	const patch = 13
	y, x := c.Max.Y-8, c.Min.X
	s := style(smallSize, soft, text.XLeft, text.YCenter)
	say := func(words string) {
		c.words(s, x, y, words)
		x += s.Width(words) + 6
	}
	say(g.V.Label)
	most := g.most()
	fill := func(level int, negative bool) {
		var p vg.Path
		p.Move(vg.Point{X: x, Y: y - 5})
		p.Line(vg.Point{X: x + patch, Y: y - 5})
		p.Line(vg.Point{X: x + patch, Y: y + 5})
		p.Line(vg.Point{X: x, Y: y + 5})
		p.Close()
		c.SetColor(gridShade(level, negative))
		c.Fill(p)
		x += patch
	}
	if most > 0 {
		x += 6
		if g.Signed {
			say(g.write(-most))
			for k := range gridLevels {
				fill(gridLevels-1-k, true)
			}
		} else if g.V.Symlog > 0 && most > 1 {
			say("few")
		} else {
			say("0")
		}
		for k := range gridLevels {
			fill(k, false)
		}
		x += 6
		say(g.write(most))
	}
	return c.crop(0, 0, 0, 22)
}

func (g *Grid) numbers() (head []string, rows [][]string) {
	if g.Edges != nil {
		head = []string{slug(g.Row), "from", "to", "value"}
	} else {
		head = []string{slug(g.Row), slug(g.Column), "value"}
	}
	for i, name := range g.Rows {
		for j, v := range g.Values[i] {
			switch {
			case !finite(v) || v == 0 && !g.Written:
			case g.Edges != nil:
				rows = append(rows, []string{name, decimal(g.Edges[j]), decimal(g.Edges[j+1]), decimal(v)})
			default:
				rows = append(rows, []string{name, g.Columns[j], decimal(v)})
			}
		}
	}
	return head, rows
}

package reports

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A canvas is the part of a drawing that a plot may use.
type canvas struct{ draw.Canvas }

func (c canvas) crop(left, right, bottom, top float64) canvas {
	return canvas{draw.Crop(c.Canvas, vg.Length(left), vg.Length(-right), vg.Length(bottom), vg.Length(-top))}
}

func (c canvas) words(s text.Style, x, y vg.Length, words string) {
	if words != "" {
		c.FillText(s, vg.Point{X: x, Y: y}, words)
	}
}

// keys draws a legend from the top left and returns what is left of c.
func (c canvas) keys(keys []key) canvas {
	const row, gap, patch = 16, 16, 10
	if len(keys) == 0 {
		return c
	}
	s := style(textSize, ink, text.XLeft, text.YCenter)
	x, y := c.Min.X, c.Max.Y-row/2
	for _, k := range keys {
		w := vg.Length(patch+5) + s.Width(k.name)
		if x > c.Min.X && x+w > c.Max.X {
			x, y = c.Min.X, y-row
		}
		switch k.mark {
		case stroke:
			c.StrokeLine2(line(2, k.hue.color()), x, y, x+patch, y)
		case cross:
			var p vg.Path
			p.Move(vg.Point{X: x + 1, Y: y - 4})
			p.Line(vg.Point{X: x + 9, Y: y + 4})
			p.Move(vg.Point{X: x + 1, Y: y + 4})
			p.Line(vg.Point{X: x + 9, Y: y - 4})
			c.cross(p, k.hue)
		default:
			c.rectangle(x, y-4.5, x+9, y+4.5, k.hue)
		}
		c.words(s, x+patch+5, y, k.name)
		x += w + gap
	}
	return canvas{draw.Crop(c.Canvas, 0, 0, 0, y-row/2-6-c.Max.Y)}
}

func keysHeight(keys []key, width float64) float64 {
	if len(keys) == 0 {
		return 0
	}
	s := style(textSize, ink, text.XLeft, text.YCenter)
	rows, x := 1, 0.0
	for _, k := range keys {
		w := 15 + s.Width(k.name).Points()
		if x > 0 && x+w > width {
			rows, x = rows+1, 0
		}
		x += w + 16
	}
	return float64(rows)*16 + 6
}

func (c canvas) cross(p vg.Path, h Hue) {
	if p != nil {
		c.SetLineStyle(line(1.3, h.color()))
		c.Stroke(p)
	}
}

func (c canvas) rectangle(x0, y0, x1, y1 vg.Length, h Hue) {
	var p vg.Path
	p.Move(vg.Point{X: x0, Y: y0})
	p.Line(vg.Point{X: x1, Y: y0})
	p.Line(vg.Point{X: x1, Y: y1})
	p.Line(vg.Point{X: x0, Y: y1})
	p.Close()
	c.SetColor(h.color())
	c.Fill(p)
}

// A plotter draws within axes: at(x, y) is where a value lies.
type plotter func(c canvas, at func(x, y float64) vg.Point)

// Plot implements plot.Plotter.
func (f plotter) Plot(dc draw.Canvas, p *plot.Plot) {
	f(canvas{dc}, func(x, y float64) vg.Point {
		return vg.Point{X: dc.X(p.X.Norm(x)), Y: dc.Y(p.Y.Norm(y))}
	})
}

// newPlot returns axes in the theme, without anything drawn.
func newPlot(x, y Axis, ex, ey extent) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.TextHandler = faces
	set := func(a *plot.Axis, by Axis, e extent) {
		a.Min, a.Max = e.lo, e.hi
		a.Scale, a.Tick.Marker = by.normalizer(), by
		a.Padding = 0
		a.LineStyle = line(0, soft)
		a.Tick.LineStyle = line(0, soft)
		a.Tick.Length = 0
		a.Label.TextStyle = style(textSize, soft, text.XCenter, text.YBottom)
	}
	set(&p.X, x, ex)
	set(&p.Y, y, ey)
	p.X.LineStyle = line(0.8, soft)
	p.X.Label.Text = x.Label
	p.X.Label.Padding = 4
	p.X.Tick.LineStyle, p.X.Tick.Length = line(0.8, soft), 4
	p.X.Tick.Label = style(smallSize, soft, text.XCenter, text.YTop)
	p.Y.Tick.Label = style(smallSize, soft, text.XRight, text.YCenter)
	return p
}

// axes draws both axes, the lines of a grid, and what the plotters draw. The
// label of y stands over its axis, where it can be read without turning the
// head.
func (c canvas) axes(x, y Axis, ex, ey extent, plotters ...plotter) {
	c.axesWith(x, y, ex, ey, x, plotters...)
}

func (c canvas) axesWith(x, y Axis, ex, ey extent, xticks plot.Ticker, plotters ...plotter) {
	p := newPlot(x, y, ex, ey)
	p.X.Tick.Marker = xticks
	p.Add(plotter(func(c canvas, at func(x, y float64) vg.Point) {
		for _, t := range y.Ticks(ey.lo, ey.hi) {
			if py := at(ex.lo, t.Value).Y; c.ContainsY(py) {
				c.StrokeLine2(line(0.8, grid), c.Min.X, py, c.Max.X, py)
			}
		}
	}))
	for _, f := range plotters {
		p.Add(f)
	}
	if y.Label != "" {
		c.words(style(textSize, soft, text.XLeft, text.YTop), c.Min.X, c.Max.Y, y.Label)
		c = c.crop(0, 0, 0, 20)
	}
	p.Draw(c.crop(0, 10, 0, 4).Canvas)
}

// rows draws a plot of named rows, the first at the top, row i at n−1−i, above
// the grid of the axis of values x and below marks at values of it. Names are
// cut to so many runes.
func (c canvas) rows(x Axis, names []string, longest int, ex, ey extent, ms []Mark, rows plotter) {
	at := make(ticks, len(names))
	for i, name := range names {
		at[i] = plot.Tick{Value: float64(len(names) - 1 - i), Label: ellipsis(name, longest)}
	}
	p := newPlot(x, Axis{}, ex, ey)
	p.Y.Tick.Marker = at
	p.Y.Tick.Label = style(textSize, ink, text.XRight, text.YCenter)
	p.X.LineStyle.Width = 0
	p.X.Tick.Length = 0
	p.Add(plotter(func(c canvas, at func(x, y float64) vg.Point) {
		for _, t := range x.Ticks(ex.lo, ex.hi) {
			px := at(t.Value, 0).X
			c.StrokeLine2(line(0.8, grid), px, c.Min.Y, px, c.Max.Y)
		}
	}), rows)
	if len(ms) > 0 {
		ms = slices.Clone(ms)
		for i := range ms {
			ms[i].Vertical = true
		}
		p.Add(marks(ms, ex, ey))
	}
	p.Draw(c.crop(0, 10, 0, 0).Canvas)
}

// markValues returns where marks are.
func markValues(ms []Mark) (values []float64) {
	for _, m := range ms {
		values = append(values, m.Value)
	}
	return values
}

// marks draws lines across the plot, each with its words at the end.
func marks(ms []Mark, ex, ey extent) plotter {
	return func(c canvas, at func(x, y float64) vg.Point) {
		dash := line(1.2, ink)
		dash.Dashes = []vg.Length{4, 3}
		for _, m := range ms {
			if m.Vertical {
				if m.Value < ex.lo || m.Value > ex.hi {
					continue
				}
				x := at(m.Value, ey.lo).X
				c.StrokeLine2(dash, x, c.Min.Y, x, c.Max.Y)
				s, dx := style(textSize, ink, text.XLeft, text.YTop), vg.Length(5)
				if x+dx+s.Width(m.Text) > c.Max.X {
					s.XAlign, dx = text.XRight, -5
				}
				c.words(s, x+dx, c.Max.Y, m.Text)
				continue
			}
			if m.Value < ey.lo || m.Value > ey.hi {
				continue
			}
			y := at(ex.lo, m.Value).Y
			c.StrokeLine2(dash, c.Min.X, y, c.Max.X, y)
			s, dy := style(textSize, ink, text.XLeft, text.YBottom), vg.Length(3)
			if y+dy+s.Height(m.Text) > c.Max.Y {
				s.YAlign, dy = text.YTop, -3
			}
			c.words(s, c.Min.X+6, y+dy, m.Text)
		}
	}
}

// clampUnit returns v, no less than 0 and no more than 1.
func clampUnit(v float64) float64 { return math.Max(0, math.Min(1, v)) }

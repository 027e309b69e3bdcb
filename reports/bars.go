package reports

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

const barRow = 24 // points a lying bar takes

func (b *Bars) size() (w, h float64) {
	if b.Upright {
		return figureWidth, 260
	}
	return figureWidth, float64(max(len(b.Names), 1))*barRow + 54
}

func (b *Bars) legend() []key {
	if b.TotalKey == "" || b.Total == nil {
		return nil
	}
	return []key{{b.Axis.Label, First, block}, {b.TotalKey, First + 3, stroke}}
}

func (b *Bars) hue(i int) Hue {
	if b.Hues == nil {
		return First
	}
	return b.Hues[i]
}

// extent is the range of the bars' axis: all values, and room for the numbers
// at the bars' ends.
func (b *Bars) extent() extent {
	return extentOf(true, b.Values, b.Total).widen(b.Axis, 0, 0.12)
}

func (b *Bars) draw(c canvas) {
	if b.Upright {
		b.stand(c)
	} else {
		b.lie(c)
	}
}

func (b *Bars) lie(c canvas) {
	n := len(b.Names)
	ey := extent{-0.6, float64(max(n, 1)) - 0.4}
	c.rows(b.Axis, b.Names, 56, b.extent(), ey, nil, func(c canvas, at func(x, y float64) vg.Point) {
		for i, v := range b.Values {
			if !finite(v) {
				continue
			}
			y := float64(n - 1 - i)
			from, to := at(min(v, 0), y-0.34), at(max(v, 0), y+0.34)
			c.rectangle(from.X, from.Y, max(to.X, from.X+0.8), to.Y, b.hue(i))
			c.words(style(smallSize, soft, text.XLeft, text.YCenter), max(to.X, from.X+0.8)+5, at(0, y).Y+1.2, b.Axis.label(v))
		}
	})
}

func (b *Bars) stand(c canvas) {
	n := len(b.Names)
	names := make(ticks, n)
	for i, name := range b.Names {
		names[i] = plot.Tick{Value: float64(i), Label: name}
		if every := (n + 29) / 30; i%every != 0 {
			names[i].Label = ""
		}
	}
	ex, ey := extent{-0.6, float64(max(n, 1)) - 0.4}, b.extent()
	c.axesWith(Axis{Label: b.Kind}, b.axisUnlessKeyed(), ex, ey, names, func(c canvas, at func(x, y float64) vg.Point) {
		for i, v := range b.Values {
			if !finite(v) {
				continue
			}
			from, to := at(float64(i)-0.36, 0), at(float64(i)+0.36, v)
			c.rectangle(from.X, from.Y, to.X, max(to.Y, from.Y+0.8), b.hue(i))
			if n <= 14 {
				// Over the bar, or within it where the line would cross the words.
				s, y := style(smallSize, soft, text.XCenter, text.YBottom), to.Y+3
				if b.Total != nil && to.Y-from.Y > 20 {
					s, y = style(smallSize, heatLight, text.XCenter, text.YTop), to.Y-5
				}
				c.words(s, at(float64(i), 0).X, y, b.Axis.label(rounded(v, 3)))
			}
		}
	}, func(c canvas, at func(x, y float64) vg.Point) {
		var pts []vg.Point
		for i, v := range b.Total {
			if finite(v) {
				pts = append(pts, at(float64(i), v))
			}
		}
		c.StrokeLines(line(2, (First+3).color()), pts)
		c.dots(pts, 2.6, (First + 3).color())
	})
}

// axisUnlessKeyed leaves out the label that the legend has.
func (b *Bars) axisUnlessKeyed() Axis {
	a := b.Axis
	if b.legend() != nil {
		a.Label = ""
	}
	return a
}

func (b *Bars) numbers() (head []string, rows [][]string) {
	head = []string{slug(b.Kind), "value"}
	if b.Total != nil {
		head = append(head, "total")
	}
	for i, name := range b.Names {
		row := []string{name, decimal(b.Values[i])}
		if b.Total != nil {
			row = append(row, decimal(b.Total[i]))
		}
		rows = append(rows, row)
	}
	return head, rows
}

// ticks are given, not worked out.
type ticks []plot.Tick

// Ticks implements plot.Ticker.
func (t ticks) Ticks(lo, hi float64) []plot.Tick { return slices.Clone(t) }

// ellipsis shortens s to n characters.
func ellipsis(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

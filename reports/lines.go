package reports

import (
	"gonum.org/v1/plot/vg"
)

func (l *Lines) size() (w, h float64) { return figureWidth, 270 }

func (l *Lines) legend() []key {
	var keys []key
	for _, s := range l.Series {
		if s.Name != "" {
			keys = append(keys, key{s.Name, s.Hue, stroke})
		}
	}
	return keys
}

func (l *Lines) draw(c canvas) {
	var xs, ys [][]float64
	for _, s := range l.Series {
		xs, ys = append(xs, s.X), append(ys, s.Y)
	}
	for _, m := range l.Marks {
		if m.Vertical {
			xs = append(xs, []float64{m.Value})
		} else {
			ys = append(ys, []float64{m.Value})
		}
	}
	ex := extentOf(false, xs...).widen(l.X, 0.01, 0.01)
	ey := extentOf(true, ys...).widen(l.Y, 0, 0.06)
	if l.Square {
		ex, ey = extent{0, 1.01}, extent{0, 1.03}
	}
	c.axes(l.X, l.Y, ex, ey, func(c canvas, at func(x, y float64) vg.Point) {
		for _, s := range l.Series {
			var pts []vg.Point
			flush := func() {
				c.StrokeLines(line(1.8, s.Hue.color()), pts)
				if s.Dots || len(pts) == 1 {
					c.dots(pts, 2.8, s.Hue.color())
				}
				pts = nil
			}
			for i := range s.X {
				if !finite(s.X[i]) || !finite(s.Y[i]) {
					flush()
					continue
				}
				pts = append(pts, at(s.X[i], s.Y[i]))
			}
			flush()
		}
	}, marks(l.Marks, ex, ey))
}

func (l *Lines) numbers() (head []string, rows [][]string) {
	named := len(l.Series) > 1
	head = []string{"x", "y"}
	if named {
		head = []string{"series", "x", "y"}
	}
	for _, s := range l.Series {
		for i := range s.X {
			row := []string{decimal(s.X[i]), decimal(s.Y[i])}
			if named {
				row = append([]string{s.Name}, row...)
			}
			rows = append(rows, row)
		}
	}
	return head, rows
}

func (h *Histogram) size() (w, ht float64) { return figureWidth, 260 }

func (h *Histogram) legend() []key { return nil }

func (h *Histogram) draw(c canvas) {
	var at1 []float64
	for _, m := range h.Marks {
		at1 = append(at1, m.Value)
	}
	ex := extentOf(false, h.Edges, at1).widen(h.X, 0.01, 0.01)
	ey := extentOf(true, h.Counts).widen(h.Y, 0, 0.06)
	c.axes(h.X, h.Y, ex, ey, func(c canvas, at func(x, y float64) vg.Point) {
		for i, n := range h.Counts {
			if !(n > 0) {
				continue
			}
			from, to := at(h.Edges[i], 0), at(h.Edges[i+1], n)
			gap := min((to.X-from.X)/10, 0.6)
			c.rectangle(from.X+gap, from.Y, max(to.X-gap, from.X+gap+0.6), max(to.Y, from.Y+0.8), First)
		}
	}, marks(h.Marks, ex, ey))
}

func (h *Histogram) numbers() (head []string, rows [][]string) {
	for i, n := range h.Counts {
		rows = append(rows, []string{h.Name, decimal(h.Edges[i]), decimal(h.Edges[i+1]), decimal(n)})
	}
	return []string{"value", "low", "high", "samples"}, rows
}

package reports

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// Ranges are named values, each with the interval that it lies in.
type Ranges struct {
	Names             []string
	Values, Low, High []float64 // NaN where there is none
	Hues              []Hue     // one a value; nil for the first hue
	Axis              Axis
	Kind              string // what a name is: heads the names in the CSV
	Marks             []Mark // at values of the axis
}

const rangeRow = 21 // points a value takes

func (r *Ranges) size() (w, h float64) {
	return figureWidth, float64(max(len(r.Names), 1))*rangeRow + 60
}

func (r *Ranges) legend() []key { return nil }

func (r *Ranges) draw(c canvas) {
	n := len(r.Names)
	names := make(ticks, n)
	for i, name := range r.Names {
		names[i] = plot.Tick{Value: float64(n - 1 - i), Label: ellipsis(name, 40)}
	}
	var at0 []float64
	for i := range r.Marks {
		r.Marks[i].Vertical = true
		at0 = append(at0, r.Marks[i].Value)
	}
	// Over the first row there is room for the words of a mark.
	ex, ey := extentOf(true, r.Values, r.Low, r.High, at0).widen(r.Axis, 0, 0.08), extent{-0.6, float64(max(n, 1)) + 0.3}
	p := newPlot(r.Axis, Axis{}, ex, ey)
	p.Y.Tick.Marker = names
	p.Y.Tick.Label = style(textSize, ink, text.XRight, text.YCenter)
	p.X.LineStyle.Width = 0
	p.X.Tick.Length = 0
	p.Add(plotter(func(c canvas, at func(x, y float64) vg.Point) {
		for _, t := range r.Axis.Ticks(ex.lo, ex.hi) {
			x := at(t.Value, 0).X
			c.StrokeLine2(line(0.8, grid), x, c.Min.Y, x, c.Max.Y)
		}
		for i, v := range r.Values {
			hue, y := First, float64(n-1-i)
			if r.Hues != nil {
				hue = r.Hues[i]
			}
			if finite(r.Low[i]) && finite(r.High[i]) {
				from, to := at(r.Low[i], y), at(r.High[i], y)
				c.StrokeLine2(line(2.4, alpha(hue.color(), 0.45)), from.X, from.Y, max(to.X, from.X+0.8), to.Y)
			}
			if finite(v) {
				c.dots([]vg.Point{at(v, y)}, 3.4, hue.color())
			}
		}
	}), marks(r.Marks, ex, ey))
	p.Draw(c.crop(0, 10, 0, 0).Canvas)
}

func (r *Ranges) numbers() (head []string, rows [][]string) {
	for i, name := range r.Names {
		rows = append(rows, []string{name, decimal(r.Values[i]), decimal(r.Low[i]), decimal(r.High[i])})
	}
	return []string{slug(r.Kind), "value", "low", "high"}, rows
}

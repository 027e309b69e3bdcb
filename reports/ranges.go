package reports

import (
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
	// Over the first row there is room for the words of a mark.
	ex, ey := extentOf(true, r.Values, r.Low, r.High, markValues(r.Marks)).widen(r.Axis, 0, 0.08), extent{-0.6, float64(max(n, 1)) + 0.3}
	c.rows(r.Axis, r.Names, 40, ex, ey, r.Marks, func(c canvas, at func(x, y float64) vg.Point) {
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
	})
}

func (r *Ranges) numbers() (head []string, rows [][]string) {
	for i, name := range r.Names {
		rows = append(rows, []string{name, decimal(r.Values[i]), decimal(r.Low[i]), decimal(r.High[i])})
	}
	return []string{slug(r.Kind), "value", "low", "high"}, rows
}

package reports

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// Blades are the sorted values of named groups, each a shape whose edge they
// are, one under the other (Rousseeuw 1987): all are of one height, whatever
// the group's size.
type Blades struct {
	Names  []string
	Values [][]float64 // of each group, the highest first
	Hues   []Hue
	Axis   Axis
	Kind   string // what a name is: heads the names in the CSV
	Marks  []Mark // at values of the axis
}

const bladeRow = 30 // points a group takes

func (b *Blades) size() (w, h float64) {
	return figureWidth, float64(max(len(b.Names), 1))*bladeRow + 66
}

func (b *Blades) legend() []key { return nil }

func (b *Blades) draw(c canvas) {
	n := len(b.Names)
	names := make(ticks, n)
	for i, name := range b.Names {
		names[i] = plot.Tick{Value: float64(n - 1 - i), Label: ellipsis(name, 40)}
	}
	var at0 []float64
	for i := range b.Marks {
		b.Marks[i].Vertical = true
		at0 = append(at0, b.Marks[i].Value)
	}
	ex := extentOf(true, append(b.Values, at0)...).widen(b.Axis, 0, 0.02)
	ey := extent{-0.6, float64(max(n, 1)) + 0.1} // over the first group there is room for the words of a mark
	p := newPlot(b.Axis, Axis{}, ex, ey)
	p.Y.Tick.Marker = names
	p.Y.Tick.Label = style(textSize, ink, text.XRight, text.YCenter)
	p.X.LineStyle.Width = 0
	p.X.Tick.Length = 0
	p.Add(plotter(func(c canvas, at func(x, y float64) vg.Point) {
		for _, t := range b.Axis.Ticks(ex.lo, ex.hi) {
			x := at(t.Value, 0).X
			c.StrokeLine2(line(0.8, grid), x, c.Min.Y, x, c.Max.Y)
		}
		for i, values := range b.Values {
			c.blade(float64(n-1-i), values, b.Hues[i], at)
		}
		zero := at(0, 0).X
		c.StrokeLine2(line(0.8, soft), zero, c.Min.Y, zero, c.Max.Y)
	}), marks(b.Marks, ex, ey))
	p.Draw(c.crop(0, 10, 0, 0).Canvas)
}

// blade fills the shape between 0 and the values, from the top down.
func (c canvas) blade(middle float64, values []float64, h Hue, at func(x, y float64) vg.Point) {
	const half = 0.42
	var p vg.Path
	p.Move(at(0, middle+half))
	for i, v := range values {
		if !finite(v) {
			continue
		}
		step := 2 * half / float64(len(values))
		top := middle + half - float64(i)*step
		p.Line(at(v, top))
		p.Line(at(v, top-step))
	}
	p.Line(at(0, middle-half))
	p.Close()
	c.SetColor(h.color())
	c.Fill(p)
}

func (b *Blades) numbers() (head []string, rows [][]string) {
	for i, name := range b.Names {
		for k, v := range b.Values[i] {
			rows = append(rows, []string{name, decimal((float64(k) + 0.5) / float64(len(b.Values[i]))), decimal(v)})
		}
	}
	return []string{slug(b.Kind), "share", "value"}, rows
}

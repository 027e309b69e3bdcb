package reports

import (
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
	ex := extentOf(true, append(b.Values, markValues(b.Marks))...).widen(b.Axis, 0, 0.02)
	ey := extent{-0.6, float64(max(n, 1)) + 0.1} // over the first group there is room for the words of a mark
	c.rows(b.Axis, b.Names, 40, ex, ey, b.Marks, func(c canvas, at func(x, y float64) vg.Point) {
		for i, values := range b.Values {
			c.blade(float64(n-1-i), values, b.Hues[i], at)
		}
		zero := at(0, 0).X
		c.StrokeLine2(line(0.8, soft), zero, c.Min.Y, zero, c.Max.Y)
	})
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

package reports

import (
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const panelHeight = 190

func (p *Panels) size() (w, h float64) {
	rows := (len(p.Plots) + p.Columns - 1) / p.Columns
	height := float64(panelHeight)
	if p.Columns == 1 {
		height = 200
	}
	if p.Height > 0 {
		height = p.Height
	}
	return figureWidth, float64(max(rows, 1)) * height
}

// legend is the first panel's that has one: panels of one figure share it.
func (p *Panels) legend() []key {
	if p.Own {
		return nil
	}
	for _, q := range p.Plots {
		if keys := q.legend(); keys != nil {
			return keys
		}
	}
	return nil
}

func (p *Panels) draw(c canvas) {
	rows := (len(p.Plots) + p.Columns - 1) / p.Columns
	size := c.Size()
	w, h := size.X/vg.Length(p.Columns), size.Y/vg.Length(max(rows, 1))
	for i, q := range p.Plots {
		x, y := c.Min.X+vg.Length(i%p.Columns)*w, c.Max.Y-vg.Length(i/p.Columns)*h
		at := canvas{draw.Canvas{Canvas: c.Canvas.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: x, Y: y - h + 6},
			Max: vg.Point{X: x + w - 8, Y: y - 2},
		}}}
		if i < len(p.Names) && p.Names[i] != "" {
			at.words(bold(style(textSize, ink, text.XLeft, text.YTop)), at.Min.X, at.Max.Y, p.Names[i])
			at = at.crop(0, 0, 0, 18)
		}
		if p.Own {
			at = at.keys(q.legend())
		}
		q.draw(at)
	}
}

func (p *Panels) numbers() (head []string, rows [][]string) {
	for i, q := range p.Plots {
		h, rs := q.numbers()
		if i == 0 {
			head = append([]string{"panel"}, h...)
		}
		for _, r := range rs {
			rows = append(rows, append([]string{p.Names[i]}, r...))
		}
	}
	return head, rows
}

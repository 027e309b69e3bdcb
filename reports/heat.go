package reports

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// Points that a row takes, where there are few and where there are many: then
// the numbers would not fit, and stand in the CSV alone.
const (
	heatRow   = 28
	heatDense = 17
	heatMany  = 16
)

func (h *Heat) row() float64 {
	if len(h.Names) > heatMany {
		return heatDense
	}
	return heatRow
}

// The colours of shares 0 and 1, and of words on cells, the same on light and
// dark pages.
var (
	heatNone  = rgb(0xEDF3F8)
	heatFull  = rgb(0x004C7F)
	heatDark  = rgb(0x101418)
	heatLight = rgb(0xFDFDFD)
)

func (h *Heat) size() (w, ht float64) {
	return figureWidth, float64(max(len(h.Names), 1))*h.row() + 34
}

func (h *Heat) legend() []key { return nil }

// draw numbers the rows and heads the columns by those numbers: names would
// have to be turned, and still not fit.
func (h *Heat) draw(c canvas) {
	n := len(h.Names)
	if n == 0 {
		return
	}
	s := style(textSize, ink, text.XLeft, text.YCenter)
	numbered := make([]string, n)
	var wide vg.Length
	for i, name := range h.Names {
		numbered[i] = strconv.Itoa(i+1) + "  " + ellipsis(name, 40)
		wide = max(wide, s.Width(numbered[i]))
	}
	left, top := c.Min.X+wide+12, c.Max.Y-24
	cellW := min((c.Max.X-left)/vg.Length(n), 72)
	cellH := vg.Length(h.row())
	for i := range n {
		y := top - vg.Length(i)*cellH
		c.words(s, c.Min.X, y-cellH/2, numbered[i])
		c.words(style(textSize, soft, text.XCenter, text.YCenter), left+(vg.Length(i)+.5)*cellW, top+10, strconv.Itoa(i+1))
		for j, v := range h.Values[i] {
			x := left + vg.Length(j)*cellW
			if math.IsNaN(v) {
				if n <= heatMany {
					c.words(style(smallSize, soft, text.XCenter, text.YCenter), x+cellW/2, y-cellH/2, "–")
				}
				continue
			}
			c.SetColor(blend(heatNone, heatFull, clampUnit(v)))
			var p vg.Path
			p.Move(vg.Point{X: x + 1, Y: y - 1})
			p.Line(vg.Point{X: x + cellW - 1, Y: y - 1})
			p.Line(vg.Point{X: x + cellW - 1, Y: y - cellH + 1})
			p.Line(vg.Point{X: x + 1, Y: y - cellH + 1})
			p.Close()
			c.Fill(p)
			if n > heatMany {
				continue
			}
			words := color.Color(heatDark)
			if v > 0.45 {
				words = heatLight
			}
			size := float64(smallSize)
			if cellW < 26 {
				size = 7
			}
			c.words(style(size, words, text.XCenter, text.YCenter), x+cellW/2, y-cellH/2, strconv.FormatFloat(v, 'f', 2, 64))
		}
	}
}

func (h *Heat) numbers() (head []string, rows [][]string) {
	head = append([]string{slug(h.Kind)}, h.Names...)
	for i, name := range h.Names {
		row := []string{name}
		for _, v := range h.Values[i] {
			row = append(row, decimal(v))
		}
		rows = append(rows, row)
	}
	return head, rows
}

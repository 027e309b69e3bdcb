package reports

import (
	"fmt"
	"image/color"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Hue is a colour with a meaning: the same cluster has the same one in all
// figures and tables.
type Hue uint8

// The hues. First to First+Hues-1 are the palette; the others have their use.
const (
	NoHue Hue = iota
	First
	Grey  = First + Hues // noise
	Other = Grey + 1     // clusters beyond the palette
)

// Hues is how many colours the palette has.
const Hues = 7

// palette is of Okabe & Ito 2008, "Color Universal Design", without its black:
// told apart with any colour vision. The two at the end are greys.
var palette = [...]color.NRGBA{
	rgb(0x0072B2), rgb(0xE69F00), rgb(0x009E73), rgb(0xD55E00), rgb(0x56B4E9), rgb(0xCC79A7), rgb(0xDDC91F),
	rgb(0x7A828C), rgb(0xB4ACA0),
}

// The colours that follow the page: a renderer may exchange them for those of
// a dark page, and so no other colour may equal one of them.
var (
	ink   = rgb(0x1D2329) // text
	soft  = rgb(0x5F6B76) // text of less weight, axes
	grid  = rgb(0xE3E7EB)
	paper = rgb(0xFFFFFE)
)

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

func (h Hue) color() color.NRGBA {
	if h == NoHue {
		h = First
	}
	return palette[h-First]
}

// hex writes c as the SVG canvas does.
func hex(c color.NRGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }

func alpha(c color.NRGBA, a float64) color.NRGBA {
	c.A = uint8(255*a + .5)
	return c
}

// blend returns the colour a share t of the way from a to b.
func blend(a, b color.NRGBA, t float64) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + t*(float64(b)-float64(a)) + .5) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// Widths and sizes, in points. A page shows a figure at about 1.1 times that.
const (
	figureWidth = 680
	textSize    = 11
	smallSize   = 10
)

// faces is this package's own, so that nothing depends on settings of gonum's
// that are shared by the whole program.
var faces = text.Plain{Fonts: font.NewCache(liberation.Collection())}

func style(size float64, c color.Color, x text.XAlignment, y text.YAlignment) text.Style {
	return text.Style{
		Color:   c,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(size)},
		XAlign:  x,
		YAlign:  y,
		Handler: faces,
	}
}

func bold(s text.Style) text.Style {
	s.Font.Weight = stdfont.WeightBold
	return s
}

func line(width float64, c color.Color) draw.LineStyle {
	return draw.LineStyle{Width: vg.Length(width), Color: c}
}

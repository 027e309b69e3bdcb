package reports

import "strconv"

// A Plot says what a figure draws: data only. The kinds are *Bars, *Lines,
// *Points, *Histogram, *Ranges, *Blades, *Heat, *Grid, *Tree, *Graph and *Panels.
type Plot interface {
	size() (width, height float64) // in points; the height includes the legend
	legend() []key
	draw(canvas)
	numbers() (head []string, rows [][]string)
}

// A key is an entry of a legend.
type key struct {
	name string
	hue  Hue
	mark mark
}

type mark uint8

const (
	block mark = iota
	stroke
	cross
)

// An Axis is how the numbers of one direction are drawn.
type Axis struct {
	Label  string // with the unit
	Kind   AxisKind
	Symlog float64 // above 0: linear up to about it, logarithmic beyond, for either sign; 0: linear throughout
}

// An AxisKind is how the numbers at an axis are written.
type AxisKind uint8

// The kinds of axes.
const (
	Number  AxisKind = iota
	Bytes            // KiB, MiB
	Percent          // values are shares of 1
	Clock            // values are seconds since the Unix epoch, in UTC
)

// Bars are named values from 0 on.
type Bars struct {
	Names    []string
	Values   []float64 // at least 0
	Hues     []Hue     // one a bar; nil for the first hue
	Axis     Axis      // of the values
	Kind     string    // what a bar is: heads the names in the CSV and, upright, stands under them
	Upright  bool      // bars stand; else they lie, names at their left
	Total    []float64 // upright only: a line over the bars, such as a running sum; may be nil
	TotalKey string    // what the line is
}

// Lines are values over a common direction.
type Lines struct {
	X, Y   Axis
	Series []Series
	Marks  []Mark
	Square bool // both axes go from 0 to 1
}

// A Series is one line.
type Series struct {
	Name string
	X, Y []float64
	Hue  Hue
	Dots bool // a dot at each value
}

// A Mark is a line across the plot at a value, with a few words.
type Mark struct {
	Value    float64
	Text     string
	Vertical bool // at a value of X
}

// Points are n points of the plane. Many are drawn as densities: hexagons, the
// darker the more samples lie in them, in the colour of most of them.
type Points struct {
	X, Y   Axis
	Px, Py []float64
	Weight []float64 // samples a point stands for; nil if 1 each
	Groups []Group   // at least one
	Of     []uint8   // group of each point; nil if there is but one
}

// A Group is points of one colour.
type Group struct {
	Name  string
	Hue   Hue
	Noise bool // drawn as crosses, over the others
}

// A Histogram is counts by ranges of a value.
type Histogram struct {
	X, Y   Axis
	Name   string // of the value
	Edges  []float64
	Counts []float64 // one less than Edges
	Marks  []Mark
}

// Heat is a square table of shares from 0 to 1; NaN is left empty.
type Heat struct {
	Names  []string
	Values [][]float64
	Kind   string // what the names are
}

// Panels are plots side by side, in rows of Columns.
type Panels struct {
	Columns int
	Height  float64  // of a row, in points; 0 for the usual
	Names   []string // over each plot
	Plots   []Plot
	Own     bool // each has a legend of its own
}

// decimal writes v in full for programs: "" where there is none.
func decimal(v float64) string {
	if !finite(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// rounded returns v with so many significant digits.
func rounded(v float64, digits int) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	return r
}

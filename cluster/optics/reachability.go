package optics

import (
	"math"
	"slices"
	"strconv"

	"toolkit/features"
)

// spans is into how many equal stretches of samples a long plot is cut: more than
// a figure of it is pixels wide. Of each at most four points are kept.
const spans = 1250

// reachability returns the plot as a table: its points in order, so that a line
// through them is at the reachability of each sample, copies included. core is
// that of each row, squared.
func (m *Method) reachability(p *plot, core []float64, c *features.Collapsed, x *features.Matrix) *features.Table {
	place, reach, dist := fields()
	row := &features.Column{Field: features.Field{Name: "row", Type: features.Int, Role: features.Key, Doc: "Row of the table, the first of its copies. Of the copies the first, the second and the last are here: those between are as the last."}}
	points := p.thin()
	for _, k := range points {
		r := p.row[k]
		place.Floats = append(place.Floats, p.before[k])
		row.Ints = append(row.Ints, x.TableRow(int(c.Row[r])))
		appendDistance(reach, p.reach[k])
		appendDistance(dist, math.Sqrt(core[r]))
	}
	t := &features.Table{Name: "reachability", Columns: []*features.Column{place, row, reach, dist}, Meta: map[string]string{
		"min_samples": strconv.Itoa(m.MinSamples),
		"rows":        strconv.Itoa(len(p.first)),
		"thinned":     strconv.FormatBool(len(points) < len(p.row)),
	}}
	if m.Eps > 0 {
		t.Meta["eps"] = formatFloat(m.Eps)
	}
	return t
}

// thin returns the numbers of the points to draw: all, or, of more than four a
// span, the first, the last, the lowest and the highest of each span, through
// which a line looks like that through all (M4: Jugel et al., VLDB 2014).
func (p *plot) thin() []int {
	n := len(p.row)
	var kept []int
	if n <= 4*spans {
		for k := range n {
			kept = append(kept, k)
		}
		return kept
	}
	span := func(k int) int { return int(p.before[k] / p.before[n] * spans) }
	for lo, hi := 0, 0; lo < n; lo = hi {
		least, most := lo, lo
		for hi = lo; hi < n && span(hi) == span(lo); hi++ {
			if p.reach[hi] < p.reach[least] {
				least = hi
			}
			if p.reach[hi] > p.reach[most] {
				most = hi
			}
		}
		kept = append(kept, lo, min(least, most), max(least, most), hi-1)
	}
	return slices.Compact(kept)
}

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

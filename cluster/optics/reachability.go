package optics

import (
	"strconv"

	"toolkit/features"
	"toolkit/internal/near"
)

// plotRows is how many rows of the order a table has at most.
const plotRows = 5000

// reachability returns the reachability plot: the rows in order. Of an order of
// more than plotRows rows it has, of each of equal runs of rows, the first row of
// the greatest and the first of the least reachability, so that neither hills nor
// valleys are lost.
func (m *Method) reachability(o *near.Order, core []float64, c *features.Collapsed, x *features.Matrix) *features.Table {
	place, reach, dist := fields()
	row := &features.Column{Field: features.Field{Name: "row", Type: features.Int, Role: features.Key, Doc: "Row of the table, the first of its copies."}}
	runs := len(o.Rows)
	if runs > plotRows {
		runs = plotRows / 2
	}
	before, k := 0.0, 0
	for run := range runs {
		end := (run + 1) * len(o.Rows) / runs
		most, least := k, k
		for i := k; i < end; i++ {
			if o.Reach[o.Rows[i]] > o.Reach[o.Rows[most]] {
				most = i
			}
			if o.Reach[o.Rows[i]] < o.Reach[o.Rows[least]] {
				least = i
			}
		}
		for ; k < end; k++ {
			r := o.Rows[k]
			if k == most || k == least {
				place.Floats = append(place.Floats, before)
				row.Ints = append(row.Ints, x.TableRow(int(c.Row[r])))
				appendDistance(reach, o.Reach[r])
				appendDistance(dist, core[r])
			}
			before += c.Weight[r]
		}
	}
	t := &features.Table{Name: "reachability", Columns: []*features.Column{place, row, reach, dist}, Meta: map[string]string{
		"min_samples": strconv.Itoa(m.MinSamples),
		"rows":        strconv.Itoa(len(o.Rows)),
		"thinned":     strconv.FormatBool(place.Len() < len(o.Rows)),
	}}
	if m.Eps > 0 {
		t.Meta["eps"] = formatFloat(m.Eps)
	}
	return t
}

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

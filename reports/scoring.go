package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"toolkit/features"
)

const (
	scoreBins    = 40
	columnsShown = 12 // of a table, in small histograms
)

// histogram counts the samples by ranges of equal length of the score, and
// returns the least score that is called anomalous, NaN if none is.
func (r *result) histogram() (h *Histogram, threshold float64) {
	v := floats(r.t, "score")
	e := extentOf(false, v)
	axis := Axis{Label: "score", Symlog: symlogFor(v)}
	h = &Histogram{Name: r.name(), X: axis, Y: Axis{Label: "samples", Symlog: 1}, Counts: make([]float64, scoreBins)}
	n := axis.normalizer() // ranges are of equal length as they are drawn
	for k := range scoreBins + 1 {
		at := float64(k) / scoreBins
		h.Edges = append(h.Edges, n.back(n.forth(e.lo)+at*(n.forth(e.hi)-n.forth(e.lo))))
	}
	h.Edges[0], h.Edges[scoreBins] = e.lo, e.hi
	threshold = math.NaN()
	for i, s := range v {
		if !finite(s) {
			continue
		}
		k := int(n.Normalize(e.lo, e.hi, s) * scoreBins)
		h.Counts[max(0, min(k, scoreBins-1))] += r.w(i)
		if r.flags(i) && !(threshold <= s) {
			threshold = s
		}
	}
	if finite(threshold) {
		h.Marks = []Mark{{Value: threshold, Text: human(threshold), Vertical: true}}
	}
	return h, threshold
}

// bins draws the histograms that HBOS scores by, those of the columns that
// can add most to a score first.
func (b *builder) bins(r *result) *Figure {
	t := b.part(r, "bins")
	if t == nil || t.Column("column") == nil {
		return nil
	}
	for _, name := range []string{"low", "high", "samples", "score"} {
		if numeric(t, name) == nil {
			return nil
		}
	}
	type histogram struct {
		*Histogram
		top float64
	}
	var all []*histogram
	column, low, high, n, score := t.Column("column"), floats(t, "low"), floats(t, "high"), floats(t, "samples"), floats(t, "score")
	scaled := t.Column("low").Unit == features.Coordinate && r.t.Meta["scale"] != "" && r.t.Meta["scale"] != "none"
	var h *histogram
	for i := range t.Len() {
		if name := column.String(i); h == nil || h.Name != name {
			h = &histogram{&Histogram{Name: name, Y: Axis{Label: "samples", Symlog: 1}, Edges: []float64{low[i]}}, math.Inf(-1)}
			if c := numericOf(r.rows, name); c != nil && !scaled {
				h.Marks = b.fences(r.table, c)
				h.X.Label = string(c.Unit)
				if c.Unit == features.Bytes {
					h.X.Kind = Bytes
				}
			} else if scaled {
				h.X.Label = "scaled"
			}
			all = append(all, h)
		}
		h.Edges, h.Counts = append(h.Edges, high[i]), append(h.Counts, n[i])
		h.top = max(h.top, score[i])
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(p, q *histogram) int { return cmp.Compare(q.top, p.top) })
	p := &Panels{Columns: 3}
	if len(all) < 3 {
		p.Columns = 2
	}
	for _, h := range all[:min(len(all), columnsShown)] {
		p.Names, p.Plots = append(p.Names, h.Name), append(p.Plots, h.Histogram)
	}
	f := &Figure{ID: b.id(r.table, r.algo, "bins"), Title: "The histograms behind " + r.name(), Plot: p,
		Alt: "Counts by ranges of " + list(p.Names) + "."}
	which := ""
	if len(all) > columnsShown {
		which = fmt.Sprintf("The %d of %d columns that can add most to a score", columnsShown, len(all))
	}
	f.Caption = sentence(fmt.Sprintf("%s, n = %s samples. Samples in sparse ranges score high. Counts are logarithmic; broken lines are the outer fences of the IQR test, three interquartile ranges beyond the quartiles", r.table, human(samples(r.t))), which, capital(made(r.t)))
	return f
}

// fences are Tukey's outer fences of a column, three interquartile ranges from
// the quartiles, where that range is not 0; of samples in which there are
// records.
func (b *builder) fences(table string, c *features.Column) []Mark {
	o := b.ordinary(table, c)
	low, high := o.Quantile(0.25), o.Quantile(0.75)
	if !(high > low) {
		return nil
	}
	var marks []Mark
	for _, v := range []float64{low - 3*(high-low), high + 3*(high-low)} {
		if v >= o.Values[0] && v <= o.Values[len(o.Values)-1] {
			marks = append(marks, Mark{Value: v, Vertical: true})
		}
	}
	return marks
}

func numericOf(t *features.Table, name string) *features.Column {
	if t == nil {
		return nil
	}
	return numeric(t, name)
}

// joined joins the parts there are by blanks.
func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

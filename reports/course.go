package reports

import (
	"fmt"
	"slices"

	"toolkit/features"
)

const entropyBins = 200 // points of a line at most

// overTimeSection is the section on what changes over time; nil if nothing
// says so.
func (b *builder) overTimeSection() *Section {
	s := &Section{ID: b.id("course"), Title: "Over time"}
	for _, f := range []*Figure{b.alertRate(), b.drift(), b.entropies()} {
		if f != nil {
			s.Figures = append(s.Figures, f)
		}
	}
	if s.Figures == nil {
		return nil
	}
	return s
}

// entropies draws the entropies of the windows.
func (b *builder) entropies() *Figure {
	t := b.table(features.EntropyWindowsTable)
	if t == nil || startOf(t) == nil || t.Len() < 2 {
		return nil
	}
	start := startOf(t)
	c := clockOf(slices.Min(start.Ints), slices.Max(start.Ints), entropyBins)
	x := make([]float64, c.n)
	for k, e := range c.edges()[:c.n] {
		x[k] = e
	}
	p := &Panels{Columns: 2, Height: 150}
	for _, col := range t.Columns {
		if !col.Numeric() || col.Unit != features.Nats {
			continue
		}
		sum, n := make([]float64, c.n), make([]float64, c.n)
		for i := range t.Len() {
			if k := c.at(start.Ints[i]); k >= 0 && finite(col.Float(i)) {
				sum[k], n[k] = sum[k]+col.Float(i), n[k]+1
			}
		}
		for k := range sum {
			sum[k] /= n[k] // NaN where there is no window
		}
		p.Names = append(p.Names, col.Name)
		p.Plots = append(p.Plots, &Lines{X: Axis{Kind: Clock}, Y: Axis{Label: "nats"}, Series: []Series{{X: x, Y: sum, Hue: First}}})
	}
	if p.Plots == nil {
		return nil
	}
	return &Figure{ID: b.id("entropies"), Title: "Entropy of addresses and ports over time", Plot: p,
		Caption: fmt.Sprintf("n = %s windows, means of %s; times are UTC. Shannon entropy of the records of each window (Lakhina et al. 2005): a scan spreads destinations or ports, a flood gathers them.", whole(int64(t.Len())), c.length()),
		Alt:     "Lines over time of " + list(p.Names) + "."}
}

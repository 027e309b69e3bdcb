package reports

import (
	"fmt"

	"toolkit/features"
)

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
	l := &Lines{X: cut(start.Ints[0], start.Ints[t.Len()-1], 1e6).axis(), Y: Axis{Label: "entropy [nats]"}}
	x := make([]float64, t.Len())
	for i := range x {
		x[i] = float64(start.Ints[i]) / 1e6
	}
	for _, c := range t.Columns {
		if c.Numeric() && c.Unit == features.Nats && len(l.Series) < Hues {
			l.Series = append(l.Series, Series{Name: c.Name, X: x, Y: floats(t, c.Name), Hue: First + Hue(len(l.Series))})
		}
	}
	if l.Series == nil {
		return nil
	}
	return &Figure{ID: b.id("entropies"), Title: "Entropy of addresses and ports over time", Plot: l,
		Caption: fmt.Sprintf("n = %s windows. Shannon entropy of the records of each (Lakhina et al. 2005): a scan spreads destinations or ports, a flood gathers them.", whole(int64(t.Len()))),
		Alt:     "A line for each field of the records."}
}

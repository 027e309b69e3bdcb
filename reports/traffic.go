package reports

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"toolkit/features"
)

// A traffic is what the flow tuples say of the records as a whole.
type traffic struct {
	tuples, records int64
	up, down        float64
	first, last     int64 // microseconds; valid if records > 0 and timed
	timed           bool
	protocols       []tally
	states          []tally
	sources         []tally // by records
}

// A tally is what one value of a column amounts to.
type tally struct {
	name                   string
	tuples, records, bytes float64
}

// traffic sums up the flow tuples; nil if they are not there.
func (b *builder) traffic() *traffic {
	t := b.table("flow_tuples")
	if t == nil || numeric(t, "num_conns") == nil {
		return nil
	}
	s := &traffic{tuples: int64(t.Len())}
	conns := numeric(t, "num_conns")
	up, down := numeric(t, "bytes_up"), numeric(t, "bytes_dw")
	value := func(c *features.Column, i int) float64 {
		if c == nil || math.IsNaN(c.Float(i)) {
			return 0
		}
		return c.Float(i)
	}
	first, last := t.Column("time_first_seen"), t.Column("time_last_seen")
	s.timed = first != nil && last != nil && first.Type == features.Time && last.Type == features.Time
	by := func(name string) func(i int) {
		c := t.Column(name)
		if c == nil {
			return nil
		}
		tallies := map[string]*tally{}
		list := &s.protocols
		if name == "src_ip" {
			list = &s.sources
		}
		return func(i int) {
			if i < 0 {
				for _, v := range tallies {
					*list = append(*list, *v)
				}
				return
			}
			word := c.String(i)
			if tallies[word] == nil {
				tallies[word] = &tally{name: word}
			}
			v := tallies[word]
			v.tuples++
			v.records += value(conns, i)
			v.bytes += value(up, i) + value(down, i)
		}
	}
	gather := []func(int){by("ip_protocol"), by("src_ip")}
	for i := range t.Len() {
		s.records += int64(value(conns, i))
		s.up += value(up, i)
		s.down += value(down, i)
		if s.timed {
			if i == 0 || first.Ints[i] < s.first {
				s.first = first.Ints[i]
			}
			if i == 0 || last.Ints[i] > s.last {
				s.last = last.Ints[i]
			}
		}
		for _, g := range gather {
			if g != nil {
				g(i)
			}
		}
	}
	for _, g := range gather {
		if g != nil {
			g(-1)
		}
	}
	for _, c := range t.Columns {
		if name, ok := strings.CutPrefix(c.Name, "state_"); ok && c.Numeric() {
			var n float64
			for i := range t.Len() {
				n += value(c, i)
			}
			s.states = append(s.states, tally{name: name, records: n})
		}
	}
	sortTallies(s.protocols, func(t tally) float64 { return t.records })
	sortTallies(s.sources, func(t tally) float64 { return t.records })
	sortTallies(s.states, func(t tally) float64 { return t.records })
	return s
}

func sortTallies(ts []tally, by func(tally) float64) {
	slices.SortFunc(ts, func(p, q tally) int { return cmp.Or(cmp.Compare(by(q), by(p)), cmp.Compare(p.name, q.name)) })
}

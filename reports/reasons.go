package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/features"
)

const (
	mostReasons = 3    // said of a row
	leastWeight = 0.05 // of a reason after the first
	fewValues   = 50   // of a column whose single values can be called rare
)

// why says in words what made row i of a table strange: the reasons of the
// first method that calls it anomalous and can explain itself, else those
// columns in which it is farthest out.
func (b *builder) why(table string, i int) string {
	t := b.in.Tables[table]
	if t == nil {
		return ""
	}
	rs := b.of(table, judges)
	slices.SortStableFunc(rs, func(p, q *result) int {
		return cmp.Compare(bit(q.flags(i)), bit(p.flags(i)))
	})
	if b.in.Explain != nil {
		for _, r := range rs {
			if said := b.reasonWords(t, table, i, b.in.Explain(table, r.algo, i)); said != "" {
				return said
			}
		}
	}
	return b.reasonWords(t, table, i, b.farthest(table, rs, i))
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// farthest gives as reasons the columns in which row i has a value that at
// most one sample in a hundred has, the rarest first.
func (b *builder) farthest(table string, rs []*result, i int) []algo.Reason {
	var used []string
	for _, r := range rs {
		for _, name := range strings.Split(r.t.Meta["features"], ",") {
			if name != "" && !slices.Contains(used, name) {
				used = append(used, name)
			}
		}
	}
	t := b.in.Tables[table]
	if used == nil {
		used = t.Names(func(c *features.Column) bool { return c.Numeric() && c.Role == features.Value })
	}
	var reasons []algo.Reason
	for _, name := range used {
		c := numeric(t, name)
		if c == nil || !finite(c.Float(i)) {
			continue
		}
		o := b.ordinary(table, c)
		v := c.Float(i)
		if out := math.Abs(o.rank(v) - 0.5); v > o.quantile(0.99) || v < o.quantile(0.01) {
			reasons = append(reasons, algo.Reason{Column: name, Value: v, Weight: 2 * out})
		}
	}
	slices.SortStableFunc(reasons, func(p, q algo.Reason) int { return cmp.Compare(q.Weight, p.Weight) })
	return reasons
}

// reasonWords says the reasons, with the values of the table and what is common in
// it.
func (b *builder) reasonWords(t *features.Table, table string, i int, reasons []algo.Reason) string {
	var parts []string
	for k, r := range reasons {
		if len(parts) == mostReasons || k > 0 && r.Weight > 0 && r.Weight < leastWeight {
			break
		}
		c := numeric(t, r.Column)
		if c == nil || i >= c.Len() || !finite(c.Float(i)) {
			parts = append(parts, r.String())
			continue
		}
		parts = append(parts, r.Column+" "+compared(c.Float(i), c, b.ordinary(table, c)))
	}
	return strings.Join(parts, "; ")
}

// compared says a value beside what is common.
func compared(v float64, c *features.Column, o *ordinary) string {
	s := value(v, c.Unit)
	if c.Type == features.Bool {
		if c.Unit != features.Flag {
			s = value(v, features.Flag)
		}
		return s + ", as only " + percent(o.with(v)) + " are"
	}
	low, high := o.quantile(0.01), o.quantile(0.99)
	switch {
	case v > high:
		return fmt.Sprintf("%s, where 99\u00a0%% have at most %s", s, value(high, c.Unit))
	case v < low:
		return fmt.Sprintf("%s, where 99\u00a0%% have at least %s", s, value(low, c.Unit))
	}
	// Where there are many values each is rare.
	if p := o.with(v); p > 0 && p < 0.01 && len(o.values) <= fewValues {
		return fmt.Sprintf("%s, as only %s have", s, percent(p))
	}
	return fmt.Sprintf("%s (median %s)", s, value(o.quantile(0.5), c.Unit))
}

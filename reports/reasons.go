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
	leastWeight = 0.05 // of a method's reason after its first
	fewValues   = 50   // of a column whose single values can be called rare
)

// why says in words what made row i of a table strange: the columns that weigh
// most in the reasons of the methods that call it anomalous, of those in which
// its value is out of the ordinary. Where the methods name none of these, or
// cannot explain themselves, it looks for such columns itself.
func (b *builder) why(table string, i int) string {
	if b.in.Tables[table] == nil {
		return ""
	}
	rs := b.of(table, judges)
	clues := b.explained(table, rs, i)
	odd := b.odd(table, clues)
	if len(odd) == 0 {
		odd = b.odd(table, b.farthest(table, rs, i))
	}
	if len(odd) == 0 {
		odd = clues
	}
	var parts []string
	for _, c := range odd[:min(len(odd), mostReasons)] {
		if c.known() {
			parts = append(parts, c.Column+" "+compared(c.Value, c.column, b.ordinary(table, c.column)))
		} else {
			parts = append(parts, c.Reason.String())
		}
	}
	return strings.Join(parts, "; ")
}

// A clue is a reason with the row's own value.
type clue struct {
	algo.Reason
	column *features.Column // nil if the table has none of that name
}

func (c *clue) known() bool { return c.column != nil && finite(c.Value) }

// explained adds up the reasons of the methods that flag row i, of all that
// judge it if none does. Each method's weights count as shares of 1.
func (b *builder) explained(table string, rs []*result, i int) []clue {
	if b.in.Explain == nil {
		return nil
	}
	flagging := slices.DeleteFunc(slices.Clone(rs), func(r *result) bool { return !r.flags(i) })
	if len(flagging) == 0 {
		flagging = rs
	}
	var clues []clue
	for _, r := range flagging {
		reasons := b.in.Explain(table, r.algo, i)
		var sum float64
		for _, q := range reasons {
			sum += q.Weight
		}
		for k, q := range reasons {
			w := 1 / float64(k+1) // by place, where there are no weights
			if sum > 0 {
				w = q.Weight / sum
			}
			if k > 0 && w < leastWeight {
				continue
			}
			at := slices.IndexFunc(clues, func(c clue) bool { return c.Column == q.Column })
			if at < 0 {
				at = len(clues)
				c := clue{q, numeric(b.in.Tables[table], q.Column)}
				if c.Weight = 0; c.column != nil {
					c.Value = c.column.Float(i)
				}
				clues = append(clues, c)
			}
			clues[at].Weight += w / float64(len(flagging))
		}
	}
	slices.SortStableFunc(clues, func(p, q clue) int { return cmp.Compare(q.Weight, p.Weight) })
	return clues
}

// odd returns the clues whose value at most one sample in a hundred has, or
// one beyond it.
func (b *builder) odd(table string, clues []clue) []clue {
	return slices.DeleteFunc(slices.Clone(clues), func(c clue) bool {
		if !c.known() {
			return true
		}
		o := b.ordinary(table, c.column)
		rare := len(o.values) <= fewValues && o.with(c.Value) < 0.01
		return !rare && c.Value <= o.quantile(0.99) && c.Value >= o.quantile(0.01)
	})
}

// farthest gives as clues the columns that the methods learned from, those in
// which row i is farthest from the middle of the samples first.
func (b *builder) farthest(table string, rs []*result, i int) []clue {
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
	var clues []clue
	for _, name := range used {
		if c := numeric(t, name); c != nil && finite(c.Float(i)) {
			v := c.Float(i)
			clues = append(clues, clue{algo.Reason{Column: name, Value: v, Weight: math.Abs(b.ordinary(table, c).rank(v) - 0.5)}, c})
		}
	}
	slices.SortStableFunc(clues, func(p, q clue) int { return cmp.Compare(q.Weight, p.Weight) })
	return clues
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

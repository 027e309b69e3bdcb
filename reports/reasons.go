package reports

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/explain"
	"toolkit/features"
)

const (
	mostReasons = 3    // said of a row
	leastWeight = 0.05 // of a method's reason after its first
)

// why says in words what made row i of a table strange: the columns that weigh
// most in the reasons of the methods that call it anomalous, of those in which
// its value is out of the ordinary. Where the methods name none of these, or
// cannot explain themselves, it looks for such columns itself.
func (b *builder) why(table string, i int) string {
	if b.in.Tables[table] == nil {
		return ""
	}
	return b.whyOf(table, b.of(table, judges), i)
}

// whyOf is why by the given results of the table alone.
func (b *builder) whyOf(table string, rs []*result, i int) string {
	clues := b.explained(table, rs, i)
	var odd []clue
	for _, level := range explain.Levels {
		if len(odd) == 0 {
			odd = b.odd(table, clues, level)
		}
		if len(odd) == 0 {
			odd = b.odd(table, b.farthest(table, rs, i), level)
		}
	}
	if len(odd) == 0 {
		odd = clues
	}
	var parts []string
	for _, c := range odd[:min(len(odd), mostReasons)] {
		if c.known() {
			parts = append(parts, c.Column+" "+explain.Compared(c.Value, c.column, b.ordinary(table, c.column)))
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

// odd returns the clues whose value is beyond a level of the samples, or rare.
func (b *builder) odd(table string, clues []clue, level float64) []clue {
	return slices.DeleteFunc(slices.Clone(clues), func(c clue) bool {
		if !c.known() {
			return true
		}
		o := b.ordinary(table, c.column)
		p, _, _ := o.Beyond(c.Value)
		return p < level && !o.Rare(c.Value)
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
			clues = append(clues, clue{algo.Reason{Column: name, Value: v, Weight: math.Abs(b.ordinary(table, c).Rank(v) - 0.5)}, c})
		}
	}
	slices.SortStableFunc(clues, func(p, q clue) int { return cmp.Compare(q.Weight, p.Weight) })
	return clues
}

// ordinary returns what the values of a column of a table commonly are; it
// is worked out when first asked for.
func (b *builder) ordinary(table string, c *features.Column) *explain.Ordinary {
	key := table + "\x00" + c.Name
	if b.common[key] == nil {
		b.common[key] = explain.Common(b.in.Tables[table], c)
	}
	return b.common[key]
}

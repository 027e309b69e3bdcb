package detect

import (
	"slices"

	"toolkit/algo"
	"toolkit/detect/state"
	"toolkit/features"
)

// reasonsColumn returns the reasons of alerts as a column of lists.
func reasonsColumn(alerts []*Alert) *features.Column {
	number := func(name string) *features.Column {
		return &features.Column{Field: features.Field{Name: name, Type: features.Float}}
	}
	c := &features.Column{Field: features.Field{Name: "reasons", Type: features.List, Role: features.Outcome,
		Doc: "What was out of the ordinary: feature, value, and the fences that it is outside of; of a category, NAME=VALUE, how many (value) of how many samples (of) have it."}}
	var names []string
	value, low, high, of := number("value"), number("low"), number("high"), number("of")
	for _, a := range alerts {
		for _, r := range a.Reasons {
			names = append(names, r.Column)
			value.AppendFloat(r.Value)
			low.AppendFloat(r.Low)
			high.AppendFloat(r.High)
			if r.Of > 0 {
				of.AppendFloat(r.Of)
			} else {
				of.AppendNull()
			}
		}
		c.Ends = append(c.Ends, int32(len(names)))
	}
	c.Items = []*features.Column{features.TextColumn(features.Field{Name: "feature"}, names), value, low, high, of}
	return c
}

// ReasonsOf returns what tells the reasons of each row of a table of alerts: none
// if it has no column of them. Their weights are not kept.
func ReasonsOf(alerts *features.Table) func(i int) []algo.Reason {
	c := alerts.Column("reasons")
	if c == nil || c.Type != features.List || len(c.Items) < 4 || c.Items[0].Type != features.Text ||
		slices.ContainsFunc(c.Items[1:], func(c *features.Column) bool { return c.Type != features.Float }) {
		return func(int) []algo.Reason { return nil }
	}
	return func(i int) []algo.Reason {
		if c.IsNull(i) {
			return nil
		}
		var rs []algo.Reason
		lo, hi := c.Span(i)
		for k := lo; k < hi; k++ {
			r := algo.Reason{Column: c.Items[0].String(k), Value: c.Items[1].Float(k), Low: c.Items[2].Float(k), High: c.Items[3].Float(k)}
			if len(c.Items) > 4 && !c.Items[4].IsNull(k) { // older tables don't have it
				r.Of = c.Items[4].Float(k)
			}
			rs = append(rs, r)
		}
		return rs
	}
}

// SaveReasons writes rs.
func SaveReasons(w *state.Writer, rs []algo.Reason) {
	w.Len(len(rs))
	for _, x := range rs {
		w.String(x.Column)
		for _, v := range []float64{x.Value, x.Low, x.High, x.Weight, x.Of} {
			w.Float(v)
		}
	}
}

// LoadReasons returns what SaveReasons wrote.
func LoadReasons(r *state.Reader) []algo.Reason {
	rs := make([]algo.Reason, r.Len(41))
	for i := range rs {
		rs[i] = algo.Reason{Column: r.String(), Value: r.Float(), Low: r.Float(), High: r.Float(), Weight: r.Float(), Of: r.Float()}
	}
	return rs
}

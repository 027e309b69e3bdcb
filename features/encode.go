package features

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// MaxValues is how many values of a Text column become columns of their own
// when it is chosen.
const MaxValues = 32

// What stands after = for rows without a value, and for those of any value
// that has no column of its own among those chosen.
const (
	nullValue  = "null"
	otherValue = "other"
)

// encoded returns what a Text column becomes when it is chosen: NAME=VALUE for
// the values of the most samples, in ascending order; NAME=other if there are
// more; NAME=null if rows have no value. Values that can't be told from these
// or in a list, as they have a comma, are among the others.
func (t *Table) encoded(c *Column) []string {
	weight := make([]float64, len(c.Dict))
	var nulls, others bool
	w := t.Weights()
	for i, code := range c.Codes {
		switch {
		case c.IsNull(i):
			nulls = true
		case w == nil:
			weight[code]++
		default:
			weight[code] += w.Float(i)
		}
	}
	// Values that are twice in the dictionary count once.
	sum := make(map[string]float64)
	for code, s := range c.Dict {
		if weight[code] > 0 {
			sum[s] += weight[code]
		}
	}
	var values []string
	for s := range sum {
		if s == nullValue || s == otherValue || strings.Contains(s, ",") {
			others = true
			continue
		}
		values = append(values, s)
	}
	slices.SortFunc(values, func(a, b string) int { return cmp.Or(cmp.Compare(sum[b], sum[a]), cmp.Compare(a, b)) })
	if len(values) > MaxValues {
		values, others = values[:MaxValues], true
	}
	slices.Sort(values)
	if others {
		values = append(values, otherValue)
	}
	if nulls {
		values = append(values, nullValue)
	}
	for k, s := range values {
		values[k] = c.Name + "=" + s
	}
	return values
}

// indicator returns the column and the value that NAME=VALUE stands for, nil
// if it stands for none: for Text any value, for others only null.
func (t *Table) indicator(name string) (c *Column, value string) {
	for i := range len(name) {
		if name[i] != '=' {
			continue
		}
		if c, value := t.Column(name[:i]), name[i+1:]; c != nil && (c.Type == Text || value == nullValue) {
			return c, value
		}
	}
	return nil, ""
}

// A source gives the values of a column of a matrix.
type source struct {
	column *Column
	is     []bool // for NAME=VALUE: which numbers in Dict have the value
	null   bool   // for NAME=null
	code   bool   // for a Text column as it is: numbers in categories
}

// categories returns the names of the categories that the source gives the
// numbers of: those of the dictionary, and null behind them; nil for others.
func (s *source) categories() []string {
	if !s.code {
		return nil
	}
	return append(slices.Clone(s.column.Dict), nullValue)
}

// categoriesOf returns the categories of all sources, nil if all are of numbers.
func categoriesOf(sources []source) (all [][]string) {
	if !slices.ContainsFunc(sources, func(s source) bool { return s.code }) {
		return nil
	}
	for _, s := range sources {
		all = append(all, s.categories())
	}
	return all
}

func (s *source) at(i int) float64 {
	switch c := s.column; {
	case s.code && c.IsNull(i):
		return float64(len(c.Dict))
	case s.code:
		return float64(c.Codes[i])
	case s.null:
		return float64(flag(c.IsNull(i)))
	case s.is != nil:
		return float64(flag(!c.IsNull(i) && s.is[c.Codes[i]]))
	default:
		return c.Float(i)
	}
}

// fill sets dst[0], dst[stride], … to the values of all rows.
func (s *source) fill(dst []float64, stride int) {
	c := s.column
	whole := c.Null == nil && s.is == nil && !s.null && !s.code
	switch {
	case whole && c.Type == Float:
		for i, v := range c.Floats {
			dst[i*stride] = v
		}
	case whole && c.Numeric():
		for i, v := range c.Ints {
			dst[i*stride] = float64(v)
		}
	default:
		for i := range c.Len() {
			dst[i*stride] = s.at(i)
		}
	}
}

// sources returns where the named columns come from.
func (t *Table) sources(names []string) ([]source, error) {
	sources := make([]source, len(names))
	for j, name := range names {
		if c := t.Column(name); c != nil {
			if !c.Numeric() && c.Type != Text {
				return nil, fmt.Errorf("column %s of %s is neither numeric nor text", name, t.Name)
			}
			sources[j].column, sources[j].code = c, c.Type == Text
			continue
		}
		c, value := t.indicator(name)
		if c == nil {
			name, _, _ = strings.Cut(name, "=")
			return nil, t.missing(name)
		}
		sources[j].column = c
		if value == nullValue {
			sources[j].null = true
			continue
		}
		is := make([]bool, len(c.Dict))
		for code, s := range c.Dict {
			if value == otherValue {
				is[code] = s == nullValue || s == otherValue || !slices.Contains(names, c.Name+"="+s)
			} else {
				is[code] = s == value
			}
		}
		sources[j].is = is
	}
	return sources, nil
}

// Weights returns the column that says how many samples a row stands for, nil
// if there is none.
func (t *Table) Weights() *Column {
	var weight *Column
	for _, c := range t.Columns {
		if c.Role == Weight {
			weight = c
		}
	}
	return weight
}

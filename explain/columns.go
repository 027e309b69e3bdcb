package explain

import (
	"encoding/json"
	"math"

	"toolkit/features"
)

// A Number is a figure that JSON shows as null where it is not finite.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if !finite(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// nan is the Number of what is not known.
var nan = Number(math.NaN())

// unitOf returns what a column is counted in, flags too.
func unitOf(c *features.Column) features.Unit {
	if c.Type == features.Bool {
		return features.Flag
	}
	return c.Unit
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// numeric returns the named column if it holds numbers, nil if there is none.
func numeric(t *features.Table, name string) *features.Column {
	return typed(t, name, (*features.Column).Numeric)
}

// text returns the named column if it holds text.
func text(t *features.Table, name string) *features.Column {
	return typed(t, name, func(c *features.Column) bool { return c.Type == features.Text })
}

// moments returns the named column if it holds times.
func moments(t *features.Table, name string) *features.Column {
	return typed(t, name, func(c *features.Column) bool { return c.Type == features.Time })
}

func typed(t *features.Table, name string, is func(*features.Column) bool) *features.Column {
	if t == nil {
		return nil
	}
	if c := t.Column(name); c != nil && is(c) {
		return c
	}
	return nil
}

// code returns the number of a word in the dictionary of c; false if it is
// not there, or there is no c.
func code(c *features.Column, word string) (uint32, bool) {
	if c == nil {
		return 0, false
	}
	for i, s := range c.Dict {
		if s == word {
			return uint32(i), true
		}
	}
	return 0, false
}

// at returns row i of a column as a number, 0 if there is no column or value.
func at(c *features.Column, i int) float64 {
	if c == nil || c.IsNull(i) {
		return 0
	}
	return c.Float(i)
}

// lists returns the numbers that row i of a list column holds.
func lists(c *features.Column, i int) []int64 {
	if c == nil || c.Type != features.List || len(c.Items) == 0 || c.Items[0].Type != features.Int || c.IsNull(i) {
		return nil
	}
	lo, hi := c.Span(i)
	return c.Items[0].Ints[lo:hi]
}

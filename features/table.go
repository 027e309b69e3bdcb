package features

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// A Type is the kind of values that a column holds.
type Type uint8

// The types of columns.
const (
	Int   Type = iota // whole numbers: Arrow int64
	Float             // Arrow float64
	Bool              // Arrow bool
	Text              // Arrow dictionary<uint32, utf8>
	Time              // microseconds since the Unix epoch: Arrow timestamp[us, UTC]
	List              // Arrow list, of its one item column or of a struct of several
)

// A Unit is what the values of a column are counted in.
type Unit string

// The units.
const (
	Count   Unit = "count"
	Bytes   Unit = "bytes"
	Seconds Unit = "seconds"
	Ratio   Unit = "ratio"
	Nats    Unit = "nats"
	Rate    Unit = "bytes/second"
	Flag    Unit = "flag"
	None    Unit = ""

	// Coordinate is that of values which an algorithm learned from, scaled
	// perhaps: a chain of algorithms tells them in the units of the table.
	Coordinate Unit = "coordinate"
)

// A Role is what a column is there for.
type Role string

// The roles of columns.
const (
	Key     Role = "key"     // tells the rows apart
	Value   Role = "feature" // what is said of a row
	Weight  Role = "weight"  // how many samples a row stands for
	Outcome Role = "outcome" // what an algorithm or detector says of a row
)

// A Field declares a column: all that files, help and documents say of it.
type Field struct {
	Name string // snake_case
	Type Type
	Unit Unit
	Role Role
	Doc  string // one sentence
}

// A Column is a field's values, one a row. Which slice holds them depends on
// the type.
type Column struct {
	Field
	Ints   []int64   // Int, Time; Bool as 0 and 1
	Floats []float64 // Float
	Codes  []uint32  // Text: numbers in Dict
	Dict   []string
	Ends   []int32   // List: row i holds items Ends[i-1] to Ends[i]-1
	Items  []*Column // List: the items' fields, of equal length
	Null   []bool    // which rows have no value; nil if all have
}

// Len returns the number of rows.
func (c *Column) Len() int {
	switch c.Type {
	case Float:
		return len(c.Floats)
	case Text:
		return len(c.Codes)
	case List:
		return len(c.Ends)
	}
	return len(c.Ints)
}

// IsNull tells whether row i has no value.
func (c *Column) IsNull(i int) bool { return c.Null != nil && c.Null[i] }

// Numeric tells whether the column's values are numbers that an algorithm can
// learn from: whole, real, or flags.
func (c *Column) Numeric() bool { return c.Type == Int || c.Type == Float || c.Type == Bool }

// Float returns row i as a number: NaN if it is null, and for Text and List.
func (c *Column) Float(i int) float64 {
	switch {
	case c.IsNull(i) || c.Type == Text || c.Type == List:
		return math.NaN()
	case c.Type == Float:
		return c.Floats[i]
	}
	return float64(c.Ints[i])
}

// String returns row i as text, "" if it is null.
func (c *Column) String(i int) string {
	if c.IsNull(i) {
		return ""
	}
	switch c.Type {
	case Float:
		return strconv.FormatFloat(c.Floats[i], 'g', -1, 64)
	case Bool:
		return strconv.FormatBool(c.Ints[i] != 0)
	case Text:
		return c.Dict[c.Codes[i]]
	case Time:
		return time.UnixMicro(c.Ints[i]).UTC().Format("2006-01-02T15:04:05.999999Z07:00")
	case List:
		lo, hi := c.Span(i)
		s := "["
		for j := lo; j < hi; j++ {
			if j > lo {
				s += " "
			}
			for k, it := range c.Items {
				if k > 0 {
					s += ":"
				}
				s += it.String(j)
			}
		}
		return s + "]"
	}
	return strconv.FormatInt(c.Ints[i], 10)
}

// Span returns where the items of row i of a List begin and end.
func (c *Column) Span(i int) (lo, hi int) {
	if i > 0 {
		lo = int(c.Ends[i-1])
	}
	return lo, int(c.Ends[i])
}

// AppendNull adds a row without a value.
func (c *Column) AppendNull() {
	n := c.Len()
	for len(c.Null) < n {
		c.Null = append(c.Null, false)
	}
	c.Null = append(c.Null, true)
	switch c.Type {
	case Float:
		c.Floats = append(c.Floats, 0)
	case Text:
		if len(c.Dict) == 0 {
			c.Dict = append(c.Dict, "")
		}
		c.Codes = append(c.Codes, 0)
	case List:
		end := int32(0)
		if n > 0 {
			end = c.Ends[n-1]
		}
		c.Ends = append(c.Ends, end)
	default:
		c.Ints = append(c.Ints, 0)
	}
}

// AppendFloat adds a row to a Float column.
func (c *Column) AppendFloat(v float64) {
	c.Floats = append(c.Floats, v)
	c.notNull()
}

// AppendInt adds a row to an Int, Time or Bool column.
func (c *Column) AppendInt(v int64) {
	c.Ints = append(c.Ints, v)
	c.notNull()
}

// AppendCode adds a row to a Text column, by its number in Dict.
func (c *Column) AppendCode(code uint32) {
	c.Codes = append(c.Codes, code)
	c.notNull()
}

func (c *Column) notNull() {
	if c.Null != nil {
		c.Null = append(c.Null, false)
	}
}

// Take returns the column's rows in the given order. A row below 0 is null.
// The dictionary is shared. It panics for a List.
func (c *Column) Take(rows []int) *Column {
	t := &Column{Field: c.Field, Dict: c.Dict}
	if c.Type == List {
		panic("features: Take of a list column")
	}
	if c.Null != nil || slices.ContainsFunc(rows, func(r int) bool { return r < 0 }) {
		t.Null = make([]bool, len(rows))
		for i, r := range rows {
			t.Null[i] = r < 0 || c.IsNull(r)
		}
	}
	switch c.Type {
	case Float:
		t.Floats = take(c.Floats, rows)
	case Text:
		t.Codes = take(c.Codes, rows)
		if len(t.Dict) == 0 && len(rows) > 0 {
			t.Dict = []string{""}
		}
	default:
		t.Ints = take(c.Ints, rows)
	}
	return t
}

func take[T any](v []T, rows []int) []T {
	t := make([]T, len(rows))
	for i, r := range rows {
		if r >= 0 {
			t[i] = v[r]
		}
	}
	return t
}

// TextColumn returns a Text column of the values, its dictionary sorted.
func TextColumn(f Field, values []string) *Column {
	f.Type = Text
	c := &Column{Field: f, Dict: slices.Compact(slices.Sorted(slices.Values(values)))}
	code := make(map[string]uint32, len(c.Dict))
	for i, s := range c.Dict {
		code[s] = uint32(i)
	}
	for _, s := range values {
		c.Codes = append(c.Codes, code[s])
	}
	return c
}

// A Table is columns of equal length, with what is said of all of them: the
// form in which features, labels, scores, models and alerts are kept.
type Table struct {
	Name    string // such as ip_pairs
	Columns []*Column
	Meta    map[string]string // parameters, seed, version, hashes of inputs: nothing that differs between equal runs

	// Of a chunk of a table: the number of its first row, and what is worked
	// out once for all chunks.
	first int64
	memo  map[string]any
}

// Len returns the number of rows.
func (t *Table) Len() int {
	if len(t.Columns) == 0 {
		return 0
	}
	return t.Columns[0].Len()
}

// Column returns the column of that name, nil if there is none.
func (t *Table) Column(name string) *Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Names returns the names of the columns that keep accepts, all of them if
// it is nil.
func (t *Table) Names(keep func(*Column) bool) []string {
	var names []string
	for _, c := range t.Columns {
		if keep == nil || keep(c) {
			names = append(names, c.Name)
		}
	}
	return names
}

// Keys returns the columns that tell the rows apart.
func (t *Table) Keys() []*Column {
	var keys []*Column
	for _, c := range t.Columns {
		if c.Role == Key {
			keys = append(keys, c)
		}
	}
	return keys
}

// Check reports a table whose columns differ in length or share a name.
func (t *Table) Check() error {
	seen := map[string]bool{}
	for _, c := range t.Columns {
		if c.Len() != t.Len() {
			return fmt.Errorf("column %s has %d rows, %s has %d", c.Name, c.Len(), t.Columns[0].Name, t.Len())
		}
		if seen[c.Name] {
			return fmt.Errorf("two columns are named %s", c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}

package features

import (
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
)

// readCSV reads a CSV table with a header. A column in which every value is a
// whole number, a number, or true or false holds such; empty values are null.
func readCSV(r io.Reader, name string) (*Table, error) {
	cr := csv.NewReader(r)
	head, err := cr.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("empty, want a header of column names")
	}
	if err != nil {
		return nil, err
	}
	cols := make([][]string, len(head))
	for {
		rec, err := cr.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for j, v := range rec {
			cols[j] = append(cols[j], v)
		}
	}
	t := &Table{Name: name}
	for j, h := range head {
		t.Columns = append(t.Columns, parseColumn(strings.TrimSpace(h), cols[j]))
	}
	return t, t.Check()
}

func parseColumn(name string, text []string) *Column {
	for _, c := range []*Column{{Field: Field{Name: name, Type: Int}}, {Field: Field{Name: name, Type: Float}}, {Field: Field{Name: name, Type: Bool}}} {
		if c.parse(text) {
			return c
		}
	}
	return TextColumn(Field{Name: name}, text)
}

// parse takes text as values of the column's type, and tells whether all of
// it is.
func (c *Column) parse(text []string) bool {
	for _, s := range text {
		if s == "" {
			c.AppendNull()
			continue
		}
		var err error
		switch c.Type {
		case Int:
			var v int64
			v, err = strconv.ParseInt(s, 10, 64)
			c.Ints = append(c.Ints, v)
		case Float:
			var v float64
			v, err = strconv.ParseFloat(s, 64)
			c.Floats = append(c.Floats, v)
		case Bool:
			var v bool
			if v, err = strconv.ParseBool(s); strings.EqualFold(s, "t") || strings.EqualFold(s, "f") {
				return false
			}
			c.Ints = append(c.Ints, flag(v))
		}
		if err != nil {
			return false
		}
		if c.Null != nil {
			c.Null = append(c.Null, false)
		}
	}
	return true
}

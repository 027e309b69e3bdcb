package flow

import (
	"fmt"
	"slices"
	"strings"
)

// A Columns says which columns of a table with a header hold which fields of a
// record: what --columns takes.
type Columns struct{ list []column }

// A column is one of them.
type column struct {
	field *columnField
	unit  string   // one of the field's, "" for the first
	names []string // what the column may be called
}

// A columnField is a field of a record that a column can hold.
type columnField struct {
	name    string
	aliases []string
	units   []string // the first is what is meant if none is given
	doc     string
	parse   func(c *cell, r *row) error
}

// columnFields are the fields in the order in which they are read: what tells
// that a record is to be skipped comes first.
var columnFields = []*columnField{
	{"proto", []string{"ip_protocol", "protocol"}, nil, "protocol, by name or number", (*cell).proto},
	{"ts", []string{"time", "start"}, []string{"auto", "unix", "unix_ms", "unix_us", "unix_ns", "dmy", "mdy"}, "time of the first packet", (*cell).start},
	{"te", []string{"end"}, []string{"auto", "unix", "unix_ms", "unix_us", "unix_ns", "dmy", "mdy"}, "time of the last packet", (*cell).end},
	{"dur", []string{"duration"}, []string{"s", "ms", "us", "ns"}, "duration", (*cell).duration},
	{"src_port", nil, nil, "source port", (*cell).srcPort},
	{"dst_port", nil, nil, "destination port", (*cell).dstPort},
	{"bytes_up", []string{"src_tx"}, nil, "bytes sent by the source", (*cell).bytesUp},
	{"bytes_dw", []string{"dst_tx", "bytes_down"}, nil, "bytes sent by the destination", (*cell).bytesDown},
	{"bytes", nil, nil, "bytes of both; less bytes_up or bytes_dw where one is given", (*cell).bytesBoth},
	{"packets_up", nil, nil, "packets sent by the source", (*cell).packetsUp},
	{"packets_dw", []string{"packets_down"}, nil, "packets sent by the destination", (*cell).packetsDown},
	{"packets", nil, nil, "packets of both", (*cell).packetsBoth},
	{"flags_up", []string{"flags"}, nil, "TCP flags sent by the source", (*cell).flagsUp},
	{"flags_dw", []string{"flags_down"}, nil, "TCP flags sent by the destination", (*cell).flagsDown},
	{"state", nil, nil, "state, one of the toolkit's words, Argus's or Zeek's", (*cell).state},
	{"src_ip", nil, nil, "", (*cell).src},
	{"dst_ip", nil, nil, "", (*cell).dst},
	{"label", nil, nil, "what the record is said to be", (*cell).label},
}

// neededFields are those without which there is no record.
var neededFields = []string{"ts", "src_ip", "dst_ip", "proto"}

func fieldNamed(name string) *columnField {
	for _, f := range columnFields {
		if f.name == name || slices.Contains(f.aliases, name) {
			return f
		}
	}
	return nil
}

// ColumnFields returns the names that ParseColumns knows, each with its units.
func ColumnFields() []string {
	var names []string
	for _, f := range columnFields {
		name := f.name
		if len(f.units) > 0 {
			name += "[:" + strings.Join(f.units, "|") + "]"
		}
		names = append(names, name)
	}
	return names
}

// ColumnHelp says of each field of ParseColumns what it is, a line each.
func ColumnHelp() string {
	var b strings.Builder
	for _, f := range columnFields {
		fmt.Fprintf(&b, "  %-12s %s\n", f.name, f.doc)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// ParseColumns reads FIELD[:UNIT]=COLUMN, separated by commas or line ends, with
// comments from # to a line's end. A COLUMN is the header's name of it, which
// may be given in quotes if it has a comma, or = and a fixed value, such as
// proto==tcp.
func ParseColumns(text string) (*Columns, error) {
	var c Columns
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		for _, part := range splitQuoted(line) {
			part = strings.TrimSpace(part)
			if part == "" {
				continue
			}
			key, name, ok := strings.Cut(part, "=")
			if !ok {
				return nil, fmt.Errorf("columns: %q has no =; want FIELD[:UNIT]=COLUMN, such as ts:unix_ms=start", part)
			}
			key, unit, _ := strings.Cut(strings.TrimSpace(key), ":")
			f := fieldNamed(strings.TrimSpace(key))
			if f == nil {
				return nil, fmt.Errorf("columns: no field is named %q; there are %s", key, strings.Join(ColumnFields(), ", "))
			}
			if unit != "" && !slices.Contains(f.units, unit) {
				return nil, fmt.Errorf("columns: %s has no unit %q; it has %s", f.name, unit, orNone(f.units))
			}
			if slices.ContainsFunc(c.list, func(o column) bool { return o.field == f }) {
				return nil, fmt.Errorf("columns: %s is given twice", f.name)
			}
			c.list = append(c.list, column{f, unit, []string{strings.Trim(strings.TrimSpace(name), `"`)}})
		}
	}
	for _, need := range neededFields {
		if !slices.ContainsFunc(c.list, func(o column) bool { return o.field.name == need }) {
			return nil, fmt.Errorf("columns: no column for %s; needed are %s (proto==tcp gives all records the same)", need, strings.Join(neededFields, ", "))
		}
	}
	return &c, nil
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// splitQuoted cuts text at the commas that are not between double quotes.
func splitQuoted(text string) (parts []string) {
	start, quoted := 0, false
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			parts, start = append(parts, text[start:i]), i+1
		}
	}
	return append(parts, text[start:])
}

// mustColumns makes the columns of a format of ours: names are separated by |.
func mustColumns(text string) *Columns {
	c, err := ParseColumns(text)
	if err != nil {
		panic("flow: " + err.Error())
	}
	for i := range c.list {
		c.list[i].names = strings.Split(c.list[i].names[0], "|")
	}
	return c
}

// find returns where each column of c is in a header: -1 where it isn't, and
// the names of those that a record needs and that aren't there.
func (c *Columns) find(header []string) (at []int, missing []string) {
	for _, col := range c.list {
		i := -1
		for _, name := range col.names {
			if i = slices.Index(header, name); i >= 0 {
				break
			}
		}
		at = append(at, i)
		if i < 0 && !strings.HasPrefix(col.names[0], "=") && slices.Contains(neededFields, col.field.name) {
			missing = append(missing, fmt.Sprintf("%s (%s)", strings.Join(col.names, " or "), col.field.name))
		}
	}
	return at, missing
}

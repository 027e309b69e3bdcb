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

	// What need not go by the text, nil for what has to: numbers, and values of
	// dictionaries.
	whole func(c *cell, r *row, v, per int64) bool
	real  func(c *cell, r *row, v float64, per int64) bool
	keeps *keeping
}

// columnFields are the fields in the order in which they are read: what tells
// that a record is to be skipped comes first.
var columnFields = []*columnField{
	{
		name: "proto", aliases: []string{"ip_protocol", "protocol"}, doc: "protocol, by name or number",
		parse: (*cell).proto, whole: (*cell).protoNumber, keeps: keepsProto,
	},
	{name: "ts", aliases: []string{"time", "start"}, units: timeUnits, doc: "time of the first packet", parse: (*cell).start, whole: (*cell).startNumber, real: (*cell).startReal},
	{name: "te", aliases: []string{"end"}, units: timeUnits, doc: "time of the last packet", parse: (*cell).end, whole: (*cell).endNumber, real: (*cell).endReal},
	{
		name: "dur", aliases: []string{"duration"}, units: []string{"s", "ms", "us", "ns"}, doc: "duration",
		parse: (*cell).duration, whole: (*cell).durationNumber, real: (*cell).durationReal,
	},
	{name: "src_port", doc: "source port", parse: (*cell).srcPort, whole: (*cell).srcPortNumber},
	{name: "dst_port", doc: "destination port", parse: (*cell).dstPort, whole: (*cell).dstPortNumber},
	{name: "bytes_up", aliases: []string{"src_tx"}, doc: "bytes sent by the source", parse: (*cell).bytesUp, whole: (*cell).bytesUpNumber},
	{name: "bytes_dw", aliases: []string{"dst_tx", "bytes_down"}, doc: "bytes sent by the destination", parse: (*cell).bytesDown, whole: (*cell).bytesDownNumber},
	{name: "bytes", doc: "bytes of both; less bytes_up or bytes_dw where one is given", parse: (*cell).bytesBoth, whole: (*cell).bytesBothNumber},
	{name: "packets_up", doc: "packets sent by the source", parse: (*cell).packetsUp, whole: (*cell).packetsUpNumber},
	{name: "packets_dw", aliases: []string{"packets_down"}, doc: "packets sent by the destination", parse: (*cell).packetsDown, whole: (*cell).packetsDownNumber},
	{name: "packets", doc: "packets of both", parse: (*cell).packetsBoth, whole: (*cell).packetsBothNumber},
	{
		name: "flags_up", aliases: []string{"flags"}, doc: "TCP flags sent by the source",
		parse: (*cell).flagsUp, whole: (*cell).flagsUpNumber, keeps: keepsFlagsUp,
	},
	{
		name: "flags_dw", aliases: []string{"flags_down"}, doc: "TCP flags sent by the destination",
		parse: (*cell).flagsDown, whole: (*cell).flagsDownNumber, keeps: keepsFlagsDown,
	},
	{name: "state", doc: "state, one of the toolkit's words, Argus's or Zeek's", parse: (*cell).state, keeps: keepsState},
	{name: "src_ip", parse: (*cell).src, whole: (*cell).srcNumber, keeps: keepsSrc},
	{name: "dst_ip", parse: (*cell).dst, whole: (*cell).dstNumber, keeps: keepsDst},
	{name: "label", doc: "what the record is said to be", parse: (*cell).label, keeps: keepsLabel},
}

var timeUnits = []string{"auto", "unix", "unix_ms", "unix_us", "unix_ns", "dmy", "mdy"}

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

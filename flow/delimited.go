package flow

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// A dialect is a table as text that some program or data set has: a header
// that names the columns, and a line for each record.
type dialect struct {
	name, doc string
	columns   *Columns
	known     []string // columns by which the header is told from others
	header    string   // what the columns are where there is no header, "" if there always is

	// bare tells whether a first line, in fields, is a record of a file without
	// a header; nil if there always is one.
	bare func(f [][]byte) bool

	// zeek tells that lines may be those that Zeek puts around its logs, of which
	// #fields is the header.
	zeek bool

	// trailer begins what follows the last record, "" for nothing.
	trailer string

	// extra are the columns that before and after look at: get takes the place
	// of one among them.
	extra []string

	prepare func(hosts *Hosts) (asHost func([]byte) (Host, error)) // for addresses that aren't, nil if all are
	before  func(p *tableReader) error                             // looks whether a line is to be skipped, nil for never
	after   func(p *tableReader, r *row) error                     // works out what else follows from a line's fields, nil for nothing
}

// format returns what reads the dialect.
func (d *dialect) format() *Format {
	lines := d.lines()
	return &Format{Name: d.name, Doc: d.doc, Detect: d.detect, Read: lines.read, lines: lines}
}

// lines returns how the lines are read. What they mean depends on the first,
// which names the columns or shows that there is no header, and on the trailer.
func (d *dialect) lines() *lineFormat {
	return &lineFormat{
		parser: func(in Input) (parseFunc, runFunc) { return newTableReader(d, in).parse, nil },
		heads: func(kept [][]byte, block []byte) bool {
			return len(kept) == 0 || d.trailer != "" && bytes.Contains(block, []byte(d.trailer))
		},
		head: func(kept [][]byte, line []byte) [][]byte {
			if len(kept) == 0 && !(d.zeek && isZeekMeta(line)) || string(line) == d.trailer && len(kept) == 1 {
				return append(kept[:len(kept):len(kept)], bytes.Clone(line))
			}
			return kept
		},
	}
}

func (d *dialect) detect(head []byte) bool {
	line := firstLine(head)
	if len(line) == 0 || len(line) == len(head) && len(head) >= headSize {
		return false
	}
	var p tableReader
	p.sep = separatorOf(line)
	fields := p.split(line, nil)
	if d.bare != nil && d.bare(fields) {
		return true
	}
	return d.knows(fieldNames(fields))
}

// knows tells whether the names of columns are those of the dialect.
func (d *dialect) knows(names []string) bool {
	for _, known := range d.known {
		if !slices.ContainsFunc(strings.Split(known, "|"), func(alias string) bool { return slices.Contains(names, alias) }) {
			return false
		}
	}
	return len(d.known) > 0
}

// separatorOf finds what the fields of a header are separated by.
func separatorOf(line []byte) byte {
	for _, sep := range []byte{'\t', ',', ';', '|'} {
		if bytes.IndexByte(line, sep) >= 0 {
			return sep
		}
	}
	return ' '
}

func fieldNames(fields [][]byte) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = string(f)
	}
	return names
}

// A tableReader reads the lines of a dialect.
type tableReader struct {
	d     *dialect
	cell  cell
	sep   byte
	names []string // the header; nil before it
	steps []step
	extra []int // where the columns of d.extra are, -1 for those that aren't
	f     [][]byte
	rows  *RowReader // whose values are read; nil for those of a line
	quote []byte     // holds fields that had quotes in them
	done  bool       // the trailer has come
}

// A step is the reading of one column.
type step struct {
	field *columnField
	unit  string
	name  string // the column's
	at    int    // where it is, -1 for a fixed value
	fixed []byte
	from  source // where it is not in a line
}

func newTableReader(d *dialect, in Input) *tableReader {
	p := &tableReader{d: d, cell: cell{hosts: in.Hosts, labels: in.Labels, clock: clock{zone: in.Zone}}}
	if d.prepare != nil {
		p.cell.asHost = d.prepare(in.Hosts)
	}
	return p
}

// setHeader takes the names of the columns.
func (p *tableReader) setHeader(names []string) error {
	at, missing := p.d.columns.find(names)
	if missing != nil {
		return fmt.Errorf("the header has no column %s; it has %s: say with --columns which of these are what (FIELD=COLUMN,…)", strings.Join(missing, ", "), cutNames(names))
	}
	p.names, p.steps, p.extra = names, nil, nil
	for _, name := range p.d.extra {
		p.extra = append(p.extra, slices.Index(names, name))
	}
	for _, f := range columnFields {
		for i, c := range p.d.columns.list {
			fixed, isFixed := strings.CutPrefix(c.names[0], "=")
			switch {
			case c.field != f:
			case at[i] >= 0:
				p.steps = append(p.steps, step{field: f, unit: c.unit, name: names[at[i]], at: at[i]})
			case isFixed:
				p.steps = append(p.steps, step{field: f, unit: c.unit, name: f.name, at: -1, fixed: []byte(fixed)})
			case p.d.header == "" && len(p.d.known) == 0: // the user has named it
				return fmt.Errorf("the header has no column %s (%s); it has %s", c.names[0], f.name, cutNames(names))
			}
		}
	}
	return nil
}

func (p *tableReader) parse(line []byte, r *row) error {
	if p.done {
		return errNoRecord
	}
	if p.d.zeek && line[0] == '#' {
		if isZeekMeta(line) {
			return errNoRecord
		}
		line = bytes.TrimPrefix(line, []byte("#fields\t"))
	}
	if p.names == nil {
		p.sep = separatorOf(line)
		p.f = p.split(line, p.f)
		names := fieldNames(p.f)
		if p.d.bare != nil && p.d.bare(p.f) {
			names = strings.Split(p.d.header, ",")
		}
		if err := p.setHeader(names); err != nil {
			return fatalError{err}
		}
		if p.d.bare == nil || !p.d.bare(p.f) {
			return errNoRecord
		}
	}
	if p.d.trailer != "" && string(line) == p.d.trailer {
		p.done = true
		return errNoRecord
	}
	p.f = p.split(line, p.f)
	if len(p.f) != len(p.names) {
		return fmt.Errorf("%d fields, want the %d of the header", len(p.f), len(p.names))
	}
	if p.isHeader() {
		return errNoRecord
	}
	return p.record(r)
}

// record makes a record of the fields in p.f.
func (p *tableReader) record(r *row) error {
	if p.d.before != nil {
		if err := p.d.before(p); err != nil {
			return err
		}
	}
	c := &p.cell
	c.hasEnd, c.hasState, c.bytesAll, c.packetAll = false, false, noShare, noShare
	var s *step
	var err error
	if p.rows != nil {
		s, err = p.rows.fields(c, r)
	} else {
		s, err = p.fields(c, r)
	}
	if err != nil {
		return &fieldError{s.name, err}
	}
	if p.d.after != nil {
		if err := p.d.after(p, r); err != nil {
			return err
		}
	}
	return c.finish(r)
}

// fields reads all fields, up to one that is wrong.
func (p *tableReader) fields(c *cell, r *row) (*step, error) {
	for i := range p.steps {
		s := &p.steps[i]
		c.unit, c.text = s.unit, s.fixed
		if s.at >= 0 {
			c.text = p.f[s.at]
		}
		if err := s.field.parse(c, r); err != nil {
			return s, err
		}
	}
	return nil, nil
}

// isZeekMeta tells whether a line is one that Zeek puts before and behind the
// records of a log, other than #fields.
func isZeekMeta(line []byte) bool {
	if line[0] != '#' {
		return false
	}
	word, _, _ := bytes.Cut(line[1:], []byte{'\t'})
	word, _, _ = bytes.Cut(word, []byte{' '})
	switch string(word) {
	case "separator", "set_separator", "empty_field", "unset_field", "path", "open", "close", "types":
		return true
	}
	return false
}

// isHeader tells whether the line is the header again.
func (p *tableReader) isHeader() bool {
	for i, f := range p.f {
		if string(f) != p.names[i] {
			return false
		}
	}
	return true
}

// get returns the field of the i-th column of extra, nil if there is none.
func (p *tableReader) get(i int) []byte {
	if at := p.extra[i]; at >= 0 {
		return p.f[at]
	}
	return nil
}

// split cuts line into f at the separators, of blanks at runs of them. Fields
// lose the blanks around them, and their double quotes.
func (p *tableReader) split(line []byte, f [][]byte) [][]byte {
	f = f[:0]
	switch {
	case p.sep == ' ':
		for field := range bytes.FieldsSeq(line) {
			f = append(f, field)
		}
	case bytes.IndexByte(line, '"') < 0:
		for {
			i := bytes.IndexByte(line, p.sep)
			if i < 0 {
				return append(f, trimBlanks(line))
			}
			f, line = append(f, trimBlanks(line[:i])), line[i+1:]
		}
	default:
		f = p.splitQuotes(line, f)
	}
	return f
}

// trimBlanks is bytes.TrimSpace, quick where there is nothing to trim.
func trimBlanks(b []byte) []byte {
	if n := len(b); n > 0 && b[0]-'!' <= '~'-'!' && b[n-1]-'!' <= '~'-'!' {
		return b
	}
	return bytes.TrimSpace(b)
}

// splitQuotes is split for a line with quotes: between them the separator is
// text, and two are one.
func (p *tableReader) splitQuotes(line []byte, f [][]byte) [][]byte {
	p.quote = append(p.quote[:0], make([]byte, 0, len(line))...)
	for {
		line = bytes.TrimLeft(line, " ")
		if len(line) == 0 || line[0] != '"' {
			i := bytes.IndexByte(line, p.sep)
			if i < 0 {
				return append(f, bytes.TrimSpace(line))
			}
			f, line = append(f, bytes.TrimSpace(line[:i])), line[i+1:]
			continue
		}
		start := len(p.quote)
		i := 1
		for ; i < len(line); i++ {
			if line[i] == '"' {
				if i+1 == len(line) || line[i+1] != '"' {
					break
				}
				i++
			}
			p.quote = append(p.quote, line[i])
		}
		f = append(f, bytes.TrimSpace(p.quote[start:]))
		line = line[min(i+1, len(line)):]
		i = bytes.IndexByte(line, p.sep)
		if i < 0 {
			return f
		}
		line = line[i+1:]
	}
}

// TableFormat returns what reads a table as text with a header by the columns
// that are named.
func TableFormat(c *Columns) *Format {
	d := &dialect{
		name: "table", doc: "a table with a header, separated by commas, tabs, semicolons, bars or blanks, whose columns --columns names",
		columns: c, zeek: true,
	}
	f := d.format()
	f.Detect = func([]byte) bool { return false }
	return f
}

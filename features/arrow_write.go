package features

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// rowsPerRecord is how many rows are in an Arrow record: chunks of tables have
// as many groups, so that few rows wait for others.
const rowsPerRecord = groupsPerChunk

// WriteArrow writes t as an Arrow IPC file. The unit, role and doc of a
// column are in its field's metadata, t.Meta in the schema's. The bytes
// depend on t alone.
func (t *Table) WriteArrow(w io.Writer) error {
	out := NewArrowWriter(w)
	if err := out.Write(t); err != nil {
		return err
	}
	return out.Close()
}

// An ArrowWriter writes a table as an Arrow IPC file, a chunk at a time. The
// bytes do not depend on how the table is cut into chunks.
type ArrowWriter struct {
	out   position
	zstd  bool // bodies are packed
	fw    *ipc.FileWriter
	of    *arrow.Schema
	dicts []arrow.Array
	texts [][]string // what is in dicts
	names []string   // of columns
	rest  Table      // rows that don't make a record yet
	rows  int64
	err   error
}

// NewArrowWriter returns an ArrowWriter to w.
func NewArrowWriter(w io.Writer) *ArrowWriter { return &ArrowWriter{out: position{w: w}} }

// Rows returns how many rows have been written.
func (a *ArrowWriter) Rows() int64 { return a.rows }

// Write writes the rows of t. The first chunk says what the table's columns
// and metadata are, and what is in the dictionaries of all chunks. A table
// with a List column is written in one chunk.
func (a *ArrowWriter) Write(t *Table) error {
	if a.err != nil {
		return a.err
	}
	if err := t.Check(); err != nil {
		return fmt.Errorf("table %s: %w", t.Name, err)
	}
	if a.fw == nil {
		if a.err = a.begin(t); a.err != nil {
			return a.err
		}
	}
	a.checkChunk(t)
	lo, n := 0, t.Len()
	a.rows += int64(n)
	if have := a.rest.Len(); have > 0 {
		lo = min(rowsPerRecord-have, n)
		a.rest.appendRows(t, 0, lo)
		if a.rest.Len() < rowsPerRecord {
			return nil
		}
		if err := a.record(&a.rest, 0, rowsPerRecord); err != nil {
			return err
		}
		a.rest.truncate()
	}
	for ; n-lo >= rowsPerRecord || n > lo && a.whole(t); lo = min(lo+rowsPerRecord, n) {
		if err := a.record(t, lo, min(lo+rowsPerRecord, n)); err != nil {
			return err
		}
	}
	if lo < n {
		a.rest.appendRows(t, lo, n)
	}
	return nil
}

// whole tells whether t has to be written in one chunk.
func (a *ArrowWriter) whole(t *Table) bool {
	return slices.ContainsFunc(t.Columns, func(c *Column) bool { return c.Type == List })
}

func (a *ArrowWriter) begin(t *Table) (err error) {
	a.of = t.schema()
	options := []ipc.Option{ipc.WithSchema(a.of), ipc.WithAllocator(memory.DefaultAllocator)}
	if a.zstd {
		options = append(options, ipc.WithZstd(), ipc.WithCompressConcurrency(1))
	}
	if a.fw, err = ipc.NewFileWriter(&a.out, options...); err != nil {
		return a.failed(err)
	}
	for _, c := range t.Columns {
		var dict arrow.Array
		if c.Type == Text {
			dict = dictionary(c.Dict)
		}
		a.dicts, a.texts, a.names = append(a.dicts, dict), append(a.texts, c.Dict), append(a.names, c.Name)
	}
	return nil
}

// checkChunk panics if t is no chunk of the table: its columns are others, or
// its dictionaries, which can't change within a file.
func (a *ArrowWriter) checkChunk(t *Table) {
	for j, c := range t.Columns {
		if len(t.Columns) != len(a.names) || c.Name != a.names[j] || c.Type == Text && !sameTexts(c.Dict, a.texts[j]) {
			panic(fmt.Sprintf("features: column %s of a chunk of %s is not that of the first chunk", c.Name, t.Name))
		}
	}
}

func sameTexts(a, b []string) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}

// record writes rows lo to hi-1 of t as an Arrow record.
func (a *ArrowWriter) record(t *Table, lo, hi int) error {
	cols := make([]arrow.Array, len(t.Columns))
	for j, c := range t.Columns {
		cols[j] = c.arrow(lo, hi, a.dicts[j])
	}
	rec := array.NewRecord(a.of, cols, int64(hi-lo))
	err := a.fw.Write(rec)
	rec.Release()
	for _, c := range cols {
		c.Release()
	}
	if err != nil || a.out.err != nil {
		// Close would now leave a valid file with fewer rows and say nothing.
		a.err = a.failed(err)
	}
	return a.err
}

// failed returns what went wrong, without the library's account of where.
func (a *ArrowWriter) failed(err error) error {
	if a.out.err != nil {
		return a.out.err
	}
	return fmt.Errorf("writing Arrow: %w", err)
}

// Close ends the file. It does not close what it is written to.
func (a *ArrowWriter) Close() error {
	if a.err == nil && a.fw == nil {
		a.err = errors.New("writing Arrow: a table without columns")
	}
	if a.err == nil && a.rest.Len() > 0 {
		_ = a.record(&a.rest, 0, a.rest.Len())
	}
	if a.err != nil {
		return a.err
	}
	if err := a.fw.Close(); err != nil || a.out.err != nil {
		a.err = a.failed(err)
	}
	return a.err
}

// A position is an io.WriteSeeker over any Writer: an ipc.FileWriter seeks
// only to learn where it is. It remembers the first error, which the Arrow
// library does not always pass on.
type position struct {
	w   io.Writer
	n   int64
	err error
}

func (p *position) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.w.Write(b)
	p.n += int64(n)
	p.err = err
	return n, err
}

func (p *position) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("an Arrow file is written front to back")
	}
	return p.n, nil
}

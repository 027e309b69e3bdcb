package columnar

import (
	"bytes"
	"fmt"
	"io"

	"toolkit/flow"
	"toolkit/internal/tempfile"
	"toolkit/internal/untrusted"

	"github.com/parquet-go/parquet-go"
)

// Parquet reads Parquet files. Their table of contents is at their end: what comes
// by a pipe, or packed again, is put into a temporary file first.
var Parquet = &flow.Format{
	Name: "parquet", Doc: "Parquet files, whose columns are known by their names or by --columns", MapsColumns: true,
	Detect: func(head []byte) bool { return bytes.HasPrefix(head, []byte("PAR1")) },
	Read: func(r io.Reader, in flow.Input) flow.Source {
		opened := false
		return read(in, func() (table, error) {
			if opened {
				return nil, io.EOF
			}
			opened = true
			return openParquet(r, in)
		})
	},
}

// A parquetTable reads a file, a group of rows after another.
type parquetTable struct {
	f     *parquet.File
	r     io.ReaderAt
	temp  []func() error // give temporary files back
	in    flow.Input
	cols  []*parquetColumn
	group int   // groups of rows that have begun
	left  int64 // rows of the present one
	rows  int64 // of all groups so far
}

// openParquet opens the file that is in.File, or all that r holds.
func openParquet(r io.Reader, in flow.Input) (_ table, err error) {
	t := &parquetTable{in: in}
	defer func() {
		if err != nil {
			t.release()
		}
	}()
	f := in.File
	if f == nil {
		if f, err = tempfile.Create(in.Tmp); err != nil {
			return nil, err
		}
		t.temp = append(t.temp, f.Close)
		if _, err := io.Copy(f, r); err != nil {
			return nil, fmt.Errorf("putting Parquet into a temporary file: %w", err)
		}
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := untrusted.ParquetFile(f, info.Size()); err != nil {
		return nil, err
	}
	plain, size, free, err := untrusted.PlainParquet(f, info.Size(), in.Tmp)
	if err != nil {
		return nil, err
	}
	t.temp, t.r = append(t.temp, free), plain
	if t.f, err = parquet.OpenFile(plain, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true)); err != nil {
		return nil, fmt.Errorf("reading Parquet: %w", err)
	}
	return t, nil
}

// release gives temporary files back.
func (t *parquetTable) release() {
	for _, free := range t.temp {
		free()
	}
	t.temp = nil
}

func (t *parquetTable) names() []string {
	var names []string
	for _, f := range t.f.Schema().Fields() {
		names = append(names, f.Name())
	}
	return names
}

func (t *parquetTable) want(rows *flow.RowReader, units map[int]string) error {
	fields := t.f.Schema().Fields()
	durations := durationUnits(t.f)
	for _, c := range rows.Columns() {
		f := fields[c.Index]
		if !f.Leaf() || f.Repeated() {
			return fmt.Errorf("column %s: a list or a structure can't be read as a field of a record", f.Name())
		}
		leaf, ok := t.f.Schema().Lookup(f.Name())
		if !ok {
			return fmt.Errorf("column %s is not in the schema", f.Name())
		}
		kind, unit := parquetValues(f.Type(), c, t.in.Zone)
		if u := durations[f.Name()]; u != "" {
			unit = u
		}
		if unit != "" {
			units[c.Index] = unit
		}
		t.cols = append(t.cols, &parquetColumn{name: f.Name(), leaf: leaf.ColumnIndex, kind: kind})
	}
	return nil
}

func (t *parquetTable) next(to []column) (int, error) {
	for t.left == 0 {
		if err := t.begin(); err != nil {
			return 0, err
		}
	}
	n := int(min(t.left, blockRows))
	for i, c := range t.cols {
		err := c.read(n, &to[i])
		if err == nil {
			err = to[i].err
		}
		if err != nil {
			return 0, fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	t.left -= int64(n)
	return n, nil
}

// begin begins the next group of rows.
func (t *parquetTable) begin() error {
	t.endGroup()
	groups := t.f.RowGroups()
	if t.group == len(groups) {
		return io.EOF
	}
	if t.left = groups[t.group].NumRows(); t.left < 0 {
		return untrusted.ErrParquet
	}
	if t.rows += t.left; t.rows > mostRows(t.f.Size()) {
		return fmt.Errorf("%w: %d rows in %d bytes", untrusted.ErrParquet, t.rows, t.f.Size())
	}
	chunks := groups[t.group].ColumnChunks()
	for _, c := range t.cols {
		if err := untrusted.ParquetChunk(t.r, t.f, t.group, c.leaf); err != nil {
			return err
		}
		c.begin(chunks[c.leaf].Pages())
	}
	t.group++
	return nil
}

func (t *parquetTable) close() {
	t.endGroup()
	t.release()
}

func (t *parquetTable) endGroup() {
	for _, c := range t.cols {
		c.end()
	}
}

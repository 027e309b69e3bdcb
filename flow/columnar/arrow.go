package columnar

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	"toolkit/flow"
	"toolkit/internal/untrusted"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Arrow reads Arrow IPC files and streams. A file is a stream between magic
// words, and is read as one, from front to back, where it can't be read by its
// table of contents: from a pipe, or unpacked.
var Arrow = &flow.Format{
	Name: "arrow", Doc: "Arrow IPC files and streams, whose columns are known by their names or by --columns", MapsColumns: true,
	Detect: func(head []byte) bool {
		return bytes.HasPrefix(head, arrowMagic) || len(head) > 8 && bytes.HasPrefix(head, continued) && head[7] < 0x10
	},
	Read: func(r io.Reader, in flow.Input) flow.Source {
		br := bufio.NewReaderSize(r, 256<<10)
		file := false
		return read(in, func() (table, error) {
			switch {
			case file && in.File != nil:
				return nil, io.EOF
			case file:
				return nil, endOfFile(br)
			}
			head, err := br.Peek(len(arrowMagic))
			if len(head) == 0 {
				return nil, err
			}
			if file = bytes.Equal(head, arrowMagic); file && in.File != nil {
				return openFile(in.File, in.Zone)
			}
			if file {
				br.Discard(len(arrowMagic))
			}
			return openStream(&messages{r: br, whole: file}, in.Zone)
		})
	},
}

var (
	arrowMagic = []byte("ARROW1\x00\x00")
	continued  = []byte{0xff, 0xff, 0xff, 0xff}
)

// endOfFile reads the footer, which is not needed, and returns io.EOF if it is
// whole.
func endOfFile(r io.Reader) error {
	const most = 256 << 20
	foot, err := io.ReadAll(io.LimitReader(r, most))
	switch {
	case err != nil:
		return err
	case !bytes.HasSuffix(foot, arrowMagic[:6]) && len(foot) < most:
		return early(io.EOF)
	}
	return io.EOF
}

// An arrowTable is a table whose rows come in records of Arrow.
type arrowTable struct {
	schema *arrow.Schema
	record func() (arrow.Record, error) // the next one; io.EOF at the end
	closed func()
	zone   *time.Location

	cols []arrowColumn

	size func() int64 // bytes that have been read, or all
	rows int64        // so far

	rec arrow.Record
	at  int // the first row of rec that is still to be read
}

// An arrowColumn is one whose values are wanted.
type arrowColumn struct {
	index int
	read  arrowReader
}

// openStream opens a stream.
func openStream(of *messages, zone *time.Location) (*arrowTable, error) {
	of.mem = &untrusted.Allocator{Of: memory.NewGoAllocator(), Left: freeAlloc}
	r, err := ipc.NewReaderFromMessageReader(of, ipc.WithAllocator(of.mem), ipc.WithEnsureNativeEndian(true))
	if of.err != nil {
		return nil, early(of.err)
	}
	if err != nil {
		return nil, fmt.Errorf("reading Arrow: %w", err)
	}
	record := func() (arrow.Record, error) {
		switch {
		case r.Next():
			return r.Record(), nil
		case of.err != nil && of.err != io.EOF:
			return nil, of.err
		case r.Err() != nil:
			return nil, fmt.Errorf("reading Arrow: %w", r.Err())
		}
		return nil, io.EOF
	}
	return &arrowTable{schema: r.Schema(), record: record, closed: r.Release, zone: zone, size: func() int64 { return of.size }}, nil
}

// freeAlloc is what may be allocated of any table, with what its length makes
// likely besides.
const freeAlloc = 256 << 20

// openFile opens a file.
func openFile(f *os.File, zone *time.Location) (*arrowTable, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	packed, err := untrusted.ArrowFile(f, size)
	if err != nil {
		return nil, err
	}
	mem := &untrusted.Allocator{Of: memory.NewGoAllocator()}
	// What all records and dictionaries may allocate, one after another.
	mem.Left = 64*size + freeAlloc
	if packed {
		mem.Left = untrusted.PackedRatio*size + freeAlloc
	}
	r, err := ipc.NewFileReader(io.NewSectionReader(f, 0, size), ipc.WithAllocator(mem), ipc.WithEnsureNativeEndian(true))
	if err != nil {
		return nil, fmt.Errorf("reading Arrow: %w", err)
	}
	i := 0
	record := func() (arrow.Record, error) {
		if i == r.NumRecords() {
			return nil, io.EOF
		}
		rec, err := r.Record(i)
		if err != nil {
			return nil, fmt.Errorf("reading Arrow: %w", err)
		}
		i++
		return rec, nil
	}
	return &arrowTable{schema: r.Schema(), record: record, closed: func() { r.Close() }, zone: zone, size: func() int64 { return size }}, nil
}

func (t *arrowTable) names() []string {
	var names []string
	for _, f := range t.schema.Fields() {
		names = append(names, f.Name)
	}
	return names
}

func (t *arrowTable) want(rows *flow.RowReader, units map[int]string) error {
	for _, c := range rows.Columns() {
		f := t.schema.Field(c.Index)
		read, unit, err := arrowValues(f.Type, c, t.zone)
		if err != nil {
			return fmt.Errorf("column %s: %w", f.Name, err)
		}
		if unit != "" {
			units[c.Index] = unit
		}
		t.cols = append(t.cols, arrowColumn{c.Index, read})
	}
	return nil
}

func (t *arrowTable) next(to []column) (int, error) {
	for t.rec == nil || t.at >= int(t.rec.NumRows()) {
		var err error
		if t.rec, err = t.record(); err != nil {
			return 0, err
		}
		t.at = 0
		if t.rows += t.rec.NumRows(); t.rows > mostRows(t.size()) {
			return 0, fmt.Errorf("%w: %d rows in %d bytes", untrusted.ErrArrow, t.rows, t.size())
		}
	}
	n := min(blockRows, int(t.rec.NumRows())-t.at)
	for i, c := range t.cols {
		c.read(t.rec.Column(c.index), t.at, t.at+n, &to[i])
		if err := to[i].err; err != nil {
			return 0, fmt.Errorf("column %s: %w", t.schema.Field(c.index).Name, err)
		}
	}
	t.at += n
	return n, nil
}

func (t *arrowTable) close() { t.closed() }

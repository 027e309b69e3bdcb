package columnar

import (
	"fmt"
	"io"

	"toolkit/flow"
)

// A table is read some rows at a time.
type table interface {
	names() []string

	// want says which columns next reads, and puts the units of those whose type has
	// one in units. It returns an error if one can't be read.
	want(rows *flow.RowReader, units map[int]string) error

	// next reads on, the columns that are wanted, in their order, and returns how many
	// rows there are in them; io.EOF at the end.
	next(to []column) (int, error)

	close()
}

// blockRows is how many rows are read at once.
const blockRows = 2 * flow.BatchSize

// A block is some rows of a table.
type block struct {
	of   *layout
	rows int
	cols []column // those that are wanted
}

// A layout says what the columns of a table are.
type layout struct {
	names []string
	units map[int]string // of columns whose type has one
}

// reader returns a new reader of rows of the table.
func (l *layout) reader(in flow.Input) (*flow.RowReader, error) {
	rows, err := flow.NewRowReader(l.names, in)
	if err != nil {
		return nil, err
	}
	for index, unit := range l.units {
		rows.SetUnit(index, unit)
	}
	return rows, nil
}

// read yields the records of the tables that open opens, one after another, to
// io.EOF.
func read(in flow.Input, open func() (table, error)) flow.Source {
	return func(yield func(*flow.Batch, error) bool) {
		r := &reader{in: in, open: open}
		defer r.close()
		flow.Blocks[block]{
			Next: r.next, Decoder: decoder,
			At: func(row int, err error) error { return fmt.Errorf("%s: row %d: %w", in.Name, row, err) },
		}.Source(in)(yield)
	}
}

// decoder returns what makes records of rows.
func decoder(in flow.Input) func(*block, *flow.Out) {
	var of *layout
	var rows *flow.RowReader
	return func(b *block, out *flow.Out) {
		if of != b.of {
			var err error
			if rows, err = b.of.reader(in); err != nil {
				out.Fatal(1, err)
				return
			}
			of = b.of
		}
		for i := range b.cols {
			rows.Set(i, &b.cols[i].Values)
		}
		rows.Read(b.rows, out)
	}
}

// A reader cuts tables into blocks. What panics on damaged files is an error.
type reader struct {
	in   flow.Input
	open func() (table, error)
	t    table // nil before the first, and between two
	of   *layout
	cols int
}

func (r *reader) next(b *block) (err error) {
	defer func() {
		if p := recover(); p != nil { // a library, on damaged data
			err = fmt.Errorf("the file is damaged: %v", p)
		}
	}()
	for {
		if r.t == nil {
			if err := r.begin(); err != nil {
				return err
			}
		}
		if b.of != r.of {
			*b = block{of: r.of, cols: make([]column, r.cols)}
		}
		for i := range b.cols {
			b.cols[i].reset()
		}
		b.rows, err = r.t.next(b.cols)
		if err != io.EOF {
			return err
		}
		r.close()
	}
}

// begin opens a table and finds its columns.
func (r *reader) begin() (err error) {
	if r.t, err = r.open(); err != nil {
		r.t = nil
		return err
	}
	l := &layout{names: r.t.names(), units: map[int]string{}}
	rows, err := l.reader(r.in)
	if err != nil {
		return err
	}
	r.of, r.cols = l, len(rows.Columns())
	return r.t.want(rows, l.units)
}

func (r *reader) close() {
	if r.t != nil {
		r.t.close()
		r.t = nil
	}
}

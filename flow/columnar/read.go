package columnar

import (
	"errors"
	"fmt"
	"io"

	"toolkit/flow"
)

// A table is read some rows at a time.
type table interface {
	names() []string

	// want says which columns next reads, and returns an error if one can't be read.
	want(rows *flow.RowReader) error

	// next reads on, and returns how many rows there are now; io.EOF at the end.
	next() (int, error)

	// values returns what the column of that index holds now.
	values(index int) *texts

	close()
}

// errDone is what has ended the reading of records before the end.
var errDone = errors.New("done")

// read yields the records of the tables that open opens, one after another, to
// io.EOF. What panics on damaged files is an error.
func read(in flow.Input, open func() (table, error)) flow.Source {
	if in.Hosts == nil {
		in.Hosts = new(flow.Hosts)
	}
	if in.Labels == nil {
		in.Labels = new(flow.Labels)
	}
	return func(yield func(*flow.Batch, error) bool) {
		out := &writer{in: in, yield: yield, b: &flow.Batch{Hosts: in.Hosts}, seq: in.Seq}
		out.b.Reset(in.Seq)
		var err error
		for err == nil {
			err = out.table(open)
		}
		if out.stopped || !out.flush() {
			return
		}
		if err != io.EOF {
			yield(nil, fmt.Errorf("%s: row %d: %w", in.Name, out.row+1, err))
		}
	}
}

// A writer makes batches of rows.
type writer struct {
	in      flow.Input
	yield   func(*flow.Batch, error) bool
	b       *flow.Batch
	seq     int64
	row     int // so far
	stopped bool
}

func (w *writer) flush() bool {
	if w.b.Len() > 0 && !w.stopped {
		w.stopped = !w.yield(w.b, nil)
	}
	w.b.Reset(w.seq)
	return !w.stopped
}

// table reads a table. The error of one that has been read to its end is nil.
func (w *writer) table(open func() (table, error)) (err error) {
	t, rows, err := w.begin(open)
	if err != nil {
		return err
	}
	defer t.close()
	columns := rows.Columns()
	for {
		n, err := next(t)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range n {
			for _, c := range columns {
				rows.Set(c.Index, t.values(c.Index).at(i))
			}
			if !w.add(rows) {
				return errDone
			}
		}
	}
}

// begin opens a table and finds its columns.
func (w *writer) begin(open func() (table, error)) (t table, rows *flow.RowReader, err error) {
	defer recovered(&err)
	if t, err = open(); err != nil {
		return nil, nil, err
	}
	if rows, err = flow.NewRowReader(t.names(), w.in); err == nil {
		err = t.want(rows)
	}
	if err != nil {
		t.close()
	}
	return t, rows, err
}

// next reads on.
func next(t table) (n int, err error) {
	defer recovered(&err)
	return t.next()
}

// recovered makes an error of what a library panics with on damaged data.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the file is damaged: %v", p)
	}
}

// add adds the row to the batch. It returns false when no more is wanted.
func (w *writer) add(rows *flow.RowReader) bool {
	w.row++
	w.seq++
	err := rows.Append(w.b)
	switch {
	case err != nil:
		return w.flush() && w.reject(rows, err)
	case w.b.Len() == flow.BatchSize:
		return w.flush()
	}
	return true
}

func (w *writer) reject(rows *flow.RowReader, err error) bool {
	w.stopped = !w.yield(nil, &flow.SyntaxError{File: w.in.Name, Line: w.row, Text: rows.Text(), Err: err})
	return !w.stopped
}

package features

import "fmt"

// A binFiller puts between the rows of a pair those of its empty bins.
type binFiller struct {
	step   int64 // microseconds
	dense  bool
	memory chunkMemory
	from   []int32 // of each row: the row of the chunk, or of empty bins ^ the one behind them
	rows   []int32

	// The last row of the chunk before.
	began    bool
	src, dst uint32
	ts       int64
}

// mostDense is how many rows a chunk of a table can be filled up to.
const mostDense = 1 << 25

// fill returns the rows of t with those of the bins between them, and what
// became of each row of t, until the next call. It is an error if dense rows
// are too many.
func (f *binFiller) fill(t *Table) (*Table, []int32, error) {
	src, dst, ts := t.Columns[0], t.Columns[1], t.Columns[2]
	if f.dense && f.filled(src, dst, ts) > mostDense {
		return nil, nil, fmt.Errorf("table %s has more than %d rows of %d with records: choose a longer --bin, or leave out --dense", t.Name, mostDense, t.Len())
	}
	start := f.memory.column(ts.Field, t.Len())
	bins := f.memory.column(Field{Name: BinsColumn, Type: Int, Unit: Count, Role: Weight, Doc: "Bins that the row stands for."}, t.Len())
	f.from, f.rows = f.from[:0], f.rows[:0]
	add := func(from int, at, n int64) {
		f.from, start.Ints, bins.Ints = append(f.from, int32(from)), append(start.Ints, at), append(bins.Ints, n)
	}
	for i := range t.Len() {
		empty := f.next(src.Codes[i], dst.Codes[i], ts.Ints[i])
		switch from := ts.Ints[i] - empty*f.step; {
		case empty > 0 && f.dense:
			for k := range empty {
				add(^i, from+k*f.step, 1)
			}
		case empty > 0:
			add(^i, from, empty)
		}
		f.rows = append(f.rows, int32(len(f.from)))
		add(i, ts.Ints[i], 1)
	}
	filled := &Table{Name: t.Name, Meta: t.Meta, Columns: []*Column{f.addresses(src), f.addresses(dst), start, bins}}
	for _, c := range t.Columns[3:] {
		filled.Columns = append(filled.Columns, f.counts(c))
	}
	return filled, f.rows, nil
}

// next goes on to a row, and returns how many empty bins of the same pair lie
// before it.
func (f *binFiller) next(src, dst uint32, ts int64) (empty int64) {
	if f.began && src == f.src && dst == f.dst {
		empty = (ts-f.ts)/f.step - 1
	}
	f.began, f.src, f.dst, f.ts = true, src, dst, ts
	return empty
}

// filled returns how many rows those of a chunk are with the empty bins between
// them, or more than mostDense if they are more.
func (f *binFiller) filled(src, dst, ts *Column) int64 {
	ahead, n := *f, int64(0)
	for i := 0; i < len(ts.Ints) && n <= mostDense; i++ {
		n += 1 + ahead.next(src.Codes[i], dst.Codes[i], ts.Ints[i])
	}
	return n
}

// addresses returns a column of the pair's.
func (f *binFiller) addresses(c *Column) *Column {
	filled := f.memory.column(c.Field, len(f.from))
	filled.Dict = c.Dict
	for _, i := range f.from {
		filled.Codes = append(filled.Codes, c.Codes[max(i, ^i)])
	}
	return filled
}

// counts returns a column of what was counted: 0 of empty bins.
func (f *binFiller) counts(c *Column) *Column {
	filled := f.memory.column(c.Field, len(f.from))
	for _, i := range f.from {
		v := int64(0)
		if i >= 0 {
			v = c.Ints[i]
		}
		filled.Ints = append(filled.Ints, v)
	}
	return filled
}

package features

import "math"

// A binFiller puts between the rows of a pair those of its empty bins.
type binFiller struct {
	step   int64 // microseconds
	dense  bool
	piece  int // rows that are made at a time
	memory chunkMemory
	from   []int32 // of each row of the piece: the row of the chunk, or of empty bins ^ the one behind them
	rows   []int32

	// The last row of the chunk before.
	began    bool
	src, dst uint32
	ts       int64
}

// fill hands the rows of t with those of the bins between them to put: a filler.
// It is an error if the table has too many.
func (f *binFiller) fill(t *Table, put func(*Table) error) ([]int32, error) {
	src, dst, ts := t.Columns[0], t.Columns[1], t.Columns[2]
	if f.dense && t.first+f.filled(src, dst, ts) > math.MaxInt32 {
		return nil, tooManyRows(t.Name)
	}
	room := min(2*t.Len(), f.piece)
	var start, bins *Column
	begin := func() {
		start = f.memory.column(ts.Field, room)
		bins = f.memory.column(Field{Name: BinsColumn, Type: Int, Unit: Count, Role: Weight, Doc: "Bins that the row stands for."}, room)
		f.from = f.from[:0]
	}
	begin()
	f.rows = f.rows[:0]
	made := t.first
	flush := func() error {
		filled := &Table{Name: t.Name, Meta: t.Meta, Columns: []*Column{f.addresses(src), f.addresses(dst), start, bins}}
		for _, c := range t.Columns[3:] {
			filled.Columns = append(filled.Columns, f.counts(c))
		}
		made += int64(len(f.from))
		return put(filled)
	}
	add := func(from int, at, n int64) error {
		if len(f.from) == f.piece {
			if err := flush(); err != nil {
				return err
			}
			begin()
		}
		f.from, start.Ints, bins.Ints = append(f.from, int32(from)), append(start.Ints, at), append(bins.Ints, n)
		return nil
	}
	for i := range t.Len() {
		empty := f.next(src.Codes[i], dst.Codes[i], ts.Ints[i])
		from, rows, each := ts.Ints[i]-empty*f.step, min(empty, 1), empty
		if f.dense {
			rows, each = empty, 1
		}
		for k := range rows {
			if err := add(^i, from+k*f.step, each); err != nil {
				return nil, err
			}
		}
		if err := add(i, ts.Ints[i], 1); err != nil {
			return nil, err
		}
		f.rows = append(f.rows, int32(made)+int32(len(f.from))-1)
	}
	return f.rows, flush()
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
// them, or more than a table can have if they are more.
func (f *binFiller) filled(src, dst, ts *Column) int64 {
	ahead, n := *f, int64(0)
	for i := 0; i < len(ts.Ints) && n <= math.MaxInt32; i++ {
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

package features

import (
	"fmt"
	"math"
	"net/netip"
	"slices"

	"toolkit/flow"
)

// groupsPerChunk is how many groups become rows at a time, rowsPerPiece how many
// rows these at the most: as many as they are with runs of empty bins between.
const groupsPerChunk, rowsPerPiece = 16 << 10, 32 << 10

// An emitter makes rows of groups that come in the order of their keys, a
// chunk at a time, so that a table is never in memory as a whole. All chunks
// of a table have the same dictionaries.
type emitter struct {
	of    *Grouping
	rank  []uint32 // of addresses
	addrs []string
	nets  [2][]string // made of addrs where keys have networks
	proto *Column     // a dictionary of all protocols, and for each its code
	fill  filler
	memo  map[string]any
	rows  int64 // made so far

	// Of the present chunk.
	memory chunkMemory
	keys   []key
	row    []int32
}

// newEmitter returns an emitter of the rows of t. Rows that no record made come
// in pieces of so many.
func (t *Builder) newEmitter(piece int) *emitter {
	e := &emitter{of: t.of, memo: make(map[string]any), memory: make(chunkMemory)}
	e.rank, e.addrs = addresses(t.ends)
	var names, all []string
	for p, seen := range t.extent.protos {
		name := flow.Proto(p).String()
		if seen {
			names = append(names, name)
		}
		all = append(all, name)
	}
	if len(names) > 0 {
		dict := TextColumn(Field{}, names).Dict
		e.proto = &Column{Dict: dict, Codes: make([]uint32, len(all))}
		for p, name := range all {
			if i, ok := slices.BinarySearch(dict, name); ok {
				e.proto.Codes[p] = uint32(i)
			}
		}
	}
	if t.of.fill != nil {
		e.fill = t.of.fill(piece)
	}
	return e
}

// emit hands the rows of these groups of t to put, a piece or several whose
// columns hold until put returns, and returns of each group the number of its row
// in the whole table, until the next call.
func (e *emitter) emit(t *Builder, order []int32, put func(*Table) error) ([]int32, error) {
	table := &Table{Name: e.of.Name, Meta: map[string]string{}, first: e.rows, memo: e.memo}
	if e.of.Approx != "" {
		table.Meta[ApproxMeta] = e.of.Approx
	}
	cols := make([][]*Column, len(t.gathers))
	var values []*Column
	for i, gather := range t.gathers {
		cols[i] = make([]*Column, gather.Parts)
		for _, f := range e.of.Features {
			if f.gathering() == gather {
				cols[i][f.Part] = e.memory.column(f.Field, len(order))
				values = append(values, cols[i][f.Part])
			}
		}
	}
	// A few groups at a time, so that their rows stay in the cache for all.
	e.keys = resize(e.keys, len(order))
	for lo := 0; lo < len(order); lo += gatherLen {
		hi := min(lo+gatherLen, len(order))
		t.groups.gather(e.keys[lo:hi], order[lo:hi])
		for i := range t.aggs {
			t.aggs[i].Emit(order[lo:hi], cols[i])
		}
	}
	for _, f := range e.of.Keys {
		table.Columns = append(table.Columns, e.keyColumn(t, f))
	}
	table.Columns = append(table.Columns, values...)
	if err := t.Err(); err != nil {
		return nil, err
	}
	hand := func(piece *Table) error {
		piece = e.finish(piece)
		if e.rows+int64(piece.Len()) > math.MaxInt32 {
			return tooManyRows(e.of.Name)
		}
		e.rows += int64(piece.Len())
		return put(piece)
	}
	if e.fill != nil {
		return e.fill(table, hand)
	}
	e.row = resize(e.row, len(order))
	for i := range e.row {
		e.row[i] = int32(e.rows) + int32(i)
	}
	return e.row, hand(table)
}

func tooManyRows(table string) error {
	return fmt.Errorf("table %s has more than %d rows: choose a longer --bin, or leave out --dense", table, math.MaxInt32)
}

// finish works out what isn't gathered, and puts the columns in the order in
// which the grouping declares them.
func (e *emitter) finish(gathered *Table) *Table {
	gathered.first, gathered.memo = e.rows, e.memo
	table := &Table{Name: gathered.Name, Meta: gathered.Meta}
	for _, c := range gathered.Columns {
		if c.Role != Value {
			table.Columns = append(table.Columns, c)
		}
	}
	for _, f := range e.of.Features {
		c := gathered.Column(f.Name)
		if c == nil {
			c = e.memory.column(f.Field, gathered.Len())
			f.From(gathered, c)
		}
		table.Columns = append(table.Columns, c)
	}
	return table
}

// keyColumn returns a column of the keys of the present chunk.
func (e *emitter) keyColumn(t *Builder, f Field) *Column {
	c := e.memory.column(f, len(e.keys))
	number := func(of func(k *key) int64) {
		for i := range e.keys {
			c.Ints = append(c.Ints, of(&e.keys[i]))
		}
	}
	text := func(dict []string, of func(k *key) uint32) {
		c.Dict = dict
		for i := range e.keys {
			c.Codes = append(c.Codes, of(&e.keys[i]))
		}
	}
	switch f.Name {
	case srcIP.Name, hostIP.Name:
		text(e.texts(0), func(k *key) uint32 { return e.rank[k.src] })
	case dstIP.Name:
		text(e.texts(1), func(k *key) uint32 { return e.rank[k.dst] })
	case "src_port":
		number(func(k *key) int64 { return int64(k.srcPort) })
	case "dst_port":
		number(func(k *key) int64 { return int64(k.dstPort) })
	case "ip_protocol":
		if e.proto != nil {
			text(e.proto.Dict, func(k *key) uint32 { return e.proto.Codes[k.proto] })
		}
	case "state":
		text(flow.States(), func(k *key) uint32 { return uint32(k.state) })
	case "ts", "window_start":
		number(func(k *key) int64 {
			start, _ := t.windows.Bounds(k.window)
			return flow.FloorDiv(start, 1e3)
		})
	default:
		panic("features: no key column " + f.Name)
	}
	return c
}

// texts returns the dictionary of the sources of keys, or of the destinations:
// addresses, or networks.
func (e *emitter) texts(end int) []string {
	net := e.of.nets[end]
	if net == nil {
		return e.addrs
	}
	if e.nets[end] == nil {
		e.nets[end] = make([]string, len(e.addrs))
		for i, text := range e.addrs {
			e.nets[end][i] = netip.PrefixFrom(netip.MustParseAddr(text), net(netip.MustParseAddr(text)).Bits()).String()
		}
	}
	return e.nets[end]
}

// emitAll hands the rows of all groups, in the order of their keys, to put, a
// chunk of so many groups at a time and at most so many rows, at least one, whose
// columns hold until put returns. rows[g] is the row of group g, -1 if it has
// none; nil if that is not wanted.
func (t *Builder) emitAll(chunk, piece int, wanted bool, put func(*Table) error) (rows []int32, err error) {
	e := t.newEmitter(piece)
	order := t.sorted(e.rank, false)
	if wanted {
		rows = make([]int32, t.groups.len())
		for g := range rows {
			rows[g] = -1
		}
	}
	for lo := 0; lo == 0 || lo < len(order); lo += chunk {
		part := order[lo:min(lo+chunk, len(order))]
		of, err := e.emit(t, part, put)
		if err != nil {
			return nil, err
		}
		if wanted {
			for i, g := range part {
				rows[g] = of[i]
			}
		}
	}
	return rows, nil
}

// once returns what make returns, or what it did for an earlier chunk of the
// same table.
func once[T any](t *Table, name string, make func() T) T {
	if v, ok := t.memo[name]; ok {
		return v.(T)
	}
	v := make()
	if t.memo != nil {
		t.memo[name] = v
	}
	return v
}

// appendRows appends rows lo to hi-1 of src to t, which has the same columns,
// or none.
func (t *Table) appendRows(src *Table, lo, hi int) {
	if t.Columns == nil {
		t.Name, t.Meta = src.Name, src.Meta
		for _, c := range src.Columns {
			t.Columns = append(t.Columns, &Column{Field: c.Field, Dict: c.Dict})
		}
	}
	for j, c := range src.Columns {
		d := t.Columns[j]
		if c.Null != nil || d.Null != nil {
			for n := d.Len(); len(d.Null) < n; {
				d.Null = append(d.Null, false)
			}
			if c.Null != nil {
				d.Null = append(d.Null, c.Null[lo:hi]...)
			} else {
				d.Null = append(d.Null, make([]bool, hi-lo)...)
			}
		}
		switch c.Type {
		case Float:
			d.Floats = append(d.Floats, c.Floats[lo:hi]...)
		case Text:
			d.Codes = append(d.Codes, c.Codes[lo:hi]...)
		case List:
			panic("features: rows of a list are not appended")
		default:
			d.Ints = append(d.Ints, c.Ints[lo:hi]...)
		}
	}
}

// truncate takes all rows from t and keeps their memory.
func (t *Table) truncate() {
	for _, c := range t.Columns {
		*c = Column{Field: c.Field, Dict: c.Dict, Ints: c.Ints[:0], Floats: c.Floats[:0], Codes: c.Codes[:0]}
	}
}

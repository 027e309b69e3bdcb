package features

import (
	"fmt"
	"io"

	"toolkit/flow"
	"toolkit/internal/untrusted"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// ReadArrow reads an Arrow IPC file of size bytes as a table of that name.
// Columns of types that a Table doesn't have are taken as text. A damaged
// file is an error.
func ReadArrow(r io.ReaderAt, size int64, name string) (t *Table, err error) {
	defer func() {
		// Flatbuffers and the library panic on lengths and offsets that are wrong.
		if p := recover(); p != nil {
			t, err = nil, untrusted.ErrArrow
		}
	}()
	packed, err := untrusted.ArrowFile(r, size)
	if err != nil {
		return nil, err
	}
	mem := &untrusted.Allocator{Of: memory.NewGoAllocator(), Left: 64*size + 64<<20}
	if packed {
		mem.Left = untrusted.PackedRatio*size + 256<<20
	}
	fr, err := ipc.NewFileReader(io.NewSectionReader(r, 0, size), ipc.WithAllocator(mem))
	if err != nil {
		return nil, fmt.Errorf("reading Arrow: %w", err)
	}
	defer fr.Close()
	md := fr.Schema().Metadata()
	t = &Table{Name: name, Meta: md.ToMap()}
	for _, f := range fr.Schema().Fields() {
		t.Columns = append(t.Columns, columnOf(f))
	}
	for i := range fr.NumRecords() {
		rec, err := fr.Record(i)
		if err != nil {
			return nil, fmt.Errorf("reading Arrow: %w", err)
		}
		if i == 0 && !packed && rec.NumRows() > 0 { // no more rows than there are bytes for
			rows := int(min(rec.NumRows()*int64(fr.NumRecords()), size/8))
			for _, c := range t.Columns {
				c.reserve(rows)
			}
		}
		for j, c := range t.Columns {
			c.take(rec.Column(j))
		}
	}
	return t, t.Check()
}

func columnOf(f arrow.Field) *Column {
	get := func(key string) string {
		s, _ := f.Metadata.GetValue(key)
		return s
	}
	c := &Column{Field: Field{Name: f.Name, Unit: Unit(get("unit")), Role: Role(get("role")), Doc: get("doc")}}
	switch typ := f.Type.(type) {
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type,
		*arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		c.Type = Int
	case *arrow.Float32Type, *arrow.Float64Type:
		c.Type = Float
	case *arrow.BooleanType:
		c.Type = Bool
	case *arrow.TimestampType:
		c.Type = Time
	case *arrow.ListType:
		c.Type = List
		if s, ok := typ.Elem().(*arrow.StructType); ok {
			for _, sf := range s.Fields() {
				c.Items = append(c.Items, columnOf(sf))
			}
		} else {
			c.Items = []*Column{columnOf(arrow.Field{Name: "item", Type: typ.Elem()})}
		}
	default:
		c.Type = Text
	}
	return c
}

// reserve makes room for rows.
func (c *Column) reserve(rows int) {
	switch c.Type {
	case Float:
		c.Floats = make([]float64, 0, rows)
	case Text:
		c.Codes = make([]uint32, 0, rows)
	case List:
		c.Ends = make([]int32, 0, rows)
	default:
		c.Ints = make([]int64, 0, rows)
	}
}

// take appends the values of a, an array of the column's Arrow type.
func (c *Column) take(a arrow.Array) {
	n := a.Len()
	base := c.Len()
	switch a := a.(type) {
	case *array.Int8:
		c.Ints = appendInts(c.Ints, a.Int8Values())
	case *array.Int16:
		c.Ints = appendInts(c.Ints, a.Int16Values())
	case *array.Int32:
		c.Ints = appendInts(c.Ints, a.Int32Values())
	case *array.Int64:
		c.Ints = append(c.Ints, a.Int64Values()...)
	case *array.Uint8:
		c.Ints = appendInts(c.Ints, a.Uint8Values())
	case *array.Uint16:
		c.Ints = appendInts(c.Ints, a.Uint16Values())
	case *array.Uint32:
		c.Ints = appendInts(c.Ints, a.Uint32Values())
	case *array.Uint64:
		c.Ints = appendInts(c.Ints, a.Uint64Values())
	case *array.Float32:
		for _, v := range a.Float32Values() {
			c.Floats = append(c.Floats, float64(v))
		}
	case *array.Float64:
		c.Floats = append(c.Floats, a.Float64Values()...)
	case *array.Boolean:
		for i := range n {
			c.Ints = append(c.Ints, flag(a.Value(i)))
		}
	case *array.Timestamp:
		perMicro := map[arrow.TimeUnit][2]int64{arrow.Second: {1e6, 1}, arrow.Millisecond: {1e3, 1}, arrow.Microsecond: {1, 1}, arrow.Nanosecond: {1, 1e3}}[a.DataType().(*arrow.TimestampType).Unit]
		for _, v := range a.TimestampValues() {
			c.Ints = append(c.Ints, flow.FloorDiv(int64(v)*perMicro[0], perMicro[1]))
		}
	case *array.Dictionary:
		c.takeDictionary(a)
	case *array.List:
		c.takeList(a)
	default:
		code := make(map[string]uint32, len(c.Dict))
		for i, s := range c.Dict {
			code[s] = uint32(i)
		}
		for i := range n {
			s := ""
			if !a.IsNull(i) {
				s = a.ValueStr(i)
			}
			id, ok := code[s]
			if !ok {
				id = uint32(len(c.Dict))
				code[s] = id
				c.Dict = append(c.Dict, s)
			}
			c.Codes = append(c.Codes, id)
		}
	}
	if c.Null != nil || a.NullN() > 0 {
		for len(c.Null) < base {
			c.Null = append(c.Null, false)
		}
		for i := range n {
			c.Null = append(c.Null, a.IsNull(i))
		}
	}
}

func appendInts[T int8 | int16 | int32 | uint8 | uint16 | uint32 | uint64](dst []int64, src []T) []int64 {
	for _, v := range src {
		dst = append(dst, int64(v))
	}
	return dst
}

// takeDictionary appends coded text. Batches that share a dictionary, as those
// of a file do, share its codes.
func (c *Column) takeDictionary(a *array.Dictionary) {
	d, n := a.Dictionary(), a.Len()
	codes := make([]uint32, d.Len())
	same := len(c.Dict) == 0 || len(c.Dict) == d.Len()
	for i := 0; i < len(codes) && same; i++ {
		codes[i] = uint32(i)
		if len(c.Dict) == i {
			c.Dict = append(c.Dict, d.ValueStr(i))
		}
		same = c.Dict[i] == d.ValueStr(i)
	}
	if !same {
		known := make(map[string]uint32, len(c.Dict))
		for i, s := range c.Dict {
			known[s] = uint32(i)
		}
		for i := range codes {
			id, ok := known[d.ValueStr(i)]
			if !ok {
				id = uint32(len(c.Dict))
				c.Dict = append(c.Dict, d.ValueStr(i))
			}
			codes[i] = id
		}
	}
	if len(c.Dict) == 0 {
		c.Dict = []string{""}
	}
	if of, ok := a.Indices().(*array.Uint32); ok && a.NullN() == 0 { // as our files have them
		for _, k := range of.Uint32Values() {
			c.Codes = append(c.Codes, codes[k])
		}
		return
	}
	for i := range n {
		if a.IsNull(i) {
			c.Codes = append(c.Codes, 0)
			continue
		}
		k := a.GetValueIndex(i)
		c.Codes = append(c.Codes, codes[k])
	}
}

func (c *Column) takeList(a *array.List) {
	n := a.Len()
	base := int32(0)
	if len(c.Ends) > 0 {
		base = c.Ends[len(c.Ends)-1]
	}
	values := a.ListValues()
	lo, hi := int64(0), int64(0)
	for i := range n {
		from, to := a.ValueOffsets(i)
		if i == 0 {
			lo = from
		}
		hi = to
		c.Ends = append(c.Ends, base+int32(to-lo))
	}
	part := array.NewSlice(values, lo, hi)
	defer part.Release()
	if s, ok := part.(*array.Struct); ok {
		for k, it := range c.Items {
			it.take(s.Field(k))
		}
		return
	}
	c.Items[0].take(part)
}

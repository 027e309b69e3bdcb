package features

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

const rowsPerRecord = 64 << 10

var (
	dictType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.BinaryTypes.String}
	timeType = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
)

// WriteArrow writes t as an Arrow IPC file. The unit, role and doc of a
// column are in its field's metadata, t.Meta in the schema's. The bytes
// depend on t alone.
func (t *Table) WriteArrow(w io.Writer) (err error) {
	if err := t.Check(); err != nil {
		return fmt.Errorf("table %s: %w", t.Name, err)
	}
	schema := t.schema()
	out := &position{w: w}
	defer func() {
		if out.err != nil {
			err = out.err // what went wrong, without the library's account of where
		}
	}()
	fw, err := ipc.NewFileWriter(out, ipc.WithSchema(schema), ipc.WithAllocator(memory.DefaultAllocator))
	if err != nil {
		return fmt.Errorf("writing Arrow: %w", err)
	}
	dicts := make([]arrow.Array, len(t.Columns))
	for j, c := range t.Columns {
		if c.Type == Text {
			dicts[j] = dictionary(c.Dict)
		}
	}
	for lo := 0; lo < t.Len(); lo += rowsPerRecord {
		hi := min(lo+rowsPerRecord, t.Len())
		cols := make([]arrow.Array, len(t.Columns))
		for j, c := range t.Columns {
			cols[j] = c.arrow(lo, hi, dicts[j])
		}
		rec := array.NewRecord(schema, cols, int64(hi-lo))
		err := fw.Write(rec)
		rec.Release()
		for _, c := range cols {
			c.Release()
		}
		if err != nil || out.err != nil {
			// Close would now leave a valid file with fewer rows and say nothing.
			return fmt.Errorf("writing Arrow: %w", err)
		}
	}
	if err := fw.Close(); err != nil {
		return fmt.Errorf("writing Arrow: %w", err)
	}
	return nil
}

func (t *Table) schema() *arrow.Schema {
	fields := make([]arrow.Field, len(t.Columns))
	for j, c := range t.Columns {
		fields[j] = c.arrowField()
	}
	keys := slices.Sorted(maps.Keys(t.Meta))
	values := make([]string, len(keys))
	for i, k := range keys {
		values[i] = t.Meta[k]
	}
	md := arrow.NewMetadata(keys, values)
	return arrow.NewSchema(fields, &md)
}

func (c *Column) arrowField() arrow.Field {
	return arrow.Field{
		Name: c.Name, Type: c.arrowType(), Nullable: true,
		Metadata: arrow.NewMetadata([]string{"doc", "role", "unit"}, []string{c.Doc, string(c.Role), string(c.Unit)}),
	}
}

func (c *Column) arrowType() arrow.DataType {
	switch c.Type {
	case Float:
		return arrow.PrimitiveTypes.Float64
	case Bool:
		return arrow.FixedWidthTypes.Boolean
	case Text:
		return dictType
	case Time:
		return timeType
	case List:
		if len(c.Items) == 1 {
			return arrow.ListOf(c.Items[0].itemType())
		}
		fields := make([]arrow.Field, len(c.Items))
		for i, it := range c.Items {
			fields[i] = arrow.Field{Name: it.Name, Type: it.itemType(), Nullable: true}
		}
		return arrow.ListOf(arrow.StructOf(fields...))
	}
	return arrow.PrimitiveTypes.Int64
}

// itemType is the type of an item of a list: text is not a dictionary there,
// which many readers can't take inside a list.
func (c *Column) itemType() arrow.DataType {
	if c.Type == Text {
		return arrow.BinaryTypes.String
	}
	return c.arrowType()
}

func dictionary(values []string) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(values, nil)
	return b.NewArray()
}

// arrow returns rows lo to hi-1 as an array.
func (c *Column) arrow(lo, hi int, dict arrow.Array) arrow.Array {
	if c.Type == Text {
		ib := array.NewUint32Builder(memory.DefaultAllocator)
		defer ib.Release()
		ib.AppendValues(c.Codes[lo:hi], c.valid(lo, hi))
		codes := ib.NewArray()
		defer codes.Release()
		return array.NewDictionaryArray(dictType, codes, dict)
	}
	b := array.NewBuilder(memory.DefaultAllocator, c.arrowType())
	defer b.Release()
	c.build(b, lo, hi)
	return b.NewArray()
}

// valid is Null the other way round.
func (c *Column) valid(lo, hi int) []bool {
	if c.Null == nil {
		return nil
	}
	v := make([]bool, hi-lo)
	for i := range v {
		v[i] = !c.Null[lo+i]
	}
	return v
}

// build appends rows lo to hi-1 to b, a builder of the column's type.
func (c *Column) build(b array.Builder, lo, hi int) {
	switch b := b.(type) {
	case *array.Int64Builder:
		b.AppendValues(c.Ints[lo:hi], c.valid(lo, hi))
	case *array.Float64Builder:
		b.AppendValues(c.Floats[lo:hi], c.valid(lo, hi))
	case *array.TimestampBuilder:
		for i := lo; i < hi; i++ {
			if c.IsNull(i) {
				b.AppendNull()
			} else {
				b.Append(arrow.Timestamp(c.Ints[i]))
			}
		}
	case *array.BooleanBuilder:
		for i := lo; i < hi; i++ {
			if c.IsNull(i) {
				b.AppendNull()
			} else {
				b.Append(c.Ints[i] != 0)
			}
		}
	case *array.StringBuilder: // an item of a list
		for i := lo; i < hi; i++ {
			if c.IsNull(i) {
				b.AppendNull()
			} else {
				b.Append(c.Dict[c.Codes[i]])
			}
		}
	case *array.ListBuilder:
		for i := lo; i < hi; i++ {
			if c.IsNull(i) {
				b.AppendNull()
				continue
			}
			b.Append(true)
			from, to := c.Span(i)
			if len(c.Items) == 1 {
				c.Items[0].build(b.ValueBuilder(), from, to)
				continue
			}
			s := b.ValueBuilder().(*array.StructBuilder)
			s.AppendValues(slices.Repeat([]bool{true}, to-from))
			for k, it := range c.Items {
				it.build(s.FieldBuilder(k), from, to)
			}
		}
	default:
		panic(fmt.Sprintf("features: no builder for %s", c.arrowType()))
	}
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

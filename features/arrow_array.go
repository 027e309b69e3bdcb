package features

import (
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

var (
	dictType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.BinaryTypes.String}
	timeType = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
)

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

// arrow returns rows lo to hi-1 as an array, which lies in the memory of c
// where both keep values alike.
func (c *Column) arrow(lo, hi int, dict arrow.Array) arrow.Array {
	if c.Type == List {
		b := array.NewBuilder(memory.DefaultAllocator, c.arrowType())
		defer b.Release()
		c.build(b, lo, hi)
		return b.NewArray()
	}
	var values []byte
	switch c.Type {
	case Float:
		values = arrow.Float64Traits.CastToBytes(c.Floats[lo:hi])
	case Bool:
		values = packBits(c.Ints[lo:hi], 0)
	case Text:
		values = arrow.Uint32Traits.CastToBytes(c.Codes[lo:hi])
	default:
		values = arrow.Int64Traits.CastToBytes(c.Ints[lo:hi])
	}
	valid, nulls := (*memory.Buffer)(nil), 0
	if c.Null != nil {
		for _, null := range c.Null[lo:hi] {
			nulls += int(flag(null))
		}
		valid = memory.NewBufferBytes(packBits(c.Null[lo:hi], true))
	}
	data := array.NewData(c.arrowType(), hi-lo, []*memory.Buffer{valid, memory.NewBufferBytes(values)}, nil, nulls, 0)
	defer data.Release()
	if c.Type == Text {
		data.SetDictionary(dict.Data())
	}
	return array.MakeFromData(data)
}

// packBits returns a bit for each value, the first the lowest: 0 for unset.
func packBits[T comparable](of []T, unset T) []byte {
	packed := make([]byte, (len(of)+7)/8)
	for i := range packed {
		var bits byte
		for k, v := range of[8*i : min(8*i+8, len(of))] {
			bits |= byte(flag(v != unset)) << k
		}
		packed[i] = bits
	}
	return packed
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

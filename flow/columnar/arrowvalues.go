package columnar

import (
	"errors"
	"fmt"
	"math"
	"time"

	"toolkit/flow"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// A arrowReader adds values from to to-1 of an array to a column.
type arrowReader func(a arrow.Array, from, to int, c *column)

// arrowValues returns what reads values of a type for a field, and in which unit
// they are then, "" for as given.
func arrowValues(typ arrow.DataType, c flow.RowColumn, zone *time.Location) (read arrowReader, unit string, err error) {
	address := c.Address
	switch typ := typ.(type) {
	case *arrow.NullType:
		return func(_ arrow.Array, from, to int, c *column) {
			for ; from < to; from++ {
				c.end()
			}
		}, "", nil
	case *arrow.BooleanType:
		return texts(func(a *array.Boolean, i int, c *column) { c.bool(a.Value(i)) }), "", nil
	case *arrow.Int8Type:
		return ints((*array.Int8).Int8Values), "", nil
	case *arrow.Int16Type:
		return ints((*array.Int16).Int16Values), "", nil
	case *arrow.Int32Type:
		return ints((*array.Int32).Int32Values), "", nil
	case *arrow.Int64Type:
		return ints((*array.Int64).Int64Values), "", nil
	case *arrow.Uint8Type:
		return ints((*array.Uint8).Uint8Values), "", nil
	case *arrow.Uint16Type:
		return ints((*array.Uint16).Uint16Values), "", nil
	case *arrow.Uint32Type:
		return ints((*array.Uint32).Uint32Values), "", nil
	case *arrow.Uint64Type:
		read := ints((*array.Uint64).Uint64Values)
		return func(a arrow.Array, from, to int, c *column) {
			c.Unsigned = true
			read(a, from, to, c)
		}, "", nil
	case *arrow.Float32Type:
		return texts(func(a *array.Float32, i int, c *column) { c.float(a.Value(i)) }), "", nil
	case *arrow.Float64Type:
		return floats, "", nil
	case *arrow.Decimal128Type:
		return texts(func(a *array.Decimal128, i int, c *column) { c.add(a.Value(i).ToString(typ.Scale)) }), "", nil
	case *arrow.Decimal256Type:
		return texts(func(a *array.Decimal256, i int, c *column) { c.add(a.Value(i).ToString(typ.Scale)) }), "", nil
	case *arrow.StringType:
		return texts(func(a *array.String, i int, c *column) { c.add(a.Value(i)) }), "", nil
	case *arrow.LargeStringType:
		return texts(func(a *array.LargeString, i int, c *column) { c.add(a.Value(i)) }), "", nil
	case *arrow.StringViewType:
		return texts(func(a *array.StringView, i int, c *column) { c.add(a.Value(i)) }), "", nil
	case *arrow.BinaryType:
		return texts(func(a *array.Binary, i int, c *column) { c.bytes(a.Value(i), address) }), "", nil
	case *arrow.LargeBinaryType:
		return texts(func(a *array.LargeBinary, i int, c *column) { c.bytes(a.Value(i), address) }), "", nil
	case *arrow.FixedSizeBinaryType:
		return texts(func(a *array.FixedSizeBinary, i int, c *column) { c.bytes(a.Value(i), address) }), "", nil
	case *arrow.DictionaryType:
		inner, unit, err := arrowValues(typ.ValueType, c, zone)
		if err != nil {
			return nil, "", err
		}
		index, _, err := arrowValues(typ.IndexType, c, zone)
		return (&dictionary{index: index, inner: inner}).read, unit, err
	case *arrow.Date32Type:
		return times((*array.Date32).Date32Values, 86400, time.Second, zone), "unix", nil
	case *arrow.Date64Type:
		return times((*array.Date64).Date64Values, 1, time.Millisecond, zone), "unix_ms", nil
	case *arrow.TimestampType:
		if typ.TimeZone != "" {
			zone = nil // it is UTC
		}
		of := typ.Unit.Multiplier()
		return times((*array.Timestamp).TimestampValues, 1, of, zone), unixUnits[of], nil
	case *arrow.DurationType:
		return ints((*array.Duration).DurationValues), lengthUnits[typ.Unit.Multiplier()], nil
	case arrow.ExtensionType:
		inner, unit, err := arrowValues(typ.StorageType(), c, zone)
		return func(a arrow.Array, from, to int, c *column) {
			inner(a.(array.ExtensionArray).Storage(), from, to, c)
		}, unit, err
	}
	return nil, "", fmt.Errorf("values of type %s can't be read as a field of a record", typ)
}

// The units of --columns by how long they are.
var (
	unixUnits   = map[time.Duration]string{time.Second: "unix", time.Millisecond: "unix_ms", time.Microsecond: "unix_us", time.Nanosecond: "unix_ns"}
	lengthUnits = map[time.Duration]string{time.Second: "s", time.Millisecond: "ms", time.Microsecond: "us", time.Nanosecond: "ns"}
)

// texts adds values as write writes them.
func texts[A arrow.Array](write func(a A, i int, c *column)) arrowReader {
	return func(a arrow.Array, from, to int, c *column) {
		of := a.(A)
		for i := from; i < to; i++ {
			if !of.IsNull(i) {
				write(of, i, c)
			}
			c.end()
		}
	}
}

type whole interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// ints adds whole numbers.
func ints[A arrow.Array, V whole](values func(A) []V) arrowReader {
	return func(a arrow.Array, from, to int, c *column) {
		vs := values(a.(A))[from:to]
		if a.NullN() == 0 {
			for _, v := range vs {
				c.Ints = append(c.Ints, int64(v))
			}
			return
		}
		for i, v := range vs {
			if a.IsNull(from + i) {
				c.noNumber()
			} else {
				c.number(int64(v))
			}
		}
	}
}

// times adds times, in so many of a unit, or what a clock of the zone shows then.
func times[A arrow.Array, V whole](values func(A) []V, n int64, unit time.Duration, zone *time.Location) arrowReader {
	read := ints(values)
	return func(a arrow.Array, from, to int, c *column) {
		read(a, from, to, c)
		for i, v := range c.Ints {
			c.Ints[i] = moment(n*v, unit, zone)
		}
	}
}

func floats(a arrow.Array, from, to int, c *column) {
	of := a.(*array.Float64)
	c.Floats = append(c.Floats, of.Float64Values()[from:to]...)
	for i := range c.Floats {
		if of.IsNull(from + i) {
			c.Floats[i] = math.NaN()
		}
	}
}

// A dictionary reads values by way of one.
type dictionary struct {
	index  arrowReader // of whole numbers
	at     column      // what it has read last
	inner  arrowReader
	of     arrow.ArrayData // what values are of
	values *column
}

func (d *dictionary) read(a arrow.Array, from, to int, c *column) {
	of := a.(*array.Dictionary)
	if data := of.Dictionary().Data(); d.of != data || d.values == nil {
		d.of, d.values = data, new(column)
		d.inner(of.Dictionary(), 0, of.Dictionary().Len(), d.values)
	}
	c.err = d.values.err
	codes := d.codes(of, from, to, c.Codes)
	v := &d.values.Values
	if len(v.Ints) == 0 && len(v.Floats) == 0 {
		c.Codes, c.Dict = codes, &v.Texts
		return
	}
	c.Unsigned = v.Unsigned
	for _, k := range codes {
		switch {
		case len(v.Floats) > 0 && k < 0:
			c.Floats = append(c.Floats, math.NaN())
		case len(v.Floats) > 0:
			c.Floats = append(c.Floats, v.Floats[k])
		case k < 0 || v.Null != nil && v.Null[k]:
			c.noNumber()
		default:
			c.number(v.Ints[k])
		}
	}
}

// codes adds the indices of values from to to-1 to codes, -1 for null.
func (d *dictionary) codes(of *array.Dictionary, from, to int, codes []int32) []int32 {
	d.at.reset()
	d.index(of.Indices(), from, to, &d.at)
	size := uint64(of.Dictionary().Len())
	for i, k := range d.at.Ints {
		switch {
		case d.at.Null != nil && d.at.Null[i]:
			k = -1
		case uint64(k) >= size:
			panic(errors.New("a value that its dictionary does not have"))
		}
		codes = append(codes, int32(k))
	}
	return codes
}

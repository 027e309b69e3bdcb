package columnar

import (
	"fmt"
	"time"

	"toolkit/flow"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// arrowWriter returns what writes values of a type as the text of a field, and
// in which unit they are then, "" for as given. Null is no text. names tells that
// numbers in place of addresses may be something else.
func arrowWriter(typ arrow.DataType, c flow.RowColumn, names bool, zone *time.Location) (write func(a arrow.Array, from, to int, t *texts), unit string, err error) {
	address := (c.Field == "src_ip" || c.Field == "dst_ip") && !names
	switch typ := typ.(type) {
	case *arrow.NullType:
		return func(_ arrow.Array, from, to int, t *texts) {
			for ; from < to; from++ {
				t.end()
			}
		}, "", nil
	case *arrow.BooleanType:
		return each(func(a *array.Boolean, i int, t *texts) { t.bool(a.Value(i)) }), "", nil
	case *arrow.Int8Type:
		return ints[*array.Int8, int8](address), "", nil
	case *arrow.Int16Type:
		return ints[*array.Int16, int16](address), "", nil
	case *arrow.Int32Type:
		return ints[*array.Int32, int32](address), "", nil
	case *arrow.Int64Type:
		return ints[*array.Int64, int64](address), "", nil
	case *arrow.Uint8Type:
		return ints[*array.Uint8, uint8](address), "", nil
	case *arrow.Uint16Type:
		return ints[*array.Uint16, uint16](address), "", nil
	case *arrow.Uint32Type:
		return ints[*array.Uint32, uint32](address), "", nil
	case *arrow.Uint64Type:
		return each(func(a *array.Uint64, i int, t *texts) { t.unsigned(a.Value(i)) }), "", nil
	case *arrow.Float32Type:
		return each(func(a *array.Float32, i int, t *texts) { t.float(float64(a.Value(i)), 32) }), "", nil
	case *arrow.Float64Type:
		return each(func(a *array.Float64, i int, t *texts) { t.float(a.Value(i), 64) }), "", nil
	case *arrow.Decimal128Type:
		return each(func(a *array.Decimal128, i int, t *texts) { t.add(a.Value(i).ToString(typ.Scale)) }), "", nil
	case *arrow.Decimal256Type:
		return each(func(a *array.Decimal256, i int, t *texts) { t.add(a.Value(i).ToString(typ.Scale)) }), "", nil
	case *arrow.StringType:
		return each(func(a *array.String, i int, t *texts) { t.add(a.Value(i)) }), "", nil
	case *arrow.LargeStringType:
		return each(func(a *array.LargeString, i int, t *texts) { t.add(a.Value(i)) }), "", nil
	case *arrow.StringViewType:
		return each(func(a *array.StringView, i int, t *texts) { t.add(a.Value(i)) }), "", nil
	case *arrow.BinaryType:
		return each(func(a *array.Binary, i int, t *texts) { t.bytes(a.Value(i), address) }), "", nil
	case *arrow.LargeBinaryType:
		return each(func(a *array.LargeBinary, i int, t *texts) { t.bytes(a.Value(i), address) }), "", nil
	case *arrow.FixedSizeBinaryType:
		return each(func(a *array.FixedSizeBinary, i int, t *texts) { t.bytes(a.Value(i), address) }), "", nil
	case *arrow.DictionaryType:
		return dictionary(typ, c, names, zone)
	case *arrow.Date32Type:
		return each(func(a *array.Date32, i int, t *texts) { t.moment(int64(a.Value(i))*86400, time.Second, zone) }), "unix", nil
	case *arrow.Date64Type:
		return each(func(a *array.Date64, i int, t *texts) { t.moment(int64(a.Value(i)), time.Millisecond, zone) }), "unix_ms", nil
	case *arrow.TimestampType:
		if typ.TimeZone != "" {
			zone = nil // it is UTC
		}
		of := typ.Unit.Multiplier()
		return each(func(a *array.Timestamp, i int, t *texts) { t.moment(int64(a.Value(i)), of, zone) }), unixUnits[of], nil
	case *arrow.DurationType:
		return each(func(a *array.Duration, i int, t *texts) { t.int(int64(a.Value(i))) }), lengthUnits[typ.Unit.Multiplier()], nil
	case arrow.ExtensionType:
		inner, unit, err := arrowWriter(typ.StorageType(), c, names, zone)
		return func(a arrow.Array, from, to int, t *texts) {
			inner(a.(array.ExtensionArray).Storage(), from, to, t)
		}, unit, err
	}
	return nil, "", fmt.Errorf("values of type %s can't be read as a field of a record", typ)
}

// The units of --columns by how long they are.
var (
	unixUnits   = map[time.Duration]string{time.Second: "unix", time.Millisecond: "unix_ms", time.Microsecond: "unix_us", time.Nanosecond: "unix_ns"}
	lengthUnits = map[time.Duration]string{time.Second: "s", time.Millisecond: "ms", time.Microsecond: "us", time.Nanosecond: "ns"}
)

// each writes the values of arrays of a type by write.
func each[A arrow.Array](write func(a A, i int, t *texts)) func(arrow.Array, int, int, *texts) {
	return func(a arrow.Array, from, to int, t *texts) {
		of := a.(A)
		for i := from; i < to; i++ {
			if !of.IsNull(i) {
				write(of, i, t)
			}
			t.end()
		}
	}
}

// ints writes whole numbers, as addresses if those are meant.
func ints[A interface {
	arrow.Array
	Value(int) V
}, V int8 | int16 | int32 | int64 | uint8 | uint16 | uint32](address bool) func(arrow.Array, int, int, *texts) {
	return each(func(a A, i int, t *texts) {
		if address {
			t.address(int64(a.Value(i)))
		} else {
			t.int(int64(a.Value(i)))
		}
	})
}

// dictionary writes values by way of a dictionary.
func dictionary(typ *arrow.DictionaryType, c flow.RowColumn, names bool, zone *time.Location) (func(arrow.Array, int, int, *texts), string, error) {
	inner, unit, err := arrowWriter(typ.ValueType, c, names, zone)
	return func(a arrow.Array, from, to int, t *texts) {
		d := a.(*array.Dictionary)
		values := d.Dictionary()
		for i := from; i < to; i++ {
			k := -1
			if !d.IsNull(i) {
				k = d.GetValueIndex(i)
			}
			if k < 0 || values.IsNull(k) {
				t.end()
				continue
			}
			inner(values, k, k+1, t)
		}
	}, unit, err
}

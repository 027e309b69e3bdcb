package columnar

import (
	"bytes"
	"encoding/base64"
	"math/big"
	"strings"
	"time"

	"toolkit/flow"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquetWriter returns what writes values of a type as the text of a field, and
// in which unit they are then, "" for as given. names tells that numbers in place
// of addresses may be something else.
func parquetWriter(typ parquet.Type, c flow.RowColumn, names bool, zone *time.Location) (write func(v parquet.Value, t *texts), unit string) {
	address := (c.Field == "src_ip" || c.Field == "dst_ip") && !names
	var logical format.LogicalTypeValue
	if l := typ.LogicalType(); l != nil {
		logical = l.Value
	}
	switch of := logical.(type) {
	case *format.TimestampType:
		if of.Unit.Value == nil {
			break
		}
		if of.IsAdjustedToUTC {
			zone = nil
		}
		per := of.Unit.Value.Duration()
		return func(v parquet.Value, t *texts) { t.moment(v.Int64(), per, zone) }, unixUnits[per]
	case *format.DateType:
		return func(v parquet.Value, t *texts) { t.moment(int64(v.Int32())*86400, time.Second, zone) }, "unix"
	case *format.DecimalType:
		return decimals(typ.Kind(), of.Scale), ""
	case *format.IntType:
		if of.IsSigned {
			break
		}
		if of.BitWidth > 32 {
			return func(v parquet.Value, t *texts) { t.unsigned(v.Uint64()) }, ""
		}
		return whole(address, func(v parquet.Value) int64 { return int64(v.Uint32()) }), ""
	}
	switch typ.Kind() {
	case parquet.Boolean:
		return func(v parquet.Value, t *texts) { t.bool(v.Boolean()) }, ""
	case parquet.Int32:
		return whole(address, func(v parquet.Value) int64 { return int64(v.Int32()) }), ""
	case parquet.Int64:
		return whole(address, parquet.Value.Int64), ""
	case parquet.Int96: // a day and the nanoseconds in it, as Impala and Spark wrote times
		return func(v parquet.Value, t *texts) {
			i := v.Int96()
			const epoch = 2_440_588 // the Julian day of 1970-01-01
			day := big.NewInt(int64(i[2]) - epoch)
			ns := new(big.Int).SetUint64(uint64(i[1])<<32 | uint64(i[0]))
			t.add(ns.Add(ns, day.Mul(day, big.NewInt(86400e9))).String())
		}, "unix_ns"
	case parquet.Float:
		return func(v parquet.Value, t *texts) { t.float(float64(v.Float()), 32) }, ""
	case parquet.Double:
		return func(v parquet.Value, t *texts) { t.float(v.Double(), 64) }, ""
	}
	return func(v parquet.Value, t *texts) { t.bytes(v.ByteArray(), address) }, ""
}

// whole writes whole numbers, as addresses if those are meant.
func whole(address bool, of func(parquet.Value) int64) func(parquet.Value, *texts) {
	if address {
		return func(v parquet.Value, t *texts) { t.address(of(v)) }
	}
	return func(v parquet.Value, t *texts) { t.int(of(v)) }
}

// decimals writes numbers with so many digits behind the point.
func decimals(kind parquet.Kind, scale int32) func(parquet.Value, *texts) {
	return func(v parquet.Value, t *texts) {
		n := new(big.Int)
		switch kind {
		case parquet.Int32:
			n.SetInt64(int64(v.Int32()))
		case parquet.Int64:
			n.SetInt64(v.Int64())
		default:
			b := v.ByteArray()
			if n.SetBytes(b); len(b) > 0 && b[0] >= 0x80 {
				n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
			}
		}
		text := n.String()
		if scale <= 0 || scale > 1000 {
			t.add(text)
			return
		}
		text, negative := strings.CutPrefix(text, "-")
		if negative {
			t.add("-")
		}
		if k := int(scale) + 1 - len(text); k > 0 {
			text = strings.Repeat("0", k) + text
		}
		point := len(text) - int(scale)
		t.add(text[:point])
		t.add(".")
		t.add(text[point:])
	}
}

// durationUnits returns the units of columns that were durations in Arrow, of
// which Parquet has none: without them a number would be taken for seconds.
func durationUnits(f *parquet.File) map[string]string {
	text, ok := f.Lookup("ARROW:schema")
	if !ok {
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	t, err := openStream(&messages{r: bytes.NewReader(data)}, nil)
	if err != nil {
		return nil
	}
	defer t.close()
	units := map[string]string{}
	for _, field := range t.schema.Fields() {
		if d, ok := field.Type.(*arrow.DurationType); ok {
			units[field.Name] = lengthUnits[d.Unit.Multiplier()]
		}
	}
	return units
}

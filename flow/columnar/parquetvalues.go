package columnar

import (
	"bytes"
	"encoding/base64"
	"math"
	"math/big"
	"strings"
	"time"

	"toolkit/flow"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// A parquetKind says how values of a type are read.
type parquetKind struct {
	kind     parquet.Kind
	whole    func(v int64) int64              // of whole numbers, what they are; nil for what they are
	unsigned bool                             // numbers are those of uint64
	text     func(v parquet.Value, c *column) // writes what is neither whole nor a double
	address  bool                             // bytes may be an address
}

// isWhole tells whether values are whole numbers.
func (k *parquetKind) isWhole() bool {
	return k.text == nil && (k.kind == parquet.Int32 || k.kind == parquet.Int64)
}

// isText tells whether values are bytes that are text.
func (k *parquetKind) isText() bool { return k.text == nil && k.kind == parquet.ByteArray }

// parquetValues returns how values of a type are read for a field, and in which unit
// they are then, "" for as given.
func parquetValues(typ parquet.Type, c flow.RowColumn, zone *time.Location) (k parquetKind, unit string) {
	k = parquetKind{kind: typ.Kind(), address: c.Address}
	var logical format.LogicalTypeValue
	if l := typ.LogicalType(); l != nil {
		logical = l.Value
	}
	switch of := logical.(type) {
	case *format.TimestampType:
		if of.Unit.Value == nil {
			break
		}
		per := of.Unit.Value.Duration()
		if !of.IsAdjustedToUTC && zone != nil && zone != time.UTC {
			k.whole = func(v int64) int64 { return moment(v, per, zone) }
		}
		return k, unixUnits[per]
	case *format.DateType:
		k.whole = func(v int64) int64 { return moment(v*86400, time.Second, zone) }
		return k, "unix"
	case *format.DecimalType:
		k.text = decimals(k.kind, of.Scale)
		return k, ""
	case *format.IntType:
		switch {
		case of.IsSigned:
		case of.BitWidth > 32:
			k.unsigned = true
		default:
			k.whole = func(v int64) int64 { return int64(uint32(v)) }
		}
		return k, ""
	}
	switch k.kind {
	case parquet.Boolean:
		k.text = func(v parquet.Value, c *column) { c.bool(v.Boolean()) }
	case parquet.Int96: // a day and the nanoseconds in it, as Impala and Spark wrote times
		k.text = func(v parquet.Value, c *column) {
			i := v.Int96()
			const epoch = 2_440_588 // the Julian day of 1970-01-01
			day := big.NewInt(int64(i[2]) - epoch)
			ns := new(big.Int).SetUint64(uint64(i[1])<<32 | uint64(i[0]))
			c.add(ns.Add(ns, day.Mul(day, big.NewInt(86400e9))).String())
		}
		unit = "unix_ns"
	case parquet.Float:
		k.text = func(v parquet.Value, c *column) { c.float(v.Float()) }
	}
	return k, unit
}

// add adds a value, whatever its kind.
func (k *parquetKind) add(v parquet.Value, c *column) {
	switch {
	case k.isWhole() && v.IsNull():
		c.noNumber()
	case k.isWhole():
		n := v.Int64()
		if k.kind == parquet.Int32 {
			n = int64(v.Int32())
		}
		c.number(k.number(n))
	case k.text == nil && k.kind == parquet.Double && v.IsNull():
		c.Floats = append(c.Floats, math.NaN())
	case k.text == nil && k.kind == parquet.Double:
		c.Floats = append(c.Floats, v.Double())
	case v.IsNull():
		c.end()
	case k.text != nil:
		k.text(v, c)
		c.end()
	default:
		c.bytes(v.ByteArray(), k.address)
		c.end()
	}
}

// number returns what a whole number is.
func (k *parquetKind) number(v int64) int64 {
	if k.whole != nil {
		return k.whole(v)
	}
	return v
}

// decimals writes numbers with so many digits behind the point.
func decimals(kind parquet.Kind, scale int32) func(parquet.Value, *column) {
	return func(v parquet.Value, c *column) {
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
			c.add(text)
			return
		}
		text, negative := strings.CutPrefix(text, "-")
		if negative {
			c.add("-")
		}
		if k := int(scale) + 1 - len(text); k > 0 {
			text = strings.Repeat("0", k) + text
		}
		point := len(text) - int(scale)
		c.add(text[:point])
		c.add(".")
		c.add(text[point:])
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

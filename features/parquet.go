package features

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"toolkit/flow"
	"toolkit/internal/untrusted"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// readParquet reads the columns of a Parquet file that are neither repeated
// nor nested.
func readParquet(r io.ReaderAt, size int64, name string) (t *Table, err error) {
	defer func() {
		if p := recover(); p != nil { // the library panics on some damaged files
			t, err = nil, fmt.Errorf("damaged Parquet file: %v", p)
		}
	}()
	if err := untrusted.ParquetFile(r, size); err != nil {
		return nil, err
	}
	r, size, free, err := untrusted.PlainParquet(r, size, "")
	if err != nil {
		return nil, err
	}
	defer free()
	f, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("not a readable Parquet file: %w", err)
	}
	t = &Table{Name: name, Meta: make(map[string]string)}
	for _, kv := range f.Metadata().KeyValueMetadata {
		if kv.Key != columnsKey {
			t.Meta[kv.Key] = kv.Value
		}
	}
	for j, field := range f.Schema().Fields() {
		if !field.Leaf() || field.Repeated() {
			continue
		}
		c, err := parquetColumn(r, f, field, j)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", field.Name(), err)
		}
		t.Columns = append(t.Columns, c)
	}
	if text, ok := f.Lookup(columnsKey); ok {
		var declared []fieldJSON
		if err := json.Unmarshal([]byte(text), &declared); err != nil {
			return nil, fmt.Errorf("its metadata %s: %w", columnsKey, err)
		}
		for _, d := range declared {
			if c := t.Column(d.Name); c != nil {
				c.Unit, c.Role, c.Doc = d.Unit, d.Role, d.Doc
			}
		}
	}
	return t, t.Check()
}

// timeUnit returns how long the unit of a timestamp is, 0 of what is none.
func timeUnit(typ parquet.Type) time.Duration {
	if logical := typ.LogicalType(); logical != nil {
		if of, ok := logical.Value.(*format.TimestampType); ok && of.Unit.Value != nil {
			return of.Unit.Value.Duration()
		}
	}
	return 0
}

func parquetColumn(r io.ReaderAt, f *parquet.File, field parquet.Field, j int) (*Column, error) {
	c := &Column{Field: Field{Name: field.Name(), Type: Text}}
	leaf, ok := f.Schema().Lookup(field.Name())
	if !ok {
		return nil, fmt.Errorf("no such leaf (%d)", j)
	}
	switch field.Type().Kind() {
	case parquet.Boolean:
		c.Type = Bool
	case parquet.Int32, parquet.Int64:
		c.Type = Int
		if timeUnit(field.Type()) > 0 {
			c.Type = Time
		}
	case parquet.Float, parquet.Double:
		c.Type = Float
	}
	var text []string
	var null []bool
	anyNull := false
	values := make([]parquet.Value, 1024)
	for i, group := range f.RowGroups() {
		if err := untrusted.ParquetChunk(r, f, i, leaf.ColumnIndex); err != nil {
			return nil, err
		}
		pages := group.ColumnChunks()[leaf.ColumnIndex].Pages()
		for {
			page, err := pages.ReadPage()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				pages.Close()
				return nil, err
			}
			for vr := page.Values(); ; {
				n, err := vr.ReadValues(values)
				for _, v := range values[:n] {
					null, anyNull = append(null, v.IsNull()), anyNull || v.IsNull()
					switch c.Type {
					case Bool:
						c.Ints = append(c.Ints, flag(!v.IsNull() && v.Boolean()))
					case Int, Time:
						c.Ints = append(c.Ints, v.Int64())
					case Float:
						if v.Kind() == parquet.Float {
							c.Floats = append(c.Floats, float64(v.Float()))
						} else {
							c.Floats = append(c.Floats, v.Double())
						}
					default:
						text = append(text, string(v.ByteArray()))
					}
				}
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					pages.Close()
					return nil, err
				}
			}
		}
		pages.Close()
	}
	switch c.Type {
	case Text:
		c = TextColumn(c.Field, text)
	case Time:
		if unit := timeUnit(field.Type()); unit < time.Microsecond {
			for i, v := range c.Ints {
				c.Ints[i] = flow.FloorDiv(v, int64(time.Microsecond/unit))
			}
		} else {
			for i, v := range c.Ints {
				c.Ints[i] = v * int64(unit/time.Microsecond)
			}
		}
	}
	if anyNull {
		c.Null = null
	}
	return c, nil
}

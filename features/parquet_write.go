package features

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// columnsKey is the key of a Parquet file's metadata under which the
// declarations of the columns stand, as JSON: Parquet has no metadata of
// columns.
const columnsKey = "toolkit.columns"

// A fieldJSON is a Field as it stands there.
type fieldJSON struct {
	Name string `json:"name"`
	Unit Unit   `json:"unit,omitempty"`
	Role Role   `json:"role,omitempty"`
	Doc  string `json:"doc,omitempty"`
}

const rowsPerGroup = 128 << 10

// A parquetWriter writes a table as a Parquet file: text with dictionaries,
// columns in their order, packed with zstd.
type parquetWriter struct {
	w     io.Writer
	plain bool // not packed
	out   *parquet.GenericWriter[any]
	rows  int64
}

func (p *parquetWriter) Rows() int64 { return p.rows }

func (p *parquetWriter) begin(t *Table) error {
	var root orderedGroup
	var fields []fieldJSON
	for _, c := range t.Columns {
		var node parquet.Node
		switch c.Type {
		case Int:
			node = parquet.Int(64)
		case Float:
			node = parquet.Leaf(parquet.DoubleType)
		case Bool:
			node = parquet.Leaf(parquet.BooleanType)
		case Time:
			node = parquet.Timestamp(parquet.Microsecond)
		case Text:
			node = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
		case List:
			return fmt.Errorf("table %s: column %s is a list, which is written to Arrow files only", t.Name, c.Name)
		}
		root.fields = append(root.fields, parquet.Group{c.Name: parquet.Optional(node)}.Fields()[0])
		fields = append(fields, fieldJSON{c.Name, c.Unit, c.Role, c.Doc})
	}
	declared, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	options := []parquet.WriterOption{
		parquet.NewSchema(t.Name, root), parquet.MaxRowsPerRowGroup(rowsPerGroup), parquet.KeyValueMetadata(columnsKey, string(declared)),
		parquet.CreatedBy("toolkit", "", ""),
	}
	if !p.plain {
		options = append(options, parquet.Compression(&parquet.Zstd))
	}
	for _, key := range slices.Sorted(maps.Keys(t.Meta)) {
		options = append(options, parquet.KeyValueMetadata(key, t.Meta[key]))
	}
	p.out = parquet.NewGenericWriter[any](p.w, options...)
	return nil
}

// An orderedGroup is a group whose fields are in the order given, and not in
// that of their names.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g orderedGroup) Fields() []parquet.Field { return g.fields }

func (p *parquetWriter) Write(t *Table) error {
	if err := t.Check(); err != nil {
		return fmt.Errorf("table %s: %w", t.Name, err)
	}
	if p.out == nil {
		if err := p.begin(t); err != nil {
			return err
		}
	}
	const step = 1024
	values := make([]parquet.Value, step*len(t.Columns))
	rows := make([]parquet.Row, 0, step)
	for lo := 0; lo < t.Len(); lo += step {
		rows = rows[:0]
		for i := lo; i < min(lo+step, t.Len()); i++ {
			row := values[(i-lo)*len(t.Columns):][:len(t.Columns)]
			for j, c := range t.Columns {
				row[j] = c.parquet(i, j)
			}
			rows = append(rows, row)
		}
		if _, err := p.out.WriteRows(rows); err != nil {
			return fmt.Errorf("writing Parquet: %w", err)
		}
	}
	p.rows += int64(t.Len())
	return nil
}

// parquet returns row i as a value of column j.
func (c *Column) parquet(i, j int) parquet.Value {
	if c.IsNull(i) {
		return parquet.NullValue().Level(0, 0, j)
	}
	var v parquet.Value
	switch c.Type {
	case Float:
		v = parquet.DoubleValue(c.Floats[i])
	case Bool:
		v = parquet.BooleanValue(c.Ints[i] != 0)
	case Text:
		v = parquet.ByteArrayValue([]byte(c.Dict[c.Codes[i]]))
	default:
		v = parquet.Int64Value(c.Ints[i])
	}
	return v.Level(0, 1, j)
}

func (p *parquetWriter) Close() error {
	if p.out == nil {
		return errors.New("writing Parquet: a table without columns")
	}
	if err := p.out.Close(); err != nil {
		return fmt.Errorf("writing Parquet: %w", err)
	}
	return nil
}

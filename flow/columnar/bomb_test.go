package columnar

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"toolkit/flow"
	"toolkit/internal/untrusted"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
)

// A few bytes that say to be millions of rows, of nulls, are refused before all of
// them are gone through.
func TestManyRows(t *testing.T) {
	const n = 1 << 18
	var fs []arrow.Field
	var cols []arrow.Array
	for _, name := range []string{"ts", "proto", "src_ip", "dst_ip"} {
		fs = append(fs, arrow.Field{Name: name, Type: arrow.Null, Nullable: true})
		cols = append(cols, array.NewNull(n-1))
	}
	schema := arrow.NewSchema(fs, nil)
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, ipc.WithSchema(schema))
	for range 30 {
		if err := w.Write(array.NewRecord(schema, cols, n-1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	rows := 0
	var end error
	for _, err := range Arrow.Read(bytes.NewReader(buf.Bytes()), flow.Input{}) {
		var bad *flow.SyntaxError
		if errors.As(err, &bad) {
			rows++
		} else {
			end = err
		}
	}
	if !errors.Is(end, untrusted.ErrArrow) || rows > 8*n || rows < n {
		t.Errorf("%d bytes of Arrow: %d rows, then %v", buf.Len(), rows, end)
	}
}

// A long value that many rows share, as it lies in a dictionary, does not become
// as many texts.
func TestLongValue(t *testing.T) {
	rs := samples(5000)
	long := strings.Repeat("x", maxValue+1)
	fields := []field{
		{"ts", arrow.FixedWidthTypes.Timestamp_us, func(i int) any { return rs[i].Time.Format("2006-01-02 15:04:05") }},
		{"proto", arrow.PrimitiveTypes.Uint8, func(i int) any { return uint8(rs[i].Proto) }},
		{"src_ip", arrow.BinaryTypes.String, func(i int) any { return rs[i].Src.Addr().String() }},
		{"dst_ip", arrow.BinaryTypes.String, func(i int) any { return rs[i].Dst.Addr().String() }},
		{"label", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String}, func(int) any { return long }},
	}
	for _, c := range []struct{ label, want string }{{long, "column label: a value of 16385 bytes"}, {long[1:], ""}} {
		long = c.label
		got := open(t, arrowBytes(t, len(rs), len(rs), true, fields...), flow.Options{})
		if c.want == "" && (got.err != nil || len(got.records) != len(rs)) || c.want != "" && (got.err == nil || !strings.Contains(got.err.Error(), c.want)) {
			t.Errorf("a label of %d bytes: %d records, %v", len(c.label), len(got.records), got.err)
		}
	}
}

package features_test

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"

	"toolkit/features"
)

func encode(t *testing.T, table *features.Table) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := table.WriteArrow(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sample has a column of each type, with and without nulls.
func sample(n int) *features.Table {
	f := func(name string, typ features.Type) features.Field {
		return features.Field{Name: name, Type: typ, Unit: features.Count, Role: features.Value, Doc: "The " + name + "."}
	}
	ints, floats := &features.Column{Field: f("i", features.Int)}, &features.Column{Field: f("f", features.Float)}
	bools, times := &features.Column{Field: f("b", features.Bool)}, &features.Column{Field: f("t", features.Time)}
	text := make([]string, n)
	list := &features.Column{Field: f("l", features.List), Items: []*features.Column{{Field: features.Field{Name: "item"}}}}
	reasons := &features.Column{Field: f("r", features.List), Items: []*features.Column{
		{Field: features.Field{Name: "column", Type: features.Text}, Dict: []string{"x", "y"}}, {Field: features.Field{Name: "value", Type: features.Float}}}}
	for i := range n {
		ints.Ints = append(ints.Ints, int64(i)-3)
		if i%5 == 4 {
			floats.AppendNull()
		} else {
			floats.AppendFloat([]float64{0, math.Inf(1), -1.5, 1e-300, math.Pi}[i%5])
		}
		bools.Ints = append(bools.Ints, int64(i%2))
		times.Ints = append(times.Ints, int64(i)*1e6-5)
		text[i] = []string{"", "a", "ü", "<b>"}[i%4]
		for k := range i % 3 {
			list.Items[0].Ints = append(list.Items[0].Ints, int64(i*k))
			reasons.Items[0].Codes = append(reasons.Items[0].Codes, uint32(k))
			reasons.Items[1].Floats = append(reasons.Items[1].Floats, float64(i))
		}
		list.Ends, reasons.Ends = append(list.Ends, int32(len(list.Items[0].Ints))), append(reasons.Ends, int32(len(reasons.Items[0].Codes)))
	}
	return &features.Table{Name: "sample", Meta: map[string]string{"seed": "1", "a": "b"},
		Columns: []*features.Column{ints, floats, bools, times, features.TextColumn(f("s", features.Text), text), list, reasons}}
}

// What is written is read back, over several record batches too, and one
// table has one form.
func TestArrowRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 10, 150_000} {
		want := sample(n)
		data := encode(t, want)
		if !bytes.Equal(data, encode(t, sample(n))) {
			t.Errorf("%d rows: two forms", n)
		}
		got, err := features.ReadArrow(bytes.NewReader(data), int64(len(data)), "sample")
		if err != nil {
			t.Fatalf("%d rows: %v", n, err)
		}
		if !reflect.DeepEqual(got.Meta, want.Meta) || got.Len() != n || len(got.Columns) != len(want.Columns) {
			t.Fatalf("%d rows: read %d rows, %d columns, metadata %v", n, got.Len(), len(got.Columns), got.Meta)
		}
		for j, c := range want.Columns {
			g := got.Columns[j]
			if g.Field != c.Field {
				t.Errorf("field %+v, want %+v", g.Field, c.Field)
			}
			for i := range n {
				if g.IsNull(i) != c.IsNull(i) || g.String(i) != c.String(i) {
					t.Fatalf("%d rows: %s of row %d: %s, want %s", n, c.Name, i, g.String(i), c.String(i))
				}
			}
		}
	}
}

// A file that is cut off or changed anywhere is an error or reads as some
// table; it never panics.
func TestArrowDamaged(t *testing.T) {
	data := encode(t, sample(50))
	for n := range len(data) {
		if _, err := features.ReadArrow(bytes.NewReader(data[:n]), int64(n), "cut"); err == nil {
			t.Fatalf("%d of %d bytes: no error", n, len(data))
		}
	}
	for i := range data {
		for _, bit := range []byte{0x01, 0x80, 0xff} {
			d := bytes.Clone(data)
			d[i] ^= bit
			features.ReadArrow(bytes.NewReader(d), int64(len(d)), "changed")
		}
	}
}

type fullDisk struct{ left int }

var errFull = errors.New("no space left on device")

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// Wherever the disk becomes full, the writer says so.
func TestArrowFullDisk(t *testing.T) {
	table := sample(100_000)
	size := len(encode(t, table))
	for _, left := range []int{0, 1, 100, 5000, size / 2, size - 1} {
		if err := table.WriteArrow(&fullDisk{left}); !errors.Is(err, errFull) {
			t.Errorf("%d of %d bytes: error %v", left, size, err)
		}
	}
}

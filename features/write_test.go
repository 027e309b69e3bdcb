package features_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"toolkit/features"
)

// allTypes is a table with all types that files other than Arrow have.
func allTypes(n int) *features.Table {
	t := &features.Table{Name: "sample", Meta: map[string]string{"seed": "1", "a": "b"}, Columns: []*features.Column{
		{Field: features.Field{Name: "z", Type: features.Text, Role: features.Key, Doc: "Z."}, Dict: []string{"", "a,b", "ü\"\n"}},
		{Field: features.Field{Name: "bins", Type: features.Int, Unit: features.Count, Role: features.Weight, Doc: "Bins."}},
		{Field: features.Field{Name: "f", Type: features.Float, Unit: features.Ratio, Role: features.Value, Doc: "F."}},
		{Field: features.Field{Name: "b", Type: features.Bool, Unit: features.Flag, Role: features.Value, Doc: "B."}},
		{Field: features.Field{Name: "ts", Type: features.Time, Role: features.Key, Doc: "T."}},
	}}
	for i := range n {
		t.Columns[0].AppendCode(uint32(i) % 3)
		t.Columns[1].AppendInt(int64(i) << 40)
		if i%5 == 2 {
			t.Columns[2].AppendNull()
		} else {
			t.Columns[2].AppendFloat(1 / float64(i+1))
		}
		t.Columns[3].AppendInt(int64(i) & 1)
		t.Columns[4].AppendInt(int64(i-3)*1e6 + 1)
	}
	return t
}

func saved(t *testing.T, s features.Saving, chunks ...*features.Table) []byte {
	t.Helper()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := features.NewTableWriter(&out, s)
	rows := int64(0)
	for _, c := range chunks {
		if err := w.Write(c); err != nil {
			t.Fatal(err)
		}
		rows += int64(c.Len())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Rows() != rows {
		t.Errorf("%d rows, want %d", w.Rows(), rows)
	}
	return out.Bytes()
}

// What is written is read back with its types, roles, units and meanings, and
// does not depend on chunks.
func TestWriteRead(t *testing.T) {
	for _, s := range []features.Saving{
		{Ending: ".arrow"}, {Ending: ".arrow", Compression: "zstd"}, {Ending: ".parquet"}, {Ending: ".parquet", Compression: "none"},
	} {
		for _, n := range []int{0, 1, 3000} {
			want := allTypes(n)
			data := saved(t, s, want)
			var chunks []*features.Table
			for lo := 0; lo < n; lo += 700 {
				var rows []int
				for i := lo; i < min(lo+700, n); i++ {
					rows = append(rows, i)
				}
				c := &features.Table{Name: want.Name, Meta: want.Meta}
				for _, col := range want.Columns {
					c.Columns = append(c.Columns, col.Take(rows))
				}
				chunks = append(chunks, c)
			}
			if n > 0 && !bytes.Equal(saved(t, s, chunks...), data) {
				t.Errorf("%v: chunks change the bytes", s)
			}
			path := filepath.Join(t.TempDir(), "sample"+s.Ending)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := features.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Meta, want.Meta) || got.Len() != n {
				t.Errorf("%v: metadata %v, %d rows, want %v, %d", s, got.Meta, got.Len(), want.Meta, n)
			}
			for j, c := range want.Columns {
				g := got.Columns[j]
				if g.Field != c.Field {
					t.Errorf("%v: column %+v, want %+v", s, g.Field, c.Field)
				}
				for i := range n {
					if g.IsNull(i) != c.IsNull(i) || g.String(i) != c.String(i) {
						t.Fatalf("%v: %s of row %d is %q, want %q", s, c.Name, i, g.String(i), c.String(i))
					}
				}
			}
		}
	}
}

// A packed file is the smaller one.
func TestPacked(t *testing.T) {
	for _, ending := range []string{".arrow", ".parquet"} {
		plain, packed := saved(t, features.Saving{Ending: ending, Compression: "none"}, allTypes(5000)), saved(t, features.Saving{Ending: ending, Compression: "zstd"}, allTypes(5000))
		if 2*len(packed) > len(plain) {
			t.Errorf("%s: %d bytes packed, %d not", ending, len(packed), len(plain))
		}
	}
}

func TestWriteCSV(t *testing.T) {
	want := "z,bins,f,b,ts\n,0,1,false,1969-12-31T23:59:57.000001Z\n\"a,b\",1099511627776,0.5,true,1969-12-31T23:59:58.000001Z\n\"ü\"\"\n\",2199023255552,,false,1969-12-31T23:59:59.000001Z\n"
	if got := string(saved(t, features.Saving{Ending: ".csv"}, allTypes(3))); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	path := filepath.Join(t.TempDir(), "t.csv.gz")
	if err := os.WriteFile(path, saved(t, features.Saving{Ending: ".csv.gz"}, allTypes(3)), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := features.ReadFile(path)
	if err != nil || got.Len() != 3 || got.Column("bins").Ints[2] != 2<<40 || !got.Column("f").IsNull(2) {
		t.Errorf("read back: %+v, error %v", got, err)
	}
}

func TestSavingCheck(t *testing.T) {
	for s, want := range map[features.Saving]string{
		{Ending: ".xls"}:                         "no tables are written",
		{Ending: ".arrow", Compression: "lz4"}:   "no compression is named",
		{Ending: ".csv.gz", Compression: "zstd"}: "not packed by --compression",
	} {
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", s, err, want)
		}
	}
	list := &features.Table{Name: "t", Columns: []*features.Column{{Field: features.Field{Name: "l", Type: features.List}}}}
	if err := features.NewTableWriter(new(bytes.Buffer), features.Saving{Ending: ".parquet"}).Write(list); err == nil {
		t.Error("a list column is written to Parquet")
	}
}

// A table packed until nearly nothing is left can be read.
func TestPackedConstant(t *testing.T) {
	tab := &features.Table{Name: "t"}
	for j := range 20 {
		tab.Columns = append(tab.Columns, &features.Column{Field: features.Field{Name: fmt.Sprintf("c%d", j), Type: features.Float}, Floats: make([]float64, 300_000)})
	}
	data := saved(t, features.Saving{Ending: ".arrow", Compression: "zstd"}, tab)
	got, err := features.ReadArrow(bytes.NewReader(data), int64(len(data)), "t")
	if err != nil || got.Len() != 300_000 {
		t.Fatalf("of %d bytes: error %v", len(data), err)
	}
}

func BenchmarkWrite(b *testing.B) {
	t := allTypes(100_000)
	for _, s := range []features.Saving{{Ending: ".arrow", Compression: "none"}, {Ending: ".arrow", Compression: "zstd"}, {Ending: ".parquet", Compression: "zstd"}, {Ending: ".csv"}} {
		b.Run("to="+s.Ending[1:]+"/compression="+s.Compression, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := features.NewTableWriter(new(bytes.Buffer), s)
				if err := w.Write(t); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package features_test

import (
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"toolkit/features"

	"github.com/parquet-go/parquet-go"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadCSV(t *testing.T) {
	got, err := features.ReadFile(write(t, "x.csv", "host,n,v,ok\na,1,2.5,true\nb,,-1e3,false\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"a", "1", "2.5", "true"}, {"b", "", "-1000", "false"}}
	for i, row := range want {
		for j, w := range row {
			if g := got.Columns[j].String(i); g != w {
				t.Errorf("row %d, column %d: %q, want %q", i, j, g, w)
			}
		}
	}
	if names := strings.Join(got.Names((*features.Column).Numeric), " "); got.Name != "x" || names != "n v ok" {
		t.Errorf("table %s with numeric columns %s", got.Name, names)
	}
}

func TestReadParquet(t *testing.T) {
	type row struct {
		Host  string
		N     int32
		Big   int64
		V     float64
		F     float32
		Ok    bool
		Maybe *int64
	}
	seven := int64(7)
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := parquet.WriteFile(path, []row{{"a", -1, 1 << 40, 2.5, 0.5, true, &seven}, {"b", 2, -3, 0, -1, false, nil}}); err != nil {
		t.Fatal(err)
	}
	got, err := features.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a -1 1099511627776 2.5 0.5 true 7", "b 2 -3 0 -1 false "} {
		var vs []string
		for _, c := range got.Columns {
			vs = append(vs, c.String(i))
		}
		if g := strings.Join(vs, " "); g != want {
			t.Errorf("row %d: %s, want %s", i, g, want)
		}
	}
}

func TestReadFileErrors(t *testing.T) {
	f := func(path, want string) {
		t.Helper()
		if _, err := features.ReadFile(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", filepath.Base(path), err, want)
		}
	}
	f(filepath.Join(t.TempDir(), "absent.arrow"), "no such file")
	f(write(t, "x.arrow", "junk, and more of it than a footer is long"), "not an Arrow file")
	f(write(t, "x.parquet", "junk, and more of it than a footer is long"), "not a whole Parquet file")
	f(write(t, "x.csv", ""), "empty")
	f(write(t, "ragged.csv", "a,b\n1\n"), "line 2")
	f(write(t, "twice.csv", "a,a\n1,2\n"), "two columns are named a")
	f(write(t, "x.txt", ""), "ends in none of .arrow, .parquet, .csv, .csv.gz")
	f(t.TempDir(), "directory")
}

func TestChoose(t *testing.T) {
	table, err := features.ReadFile(write(t, "flow_tuples.csv", "src_ip,num_conns,time_flow,bytes_up,bytes_dw,extra\n::1,1,2,3,4,5\n"))
	if err != nil {
		t.Fatal(err)
	}
	f := func(spec, want, wantErr string) {
		t.Helper()
		names, err := table.Choose(spec)
		if got := strings.Join(names, " "); got != want || (err == nil) != (wantErr == "") || err != nil && !strings.Contains(err.Error(), wantErr) {
			t.Errorf("%q: %s, %v; want %s, %s", spec, got, err, want, wantErr)
		}
	}
	f("", "num_conns time_flow bytes_up bytes_dw", "")
	f("min", "num_conns time_flow bytes_up bytes_dw", "")
	f("all", "num_conns time_flow bytes_up bytes_dw extra", "")
	f("extra, bytes_up", "extra bytes_up", "")
	f("bytes", "", "table flow_tuples has no column bytes")
	f("extra,extra", "", "twice")
}

func TestReadPackedCSV(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv.gz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	if _, err := z.Write([]byte("a,b\n1,2\n")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := features.ReadFile(path)
	if err != nil || got.Name != "x" || got.Column("b").Ints[0] != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Rows with a null or an infinite value are left out, and it is known which.
func TestMatrix(t *testing.T) {
	table, err := features.ReadFile(write(t, "x.csv", "a,b,host\n1,2,x\n,3,y\n4,Inf,y\n7,8,z\n"))
	if err != nil {
		t.Fatal(err)
	}
	m, skipped, err := table.Matrix([]string{"b", "a"})
	if err != nil {
		t.Fatal(err)
	}
	n, d := m.Dims()
	if n != 2 || d != 2 || skipped != 2 || m.TableRow(1) != 3 || m.X.At(1, 0) != 8 || m.X.At(0, 1) != 1 || m.W(0) != 1 {
		t.Errorf("%d×%d, %d skipped, rows %v: %v", n, d, skipped, m.Row, m.X)
	}
	seen := &features.Table{Name: "t", Columns: []*features.Column{{Field: features.Field{Name: "seen", Type: features.Time}, Ints: []int64{1}}}}
	if _, _, err := seen.Matrix([]string{"seen"}); err == nil || !strings.Contains(err.Error(), "neither numeric nor text") {
		t.Errorf("column of times: error %v", err)
	}
}

package features_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"toolkit/features"
)

// No bytes make the readers of tables panic, or take memory without bounds, and
// what they read is whole.
func FuzzReadArrow(f *testing.F) {
	f.Add(encodeAs(f, ".arrow", ""))
	f.Add(encodeAs(f, ".arrow", "zstd"))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := features.ReadArrow(bytes.NewReader(data), int64(len(data)), "x")
		if err == nil {
			if err := table.Check(); err != nil {
				t.Error(err)
			}
		}
	})
}

func FuzzReadFile(f *testing.F) {
	dir := f.TempDir()
	for i, ending := range []string{".parquet", ".csv", ".csv.gz"} {
		f.Add(i, encodeAs(f, ending, ""))
	}
	f.Fuzz(func(t *testing.T, i int, data []byte) {
		path := filepath.Join(dir, "x"+[]string{".parquet", ".csv", ".csv.gz"}[uint(i)%3])
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		table, err := features.ReadFile(path)
		if err == nil {
			if err := table.Check(); err != nil {
				t.Error(err)
			}
		}
	})
}

// encodeAs writes a small table without lists.
func encodeAs(f *testing.F, ending, compression string) []byte {
	f.Helper()
	table := sample(20)
	table.Columns = table.Columns[:5]
	var buf bytes.Buffer
	w := features.NewTableWriter(&buf, features.Saving{Ending: ending, Compression: compression})
	if err := w.Write(table); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	return buf.Bytes()
}

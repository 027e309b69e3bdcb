package features

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// Endings are how the names of files with tables end.
var Endings = []string{".arrow", ".parquet", ".csv", ".csv.gz"}

// ReadFile reads the table in a file: .arrow, .parquet, or .csv with a
// header, which may be packed. Its name is that of the file without the
// ending.
func ReadFile(path string) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading table: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading table: %w", err)
	}
	if st.IsDir() {
		return nil, fmt.Errorf("reading table %s: it is a directory", path)
	}
	ext := Ending(path)
	name := strings.TrimSuffix(filepath.Base(path), ext)
	var t *Table
	switch ext {
	case ".arrow":
		t, err = ReadArrow(f, st.Size(), name)
	case ".parquet":
		t, err = readParquet(f, st.Size(), name)
	case ".csv":
		t, err = readCSV(f, name)
	case ".csv.gz":
		var r *gzip.Reader
		if r, err = gzip.NewReader(f); err == nil {
			t, err = readCSV(r, name)
		}
	default:
		err = fmt.Errorf("its name ends in none of %s", strings.Join(Endings, ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("reading table %s: %w", path, err)
	}
	return t, nil
}

// Ending returns which of Endings path ends in, "" if in none.
func Ending(path string) string {
	for _, e := range Endings {
		if strings.HasSuffix(path, e) {
			return e
		}
	}
	return ""
}

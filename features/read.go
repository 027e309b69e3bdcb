package features

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ReadFile reads the table in a file: .arrow, .parquet, or .csv with a
// header. Its name is that of the file without the ending.
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
	ext := filepath.Ext(path)
	name := strings.TrimSuffix(filepath.Base(path), ext)
	var t *Table
	switch ext {
	case ".arrow":
		t, err = ReadArrow(f, st.Size(), name)
	case ".parquet":
		t, err = readParquet(f, st.Size(), name)
	case ".csv":
		t, err = readCSV(f, name)
	default:
		err = fmt.Errorf("its name ends in %q, want .arrow, .parquet or .csv", ext)
	}
	if err != nil {
		return nil, fmt.Errorf("reading table %s: %w", path, err)
	}
	return t, nil
}

// Package ref finds, for tests, the reference values and the real flow data
// that are kept beside the project and not in it.
//
// Reference values were made by pandas, scikit-learn and PyOD from the file
// reference/office10k/flows.csv.gz; golden.json there names their versions.
package ref

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Path returns where the file or folder of that name lies in the shared
// folder beside the project's. The test is skipped where it is absent, and
// fails where CI is set, since CI has it.
func Path(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(root(t), "..", "shared", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("reference data: %v", err)
		}
		t.Skipf("no reference data: %v", err)
	}
	return path
}

// root returns the project's folder: the one above that of the test, which
// tests run in, that has a go.mod. Where the source was compiled tells nothing
// with -trimpath.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			t.Fatalf("no go.mod in %s or above", dir)
		}
	}
}

// Read returns the content of a file in the shared folder, unpacked if its
// name ends in .gz.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// JSON reads a JSON file of the shared folder into v.
func JSON(t testing.TB, name string, v any) {
	t.Helper()
	if err := json.Unmarshal(Read(t, name), v); err != nil {
		t.Fatal(err)
	}
}

// CSV returns the columns of a CSV file of the shared folder by the names in
// its header.
func CSV(t testing.TB, name string) map[string][]string {
	t.Helper()
	recs, err := csv.NewReader(strings.NewReader(string(Read(t, name)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cols := make(map[string][]string)
	for j, head := range recs[0] {
		col := make([]string, 0, len(recs)-1)
		for _, rec := range recs[1:] {
			col = append(col, rec[j])
		}
		cols[head] = col
	}
	return cols
}

// Floats reads text as numbers; True and False are 1 and 0.
func Floats(t testing.TB, text []string) []float64 {
	t.Helper()
	v := make([]float64, len(text))
	for i, s := range text {
		switch s {
		case "True":
			v[i] = 1
		case "False":
			v[i] = 0
		default:
			f, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			v[i] = f
		}
	}
	return v
}

package tempfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A temporary file holds what is written to it, and leaves nothing in its
// directory, open or closed.
func TestCreate(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("it has a name: %v", left)
	}
	got := make([]byte, 3)
	if _, err := f.WriteString("abc"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ReadAt(got, 0); err != nil || string(got) != "abc" {
		t.Errorf("%q, %v", got, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := Create(filepath.Join(dir, "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in a directory that there is not: error %v", err)
	}
}

package run

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"toolkit/features"
)

func table(name string, v ...int64) *features.Table {
	return &features.Table{Name: name, Meta: map[string]string{}, Columns: []*features.Column{{Field: features.Field{Name: "v"}, Ints: v}}}
}

func open(t *testing.T, path string) *Dir {
	t.Helper()
	d, err := OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func put(t *testing.T, d *Dir, table *features.Table) {
	t.Helper()
	if _, err := d.Put(table); err != nil {
		t.Fatal(err)
	}
}

// Outputs appear together at Commit, and nothing is left of those that were
// dropped.
func TestCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d := open(t, path)
	put(t, d, table("a", 1, 2))
	put(t, d, table("b", 3))
	if names, err := d.Names(); err != nil || len(names) > 0 {
		t.Errorf("before Commit: %v, %v", names, err)
	}
	if err := d.Commit(&Run{Command: "extract"}); err != nil {
		t.Fatal(err)
	}
	put(t, d, table("a", 9))
	d.Discard()

	d = open(t, path)
	got, err := d.Table("a")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Column("v").Ints, []int64{1, 2}) {
		t.Errorf("table a is %v", got.Column("v").Ints)
	}
	if f, ok := d.Output("b"); !ok || f.Rows != 1 || len(f.SHA256) != 64 {
		t.Errorf("manifest says of b: %+v, %v", f, ok)
	}
	es, _ := os.ReadDir(path)
	var names []string
	for _, e := range es {
		names = append(names, e.Name())
	}
	if want := []string{"a.arrow", "b.arrow", "manifest.json"}; !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
}

// A later run takes the place of the one that made the same outputs.
func TestManifest(t *testing.T) {
	path := t.TempDir()
	for _, v := range []int64{1, 2} {
		d := open(t, path)
		put(t, d, table("a", v))
		if err := d.Commit(&Run{Command: "extract", Seed: uint64(v)}); err != nil {
			t.Fatal(err)
		}
		put(t, d, table("b", v))
		if err := d.Commit(&Run{Command: "cluster"}); err != nil {
			t.Fatal(err)
		}
	}
	m := open(t, path).Manifest
	if len(m.Runs) != 2 || m.Made("a.arrow").Seed != 2 || m.Made("c.arrow") != nil {
		t.Errorf("%+v", m)
	}
}

// A table that was changed by hand is refused, and so is one that is absent.
func TestChanged(t *testing.T) {
	path := t.TempDir()
	d := open(t, path)
	put(t, d, table("a", 1))
	if err := d.Commit(&Run{}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(d.File("a"))
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(d.File("a"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	d = open(t, path)
	if _, err := d.Table("a"); err == nil || !strings.Contains(err.Error(), "changed since it was made") {
		t.Errorf("changed table: error %v", err)
	}
	if _, err := d.Table("b"); !errors.Is(err, ErrNoTable) {
		t.Errorf("absent table: error %v", err)
	}
	if err := os.WriteFile(filepath.Join(path, ManifestName), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDir(path); err == nil {
		t.Error("broken manifest: no error")
	}
}

// Of former outputs those go that are no longer made, and nothing else.
func TestRemoveStale(t *testing.T) {
	top := t.TempDir()
	d := open(t, filepath.Join(top, "out"))
	put(t, d, table("kept", 1))
	for _, name := range []string{"old.svg", "edited.svg", "own.svg", "../outside.svg"} {
		path := filepath.Join(d.Path, name)
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	former := []File{{Path: "gone.svg"}}
	for _, name := range []string{"old.svg", "edited.svg", "../outside.svg"} {
		f, err := FileOf(filepath.Join(d.Path, name))
		if err != nil {
			t.Fatal(err)
		}
		f.Path = name
		former = append(former, f)
	}
	if err := os.WriteFile(filepath.Join(d.Path, "edited.svg"), []byte("by hand"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := d.RemoveStale(append(former, File{Path: "same.svg"}), []File{{Path: "same.svg"}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"old.svg": false, "edited.svg": true, "own.svg": true, "../outside.svg": true} {
		if _, err := os.Stat(filepath.Join(d.Path, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}

func TestCreateInPlaceOfDirectory(t *testing.T) {
	if _, err := Create(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("error %v", err)
	}
}

// What is no regular file is written to and not replaced.
func TestDevice(t *testing.T) {
	out, err := Create("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if err := out.Commit(); err != nil {
		t.Error(err)
	}
	if st, err := os.Stat("/dev/null"); err != nil || st.Mode().IsRegular() {
		t.Errorf("/dev/null is now %v, %v", st.Mode(), err)
	}
	link := filepath.Join(t.TempDir(), "full")
	if err := os.Symlink("/dev/full", link); err != nil {
		t.Fatal(err)
	}
	out, err = Create(link)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Discard()
	if _, err := out.Write([]byte("x")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("full device: error %v", err)
	}
}

// A directory that can't be written to is known before anything is, and trying
// leaves nothing behind.
func TestTry(t *testing.T) {
	base := t.TempDir()
	if err := os.WriteFile(filepath.Join(base, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, ok := range map[string]bool{base: true, filepath.Join(base, "a", "b"): true, filepath.Join(base, "file"): false, filepath.Join(base, "file", "out"): false} {
		dir, err := OpenDir(path)
		if err == nil {
			err = dir.Try()
		}
		if (err == nil) != ok {
			t.Errorf("%s: %v", path, err)
		}
	}
	if left, _ := os.ReadDir(base); len(left) != 1 {
		t.Errorf("%d entries are left behind, want the file alone", len(left))
	}
}

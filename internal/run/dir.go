package run

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"toolkit/features"
	"toolkit/internal/tempfile"
)

// A Dir is a directory of outputs: where a command writes and where the next
// one looks. Outputs of a command are staged and appear together, the
// manifest last.
type Dir struct {
	Path     string
	Manifest *Manifest
	Saving   features.Saving // how tables are written; zero for Arrow, not packed

	staged []*Output
	files  []File // of the staged outputs
	tables map[string]*features.Table
}

// OpenDir returns the directory of outputs at path, which need not exist yet.
func OpenDir(path string) (*Dir, error) {
	m, err := ReadManifest(path)
	if err != nil {
		return nil, err
	}
	return &Dir{Path: path, Manifest: m, tables: make(map[string]*features.Table)}, nil
}

// Try says if files can't be made in d, which is better known before there is
// anything to write. It leaves nothing behind, and does not make the directory.
func (d *Dir) Try() error {
	at := d.Path
	for parent := filepath.Dir(at); parent != at; at, parent = parent, filepath.Dir(parent) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	f, err := tempfile.Create(at)
	if err != nil {
		return fmt.Errorf("writing to %s: %w", d.Path, err)
	}
	return f.Close()
}

// File returns the path of the table of that name.
func (d *Dir) File(name string) string { return filepath.Join(d.Path, name+".arrow") }

// saving returns how tables are written.
func (d *Dir) saving() features.Saving {
	s := d.Saving
	if s.Ending == "" {
		s.Ending = ".arrow"
	}
	return s
}

// Put stages t as a file of its name, and returns what the file will be.
func (d *Dir) Put(t *features.Table) (File, error) {
	out, err := d.Begin(t.Name)
	if err != nil {
		return File{}, err
	}
	if err := out.Write(t); err != nil {
		return File{}, fmt.Errorf("table %s: %w", t.Name, err)
	}
	f, err := out.End()
	if err != nil {
		return File{}, fmt.Errorf("table %s: %w", t.Name, err)
	}
	d.tables[t.Name] = t
	return f, nil
}

// A TableOutput is a staged table that is written in chunks.
type TableOutput struct {
	features.TableWriter
	Path string // of the file

	dir    *Dir
	out    *Output
	closed bool
}

// Begin stages a table that is written in chunks, as a file of its name. It is no part
// of what is committed before End.
func (d *Dir) Begin(name string) (*TableOutput, error) {
	s := d.saving()
	path := filepath.Join(d.Path, name+s.Ending)
	out, err := Create(path)
	if err != nil {
		return nil, err
	}
	d.staged = append(d.staged, out)
	delete(d.tables, name)
	return &TableOutput{TableWriter: features.NewTableWriter(out, s), Path: path, dir: d, out: out}, nil
}

// Finish sees to it that all of the table is on the disk. It may go on beside
// other tables, which End may not.
func (t *TableOutput) Finish() error {
	if !t.closed {
		t.closed = true
		if err := t.Close(); err != nil {
			return err
		}
	}
	return t.out.Finish()
}

// End ends the table and returns what the file will be.
func (t *TableOutput) End() (File, error) {
	if err := t.Finish(); err != nil {
		return File{}, err
	}
	f := t.out.File(t.dir.Path)
	f.Rows = t.Rows()
	t.dir.files = append(t.dir.files, f)
	return f, nil
}

// PutData stages a file that is no table. Its name is relative to d.
func (d *Dir) PutData(name string, data []byte) error {
	out, err := Create(filepath.Join(d.Path, name))
	if err != nil {
		return err
	}
	d.staged = append(d.staged, out)
	if _, err := out.Write(data); err != nil {
		return err
	}
	d.files = append(d.files, out.File(d.Path))
	return out.Finish()
}

// Commit puts all that is staged in its place and adds r to the manifest,
// with those files as its outputs beside any that it has.
func (d *Dir) Commit(r *Run) error {
	for _, out := range d.staged {
		if err := out.Commit(); err != nil {
			return err
		}
	}
	r.Outputs = append(r.Outputs, d.files...)
	d.staged, d.files = nil, nil
	d.Manifest.Add(r)
	return d.Manifest.Write(d.Path)
}

// RemoveStale removes the files of former outputs that are none of now, if they
// are still what was written: others are somebody's own. Their paths are those of
// a manifest; one that leads out of d is left alone.
func (d *Dir) RemoveStale(former, now []File) error {
	for _, f := range former {
		if !filepath.IsLocal(f.Path) || slices.ContainsFunc(now, func(g File) bool { return g.Path == f.Path }) {
			continue
		}
		path := filepath.Join(d.Path, f.Path)
		if is, err := FileOf(path); err != nil || is.SHA256 != f.SHA256 {
			continue
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("removing an output of an earlier run: %w", err)
		}
	}
	return nil
}

// Discard drops what is staged and not committed.
func (d *Dir) Discard() {
	for _, out := range d.staged {
		out.Discard()
	}
	d.staged, d.files = nil, nil
}

// Output returns what the manifest, or a staged output, says of NAME.arrow.
func (d *Dir) Output(name string) (File, bool) {
	is := func(f File) bool { return f.Path == name+".arrow" }
	if i := slices.IndexFunc(d.files, is); i >= 0 {
		return d.files[i], true
	}
	if r := d.Manifest.Made(name + ".arrow"); r != nil {
		return r.Outputs[slices.IndexFunc(r.Outputs, is)], true
	}
	return File{}, false
}

// ErrNoTable is returned for a table that is not there.
var ErrNoTable = errors.New("no such table")

// Table returns the table of that name, from memory if this process has made
// or read it. A file that is not what the manifest says it is an error.
func (d *Dir) Table(name string) (*features.Table, error) {
	if t, ok := d.tables[name]; ok {
		return t, nil
	}
	path := d.File(name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNoTable, path)
	}
	if f, ok := d.Output(name); ok {
		now, err := FileOf(path)
		if err != nil {
			return nil, fmt.Errorf("reading table: %w", err)
		}
		if now.SHA256 != f.SHA256 {
			return nil, fmt.Errorf("reading table %s: it has changed since it was made (its SHA-256 is not the manifest's): make it again", path)
		}
	}
	t, err := features.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d.tables[name] = t
	return t, nil
}

// Names returns the names of the tables that are there, in order.
func (d *Dir) Names() ([]string, error) {
	es, err := os.ReadDir(d.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the directory of outputs: %w", err)
	}
	var names []string
	for _, e := range es {
		if name, ok := strings.CutSuffix(e.Name(), ".arrow"); ok && !strings.HasPrefix(name, ".") && e.Type().IsRegular() {
			names = append(names, name)
		}
	}
	return names, nil
}

// FileOf returns the path, size and SHA-256 of a file.
func FileOf(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return File{Path: path, Bytes: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

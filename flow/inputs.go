package flow

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// A file is an input. One that was found in a folder need not hold records.
type file struct {
	path  string
	found bool
}

// expand puts the files that paths stand for in r.files.
func (r *Reader) expand(paths []string) error {
	if len(paths) == 0 {
		return errors.New("no input; name files, or - for the standard input")
	}
	for _, path := range paths {
		switch {
		case path == Stdin:
			switch {
			case r.opt.Stdin == nil:
				return errors.New("there is no standard input here; name files instead of -")
			case slices.Contains(r.files, file{path: Stdin}):
				return errors.New("the standard input (-) is named twice; it can be read once")
			}
			r.files = append(r.files, file{path: Stdin})
			continue
		case r.isLive(path):
			r.files = append(r.files, file{path: path})
			continue
		}
		info, err := os.Stat(path)
		if err == nil && info.IsDir() {
			if err := r.folder(path); err != nil {
				return err
			}
			continue
		}
		if err == nil {
			r.files = append(r.files, file{path: path})
			continue
		}
		if !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(path, "*?[{") {
			return fmt.Errorf("opening an input: %w", err)
		}
		files, err := doublestar.FilepathGlob(path, doublestar.WithFilesOnly(), doublestar.WithFailOnIOErrors())
		if err != nil {
			return fmt.Errorf("finding the files that match %s: %w", path, err)
		}
		if len(files) == 0 {
			return fmt.Errorf("no file matches %s", path)
		}
		slices.Sort(files)
		for _, path := range files {
			r.files = append(r.files, file{path: path})
		}
	}
	return nil
}

// isLive tells whether path is an address to listen at.
func (r *Reader) isLive(path string) bool {
	return r.opt.Live != nil && strings.Contains(path, "://")
}

// folder puts the regular files in and below a folder in r.files, but for
// those whose names begin with a dot.
func (r *Reader) folder(root string) error {
	n := len(r.files)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("looking into a folder: %w", err)
		}
		if path != root && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() {
			r.files = append(r.files, file{path, true})
		}
		return nil
	})
	if err == nil && len(r.files) == n {
		return fmt.Errorf("the folder %s has no files", root)
	}
	slices.SortFunc(r.files[n:], func(a, b file) int { return strings.Compare(a.path, b.path) })
	return err
}

// check looks into a file that can be opened twice, and returns its size.
func (r *Reader) check(path string) (size int64, regular bool, err error) {
	if path == Stdin || r.isLive(path) {
		return 0, false, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return 0, false, fmt.Errorf("opening an input: %w", err)
	case !info.Mode().IsRegular():
		return 0, false, nil
	}
	in, err := r.open(path, false)
	if err != nil {
		return 0, false, err
	}
	in.close()
	return info.Size(), true, nil
}

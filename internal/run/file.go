package run

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
)

// An Output is a file that appears under its name whole or not at all: it is
// written beside it under another name, and renamed when all of it is on the
// disk.
type Output struct {
	path string
	tmp  *os.File // nil once it is in its place or dropped
	done bool     // all is written

	device bool // a device or a pipe: written to as it is, since nothing can take its place
	n      int64
	sum    hash.Hash
}

// Create begins an output, making its directory if need be. The caller ends
// it by Commit, and always by Discard, which does nothing after Commit.
func Create(path string) (*Output, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		if st.IsDir() {
			return nil, fmt.Errorf("writing %s: it is a directory", path)
		}
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", path, errors.Unwrap(err))
		}
		return &Output{path: path, tmp: f, sum: sha256.New(), device: true}, nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	return &Output{path: path, tmp: tmp, sum: sha256.New()}, nil
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	n, err := o.tmp.Write(p)
	o.n += int64(n)
	o.sum.Write(p[:n])
	if err != nil {
		var path *fs.PathError // names the temporary file
		if errors.As(err, &path) {
			err = path.Err
		}
		err = fmt.Errorf("writing %s: %w", o.path, err)
	}
	return n, err
}

// Finish sees to it that all that was written is on the disk, so that Commit
// has nothing left to do that is likely to go wrong.
func (o *Output) Finish() error {
	if o.done {
		return nil
	}
	o.done = true
	if o.device {
		if err := o.tmp.Close(); err != nil {
			return fmt.Errorf("writing %s: %w", o.path, err)
		}
		return nil
	}
	if err := errors.Join(o.tmp.Chmod(0o644), o.tmp.Sync(), o.tmp.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", o.path, err)
	}
	return nil
}

// Commit finishes the file and puts it in its place.
func (o *Output) Commit() error {
	if err := o.Finish(); err != nil {
		return err
	}
	if o.device {
		o.tmp = nil
		return nil
	}
	if err := os.Rename(o.tmp.Name(), o.path); err != nil {
		return fmt.Errorf("writing %s: %w", o.path, err)
	}
	o.tmp = nil
	return nil
}

// Discard drops what was written, unless it was committed.
func (o *Output) Discard() {
	if o.tmp != nil {
		if !o.done {
			o.tmp.Close()
		}
		if !o.device {
			os.Remove(o.tmp.Name())
		}
		o.tmp = nil
	}
}

// File says what was written, with its path relative to dir.
func (o *Output) File(dir string) File {
	path, err := filepath.Rel(dir, o.path)
	if err != nil {
		path = o.path
	}
	return File{Path: filepath.ToSlash(path), Bytes: o.n, SHA256: hex.EncodeToString(o.sum.Sum(nil))}
}

// Sum returns the SHA-256 of data in hexadecimal.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

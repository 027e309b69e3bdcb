// Package run writes down what was run on what, and what came of it, and puts
// outputs in their place whole or not at all.
package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A Manifest lies as manifest.json beside the outputs of a directory: what
// each of them was made of, and how.
type Manifest struct {
	Runs []*Run `json:"runs"` // in the order in which they were made; of runs of the same command and outputs, the last
}

// A Run is one run of a command. Times, paths and memory, which differ
// between equal runs, are kept here only and in none of the outputs.
type Run struct {
	Command   string            `json:"command"` // "extract", "cluster dbscan"
	Args      []string          `json:"args"`
	Version   string            `json:"version"`
	Go        string            `json:"go"`
	Host      string            `json:"host"`
	Libraries map[string]string `json:"libraries,omitempty"`
	Seed      uint64            `json:"seed"`
	Inputs    []File            `json:"inputs"`
	Outputs   []File            `json:"outputs"`
	Params    []Param           `json:"params"` // of everything that ran, defaults too
	Stats     []Stat            `json:"stats,omitempty"`
	Notes     []string          `json:"notes,omitempty"`
	Warnings  []string          `json:"warnings,omitempty"`
	Started   time.Time         `json:"started"`
	Seconds   float64           `json:"seconds"`
	PeakRSS   int64             `json:"peak_rss_bytes"`
}

// A File is an input or an output.
type File struct {
	Path     string `json:"path"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
	Format   string `json:"format,omitempty"`
	Records  int64  `json:"records,omitempty"`
	Rejected int64  `json:"rejected,omitempty"` // records that could not be read
	Skipped  int64  `json:"skipped,omitempty"`  // records of something other than IP flow
	Filtered int64  `json:"filtered,omitempty"` // records that were left out as was asked for
	Rows     int64  `json:"rows,omitempty"`     // of a table

	Skips map[string]int64 `json:"skips,omitempty"` // Skipped, by reason
}

// A Param is a parameter and its value as text.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Stat is a named number about the whole result.
type Stat struct {
	Name  string   `json:"name"`
	Value *float64 `json:"value"` // nil if it is not a finite number
}

// ManifestName is the name of the manifest in a directory of outputs.
const ManifestName = "manifest.json"

// ReadManifest returns the manifest of directory dir, an empty one if it has
// none.
func ReadManifest(dir string) (*Manifest, error) {
	m := new(Manifest)
	data, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("reading the manifest %s: %w", filepath.Join(dir, ManifestName), err)
	}
	return m, nil
}

// Add puts r at the end of m, in the place of an earlier run that made any of
// the same outputs.
func (m *Manifest) Add(r *Run) {
	same := func(old *Run) bool {
		for _, f := range r.Outputs {
			if slices.ContainsFunc(old.Outputs, func(g File) bool { return g.Path == f.Path }) {
				return true
			}
		}
		return false
	}
	m.Runs = append(slices.DeleteFunc(m.Runs, same), r)
}

// Made returns the run that made the named output, nil if none did.
func (m *Manifest) Made(output string) *Run {
	for _, r := range m.Runs {
		if slices.ContainsFunc(r.Outputs, func(f File) bool { return f.Path == output }) {
			return r
		}
	}
	return nil
}

// Write puts m in directory dir.
func (m *Manifest) Write(dir string) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	f, err := Create(filepath.Join(dir, ManifestName))
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(append(data, '\n')); err != nil {
		return err
	}
	return f.Commit()
}

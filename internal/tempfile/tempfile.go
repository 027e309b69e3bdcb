// Package tempfile makes temporary files that are gone with the process,
// however that ends.
package tempfile

import (
	"fmt"
	"os"
)

// Create makes a temporary file in dir (os.TempDir if it is "") that has no
// name, or has lost it when Create returns where the system can't do without.
// Closing it gives its room back.
func Create(dir string) (*os.File, error) {
	if f := unnamed(dir); f != nil {
		return f, nil
	}
	f, err := os.CreateTemp(dir, "toolkit-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("making a temporary file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, fmt.Errorf("making a temporary file: %w", err)
	}
	return f, nil
}

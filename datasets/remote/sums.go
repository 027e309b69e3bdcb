package remote

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sumsFile holds the SHA-256 of the files beside it, as they were when first
// fetched, in the way of sha256sum, which can check them.
const sumsFile = "SHA256SUMS"

func readSums(dir string) (map[string]string, error) {
	sums := make(map[string]string)
	data, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return sums, nil
	}
	if err != nil {
		return nil, err
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		sum, name, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "  ")
		if !ok || len(sum) != 64 {
			return nil, fmt.Errorf("%s:%d: %q is not a SHA-256 and a name: mend the line or remove it", filepath.Join(dir, sumsFile), n, strings.TrimSpace(line))
		}
		sums[name] = sum
	}
	return sums, nil
}

// record notes the SHA-256 of a file, if it is not noted yet.
func (f *Fetcher) record(dir string, sums map[string]string, name, sum string) error {
	if sums[name] == sum {
		return nil
	}
	sums[name] = sum
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(&b, "%s  %s\n", sums[name], name)
	}
	file := filepath.Join(dir, sumsFile)
	if err := os.WriteFile(file+".tmp", []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("recording SHA-256: %w", err)
	}
	if err := os.Rename(file+".tmp", file); err != nil {
		return fmt.Errorf("recording SHA-256: %w", err)
	}
	return nil
}

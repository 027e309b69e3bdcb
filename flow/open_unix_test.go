//go:build unix

package flow

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A named pipe is opened once, when its turn comes.
func TestOpenPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	go os.WriteFile(path, gzipped(zeekSample), 0o600)
	r, err := Open([]string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := gather(t, 0, r.Source()); got.Err != nil || got.Next != 4 {
		t.Errorf("%d lines, %v, want 4", got.Next, got.Err)
	}
}

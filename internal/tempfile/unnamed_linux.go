package tempfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// unnamed makes a file in dir (os.TempDir if it is "") that never has a
// name, so that no moment is left in which a kill would leave it there. It
// returns nil if the file system has no such files.
func unnamed(dir string) *os.File {
	if dir == "" {
		dir = os.TempDir()
	}
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), dir)
}

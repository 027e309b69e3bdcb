//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package live

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock locks a file for this process. The system lets go of it when the file is
// closed, however the process ends.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

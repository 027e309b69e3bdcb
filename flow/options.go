package flow

import (
	"io"
	"time"
)

// Stdin is the path that stands for the standard input.
const Stdin = "-"

// Options say how Open reads its inputs. The zero Options will do for files.
type Options struct {
	Formats   []*Format      // what can be read; nil for Formats
	Format    string         // the name of the inputs' format; "" to find each by its content
	Columns   *Columns       // what the columns of tables are; nil to know them by their names
	Year      int            // the year of times without one; 0 for 1970
	Zone      *time.Location // of times without one; nil for UTC
	Stdin     io.Reader      // what the path Stdin stands for
	StdinName string         // what errors call it; "" for stdin
	Hosts     *Hosts         // numbers the addresses; nil for new ones
	Labels    *Labels        // numbers the labels; nil for new ones

	// UnpackRatio is how many times its size packed data may have when it is
	// unpacked, if that is more than 256 MiB; 0 for DefaultUnpackRatio.
	UnpackRatio int64

	// Tmp is the directory of temporary files, which formats need that are not read
	// from front to back, for what is packed or no file; "" for the system's.
	Tmp string

	// Keep, if not nil, returns the rows of a batch that are kept, in order, in
	// memory that holds until it is called again.
	Keep func(*Batch) []int32

	// Live opens an input that is an address, such as udp://127.0.0.1:2055; nil
	// if there is none.
	Live func(address string) (io.ReadCloser, error)

	// Wait, if not nil, is what inputs that are no regular files are read through, as
	// they may have one wait for ever: Close ends a Read that does, and closes no more.
	Wait func(io.Reader) io.ReadCloser

	// Workers is how many goroutines parse an input, 0 for none but the one that
	// ranges over the Source, as it is for what is no regular file without Wait. Records, their numbers and those of addresses
	// and labels do not depend on it; the cut into batches does.
	Workers int

	// Progress, if not nil, is told between batches how many bytes of the
	// inputs are read, as they lie on disk, and of how many; total is 0 where
	// that isn't known. It is called by whoever ranges over the Source.
	Progress func(done, total int64)
}

// An InputInfo is what became of one input.
type InputInfo struct {
	Path     string // Stdin for the standard input
	Format   string // of an archive, that of its first member
	Bytes    int64  // read so far, as they lie on disk
	SHA256   string // of those bytes, in hexadecimal; "" unless it was read to its end
	Records  int64  // that were kept
	Rejected int64  // lines that should be records but can't be read
	Skipped  int64  // records of something other than IP traffic
	Filtered int64  // records that were not kept

	Skips map[string]int64 // Skipped, by reason
}

// skip counts a record that is skipped. Reasons beyond the first few are one.
func (i *InputInfo) skip(reason string) {
	const most = 30
	if i.Skips == nil {
		i.Skips = make(map[string]int64)
	}
	if _, ok := i.Skips[reason]; !ok && len(i.Skips) >= most {
		reason = "other"
	}
	i.Skipped++
	i.Skips[reason]++
}

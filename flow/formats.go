package flow

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A Format is a kind of file that records can be read from.
type Format struct {
	Name string // what --format takes: a lower-case word
	Doc  string // one sentence without a full stop

	// Detect tells whether a file that begins with head is of this format.
	// The head is up to 64 KiB of text, without a byte order mark, and may
	// end in the middle of a line. No two formats claim the same file.
	Detect func(head []byte) bool

	// MapsColumns tells that Read takes Input.Columns for what its columns are.
	MapsColumns bool

	// Read yields the records of r. The Source can be used once.
	Read func(r io.Reader, in Input) Source

	lines *lineFormat // what Read reads by, if that is line by line
}

// An Input is what Format.Read is told of what it reads. The zero Input will
// do.
type Input struct {
	Name   string         // names the input in errors
	Seq    int64          // the number of its first record
	Hosts  *Hosts         // numbers the addresses; nil for new ones
	Labels *Labels        // numbers the labels; nil for new ones
	Year   int            // the year of times without one; 0 for 1970
	Zone   *time.Location // of times without one; nil for UTC

	// Columns says what the columns of a table are; nil to know them by their
	// names.
	Columns *Columns

	// File is the input as it lies on disk, if it is a file that is not packed,
	// for formats that are not read from front to back; else nil.
	File *os.File

	// Tmp is the directory of temporary files, for formats that are not read from
	// front to back and have no File; "" for the system's.
	Tmp string

	// Workers is how many goroutines parse at the same time, where the format
	// can: 0 to parse in the goroutine that ranges over the Source.
	Workers int

	// Halt ends a Read of the input that waits for more, in another goroutine; nil
	// where there is always more, or the end. With it, no more of the input is
	// waited for than the next record needs.
	Halt func()
}

// fill sets what in leaves open.
func (in *Input) fill() {
	if in.Hosts == nil {
		in.Hosts = new(Hosts)
	}
	if in.Labels == nil {
		in.Labels = new(Labels)
	}
	if in.Year == 0 {
		in.Year = 1970
	}
}

// Formats are the formats that can be read. They are tried in this order.
var Formats = append([]*Format{zeekFormat, zeekJSONFormat, eveFormat, nfdumpJSONFormat, argusFormat, csvFormat}, dialectFormats()...)

func dialectFormats() []*Format {
	var fs []*Format
	for _, d := range dialects {
		fs = append(fs, d.format())
	}
	return fs
}

// FormatNamed returns the format of that name.
func FormatNamed(name string) (*Format, error) { return formatNamed(Formats, name) }

func formatNamed(formats []*Format, name string) (*Format, error) {
	for _, f := range formats {
		if f.Name == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("no format is named %q; there are %s", name, formatNames(formats))
}

func formatNames(formats []*Format) string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

// detect returns the format of a file that begins with head, nil if it is of
// none.
func detect(formats []*Format, head []byte) *Format {
	head = bytes.TrimPrefix(head, byteOrderMark)
	for _, f := range formats {
		if f.Detect(head) {
			return f
		}
	}
	return nil
}

// firstLine returns the first line of head that isn't blank, without its end.
func firstLine(head []byte) []byte {
	for line := range bytes.Lines(head) {
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			return line
		}
	}
	return nil
}

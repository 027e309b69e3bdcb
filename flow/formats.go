package flow

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// A Format is a kind of file that records can be read from.
type Format struct {
	Name string // what --format takes: a lower-case word
	Doc  string // one sentence without a full stop

	// Detect tells whether a file that begins with head is of this format.
	// The head is up to 64 KiB of text, without a byte order mark, and may
	// end in the middle of a line. No two formats claim the same file.
	Detect func(head []byte) bool

	// Read yields the records of r. The Source can be used once.
	Read func(r io.Reader, in Input) Source
}

// An Input is what Format.Read is told of what it reads. The zero Input will
// do.
type Input struct {
	Name   string  // names the input in errors
	Seq    int64   // the number of its first record
	Hosts  *Hosts  // numbers the addresses; nil for new ones
	Labels *Labels // numbers the labels; nil for new ones
	Year   int     // the year of times without one; 0 for 1970

	// Workers is how many goroutines parse at the same time, where the format
	// can: 0 to parse in the goroutine that ranges over the Source, and to wait
	// for no more of the input than the next record needs.
	Workers int
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
var Formats = []*Format{zeekFormat, zeekJSONFormat, argusFormat, csvFormat}

// FormatNamed returns the format of that name.
func FormatNamed(name string) (*Format, error) {
	for _, f := range Formats {
		if f.Name == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("no format is named %q; there are %s", name, formatNames())
}

func formatNames() string {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

// detect returns the format of a file that begins with head, nil if it is of
// none.
func detect(head []byte) *Format {
	head = bytes.TrimPrefix(head, byteOrderMark)
	for _, f := range Formats {
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

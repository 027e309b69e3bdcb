package flow

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync/atomic"
)

// An opened input is one that is being read.
type opened struct {
	path    string
	name    string // in errors
	regular bool
	file    io.Closer // nil for the standard input
	raw     *rawReader
	halt    func()        // ends a Read that waits for more; nil if there is none that can
	data    io.ReadCloser // unpacked
	members *archive      // nil unless it is one
	text    *bufio.Reader // data or a member of it, of which the head is looked at
	format  *Format
}

// open opens an input and finds its format. If ahead is set, packed files are
// unpacked by a goroutine of their own.
func (r *Reader) open(path string, ahead bool) (*opened, error) {
	in := &opened{path: path, name: path, raw: &rawReader{sum: sha256.New(), done: &r.done}}
	switch {
	case path == Stdin:
		in.name, in.raw.r = cmp.Or(r.opt.StdinName, "stdin"), r.opt.Stdin
		f, ok := r.opt.Stdin.(*os.File)
		in.regular = ok && isRegular(f) // as of toolkit … - < FILE
	case r.isLive(path):
		live, err := r.opt.Live(path)
		if err != nil {
			return nil, err
		}
		in.file, in.raw.r = live, live
	default:
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("opening an input: %w", err)
		}
		in.file, in.raw.r = f, f
		in.regular = isRegular(f)
	}
	// What waits in another goroutine for a pipe could wait for ever.
	ahead = ahead && in.regular
	if !in.regular && !r.isLive(path) && r.opt.Wait != nil {
		w := r.opt.Wait(in.raw.r)
		in.raw.r, in.halt = w, func() { w.Close() }
	}
	err := in.find(r, ahead)
	if err != nil {
		in.close()
		return nil, fmt.Errorf("%s: %w", in.name, err)
	}
	return in, nil
}

func isRegular(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// headSize is how much of an input is looked at to find its format.
const headSize = 64 << 10

var (
	errEmpty   = errors.New("the input is empty")
	errUnknown = errors.New("the content is of no known format")
)

// find unpacks the input and finds its format, or that of the first member.
func (in *opened) find(r *Reader, ahead bool) (err error) {
	if in.data, err = unpack(in.raw, r.opt.unpackLimit(), ahead); err != nil {
		return err
	}
	in.text = bufio.NewReaderSize(in.data, headSize)
	if in.members, err = in.archive(); err != nil {
		return err
	}
	if in.members == nil {
		return in.findFormat(r)
	}
	switch more, err := in.next(r); {
	case err != nil:
		return err
	case !more:
		return fmt.Errorf("the archive has no member of a known format: %w", errUnknown)
	}
	return nil
}

// findFormat finds the format of in.text, unless it has a name.
func (in *opened) findFormat(r *Reader) error {
	// Look at as much as there is: a pipe may have no more for a while.
	for n := 1; ; n = in.text.Buffered() + 1 {
		_, err := in.text.Peek(n)
		head, _ := in.text.Peek(in.text.Buffered())
		switch {
		case len(head) == 0 && err == io.EOF:
			return errEmpty
		case len(head) == 0:
			return err
		case r.opt.Format != "":
			in.format, err = formatNamed(r.opt.Formats, r.opt.Format)
			return err
		}
		in.format = detect(r.opt.Formats, head)
		if r.opt.Columns != nil && (in.format == nil || !in.format.MapsColumns) {
			in.format = TableFormat(r.opt.Columns)
		}
		if in.format != nil {
			return nil
		}
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return err
		}
		if err != nil {
			return fmt.Errorf("%w (%s); if it is of one of them, name it with --format, and if it is another table with a header, its columns with --columns", errUnknown, formatNames(r.opt.Formats))
		}
	}
}

// plain returns the file that is being read, nil if it is packed or none.
func (in *opened) plain() *os.File {
	f, ok := in.file.(*os.File)
	if !ok || in.members != nil {
		return nil
	}
	if _, plain := in.data.(plainReader); !plain || !in.regular {
		return nil
	}
	return f
}

// rest reads what is left of the input and returns the hash of all of it.
func (in *opened) rest() (sha string, err error) {
	if _, err := io.Copy(io.Discard, in.data); err != nil {
		return "", err
	}
	if in.members != nil && in.members.zip != nil { // which was not read in order
		if err := in.raw.again(in.file.(*os.File)); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(in.raw.sum.Sum(nil)), nil
}

func (in *opened) close() {
	if in.data != nil {
		in.data.Close()
	}
	if in.file != nil {
		in.file.Close()
	}
}

// A rawReader counts and hashes what is read through it.
type rawReader struct {
	r    io.Reader
	sum  hash.Hash
	done *atomic.Int64
}

func (r *rawReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.sum.Write(p[:n])
	r.done.Add(int64(n))
	return n, err
}

// again reads a file anew from its beginning, for its hash.
func (r *rawReader) again(f *os.File) error {
	r.sum.Reset()
	_, err := io.Copy(r.sum, io.NewSectionReader(f, 0, 1<<62))
	return err
}

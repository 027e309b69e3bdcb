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
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/bmatcuk/doublestar/v4"
)

// Stdin is the path that stands for the standard input.
const Stdin = "-"

// Options say how Open reads its inputs. The zero Options will do for files.
type Options struct {
	Format    string    // the name of the inputs' format; "" to find each by its content
	Year      int       // the year of times without one; 0 for 1970
	Stdin     io.Reader // what the path Stdin stands for
	StdinName string    // what errors call it; "" for stdin
	Hosts     *Hosts    // numbers the addresses; nil for new ones
	Labels    *Labels   // numbers the labels; nil for new ones

	// Workers is how many goroutines parse regular files, 0 for none but the one
	// that ranges over the Source. Records, their numbers and those of addresses
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
	Format   string
	Bytes    int64  // read so far, as they lie on disk
	SHA256   string // of those bytes, in hexadecimal; "" unless it was read to its end
	Records  int64
	Rejected int64 // lines that should be records but can't be read
	Skipped  int64 // records of something other than IP traffic
}

// A Reader reads several inputs as one Source.
type Reader struct {
	opt   Options
	files []string
	total int64        // bytes, 0 if not known
	done  atomic.Int64 // bytes, counted where they are read
	infos []InputInfo
}

// Open returns a Reader of the inputs: files, the standard input as "-", and
// patterns such as logs/**/conn.*.gz, whose files are read in the order of
// their names. Files packed with gzip or zstd are unpacked.
//
// It opens every file and finds its format, so that what can't be read is
// known before the first is; files that are not regular, such as pipes, are
// left for later. The Reader holds no file open that isn't being read.
func Open(paths []string, opt Options) (*Reader, error) {
	if opt.Format != "" {
		if _, err := FormatNamed(opt.Format); err != nil {
			return nil, err
		}
	}
	if opt.Hosts == nil {
		opt.Hosts = new(Hosts)
	}
	if opt.Labels == nil {
		opt.Labels = new(Labels)
	}
	r := &Reader{opt: opt}
	if err := r.expand(paths); err != nil {
		return nil, err
	}
	known := true
	for _, path := range r.files {
		size, regular, err := r.check(path)
		if err != nil {
			return nil, err
		}
		r.total += size
		known = known && regular
	}
	if !known {
		r.total = 0
	}
	return r, nil
}

// expand puts the files that paths stand for in r.files.
func (r *Reader) expand(paths []string) error {
	if len(paths) == 0 {
		return errors.New("no input; name files, or - for the standard input")
	}
	for _, path := range paths {
		if path == Stdin {
			switch {
			case r.opt.Stdin == nil:
				return errors.New("there is no standard input here; name files instead of -")
			case slices.Contains(r.files, Stdin):
				return errors.New("the standard input (-) is named twice; it can be read once")
			}
			r.files = append(r.files, Stdin)
			continue
		}
		_, err := os.Stat(path)
		if err == nil {
			r.files = append(r.files, path)
			continue
		}
		if !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(path, "*?[{") {
			return fmt.Errorf("opening an input: %w", err)
		}
		files, err := doublestar.FilepathGlob(path, doublestar.WithFilesOnly(), doublestar.WithFailOnIOErrors())
		if err != nil {
			return fmt.Errorf("finding the files that match %s: %w", path, err)
		}
		if len(files) == 0 {
			return fmt.Errorf("no file matches %s", path)
		}
		slices.Sort(files)
		r.files = append(r.files, files...)
	}
	return nil
}

// check looks into a file that can be opened twice, and returns its size.
func (r *Reader) check(path string) (size int64, regular bool, err error) {
	if path == Stdin {
		return 0, false, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return 0, false, fmt.Errorf("opening an input: %w", err)
	case info.IsDir():
		return 0, false, fmt.Errorf("%s is a directory; name its files, such as %s/*.log", path, strings.TrimRight(path, "/"))
	case !info.Mode().IsRegular():
		return 0, false, nil
	}
	in, err := r.open(path, false)
	if err != nil {
		return 0, false, err
	}
	in.close()
	return info.Size(), true, nil
}

// Inputs returns what became of each input that the last Source has come to,
// in order.
func (r *Reader) Inputs() []InputInfo { return slices.Clone(r.infos) }

// Hosts returns what the addresses of all batches are numbers in.
func (r *Reader) Hosts() *Hosts { return r.opt.Hosts }

// Labels returns what the labels of all batches are numbers in.
func (r *Reader) Labels() *Labels { return r.opt.Labels }

// Source yields the records of all inputs, one input after another; their
// numbers go on from one to the next. Each call begins anew, but for the
// standard input, which can't be read twice.
func (r *Reader) Source() Source {
	return func(yield func(*Batch, error) bool) {
		r.infos = nil
		r.done.Store(0)
		var seq int64
		for _, path := range r.files {
			if !r.read(path, &seq, yield) {
				return
			}
		}
	}
}

// read yields the records of one input, the first of which has number *seq,
// and moves *seq behind them. It returns false if that was the end of all.
func (r *Reader) read(path string, seq *int64, yield func(*Batch, error) bool) bool {
	before := r.done.Load()
	in, err := r.open(path, true)
	if err != nil {
		yield(nil, err)
		return false
	}
	r.infos = append(r.infos, InputInfo{Path: path, Format: in.format.Name})
	info := &r.infos[len(r.infos)-1]
	defer func() {
		in.close()
		info.Bytes = r.done.Load() - before
	}()
	what := Input{Name: in.name, Seq: *seq, Hosts: r.opt.Hosts, Labels: r.opt.Labels, Year: r.opt.Year}
	if in.regular {
		what.Workers = r.opt.Workers
	}
	src := in.format.Read(in.text, what)
	for b, err := range src {
		var bad *SyntaxError
		switch {
		case err == nil:
			info.Records += int64(b.Len())
			*seq += int64(b.Len())
		case !errors.As(err, &bad):
			yield(nil, err)
			return false
		case errors.Is(err, ErrNotIP):
			info.Skipped++
			*seq++
		default:
			info.Rejected++
			*seq++
		}
		info.Bytes = r.done.Load() - before
		if !yield(b, err) {
			return false
		}
		if r.opt.Progress != nil {
			r.opt.Progress(r.done.Load(), r.total)
		}
	}
	if info.SHA256, err = in.rest(); err != nil {
		yield(nil, fmt.Errorf("%s: %w", in.name, err))
		return false
	}
	return true
}

// An opened input is one that is being read.
type opened struct {
	name    string
	regular bool
	file    io.Closer // nil for the standard input
	raw     *rawReader
	data    io.ReadCloser // unpacked
	text    *bufio.Reader // data, of which the head is looked at
	format  *Format
}

// open opens an input and finds its format. If ahead is set, packed files are
// unpacked by a goroutine of their own.
func (r *Reader) open(path string, ahead bool) (*opened, error) {
	in := &opened{name: path, raw: &rawReader{sum: sha256.New(), done: &r.done}}
	if path == Stdin {
		in.name, ahead = cmp.Or(r.opt.StdinName, "stdin"), false
		in.raw.r = r.opt.Stdin
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("opening an input: %w", err)
		}
		in.file, in.raw.r = f, f
		// What waits in another goroutine for a pipe could wait for ever.
		info, err := f.Stat()
		in.regular = err == nil && info.Mode().IsRegular()
		ahead = ahead && in.regular
	}
	err := in.find(r.opt.Format, ahead)
	if err != nil {
		in.close()
		return nil, fmt.Errorf("%s: %w", in.name, err)
	}
	return in, nil
}

// headSize is how much of an input is looked at to find its format.
const headSize = 64 << 10

// find unpacks the input and finds its format, unless it has a name.
func (in *opened) find(format string, ahead bool) (err error) {
	if in.data, err = unpack(in.raw, ahead); err != nil {
		return err
	}
	in.text = bufio.NewReaderSize(in.data, headSize)
	// Look at as much as there is: a pipe may have no more for a while.
	for n := 1; ; n = in.text.Buffered() + 1 {
		_, err := in.text.Peek(n)
		head, _ := in.text.Peek(in.text.Buffered())
		switch {
		case len(head) == 0 && err == io.EOF:
			return errors.New("the input is empty")
		case len(head) == 0:
			return err
		case format != "":
			in.format, err = FormatNamed(format)
			return err
		}
		if in.format = detect(head); in.format != nil {
			return nil
		}
		if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
			return err
		}
		if err != nil {
			return fmt.Errorf("the content is of no known format (%s); if it is of one of them, name it with --format", formatNames())
		}
	}
}

// rest reads what is left of the input and returns the hash of all of it.
func (in *opened) rest() (sha string, err error) {
	if _, err := io.Copy(io.Discard, in.data); err != nil {
		return "", err
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

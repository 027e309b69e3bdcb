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
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bmatcuk/doublestar/v4"
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

	// Keep, if not nil, returns the rows of a batch that are kept, in order, in
	// memory that holds until it is called again.
	Keep func(*Batch) []int32

	// Live opens an input that is an address, such as udp://127.0.0.1:2055; nil
	// if there is none.
	Live func(address string) (io.ReadCloser, error)

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
	Format   string // of an archive, that of its first member
	Bytes    int64  // read so far, as they lie on disk
	SHA256   string // of those bytes, in hexadecimal; "" unless it was read to its end
	Records  int64  // that were kept
	Rejected int64  // lines that should be records but can't be read
	Skipped  int64  // records of something other than IP traffic
	Filtered int64  // records that were not kept

	Skips map[string]int64 // Skipped, by reason
}

// A Reader reads several inputs as one Source.
type Reader struct {
	opt    Options
	files  []file
	total  int64        // bytes, 0 if not known
	done   atomic.Int64 // bytes, counted where they are read
	infos  []InputInfo
	passed []string
}

// A file is an input. One that was found in a folder need not hold records.
type file struct {
	path  string
	found bool
}

// Open returns a Reader of the inputs: files, the standard input as "-",
// patterns such as logs/**/conn.*.gz and folders, whose files are read in the
// order of their names, and what opt.Live opens. Files packed with gzip, zstd,
// bzip2, xz or lz4 are unpacked, and of tar and zip archives the members read.
//
// It opens every file and finds its format, so that what can't be read is
// known before the first is; files that are not regular, such as pipes, are
// left for later. The Reader holds no file open that isn't being read.
func Open(paths []string, opt Options) (*Reader, error) {
	if opt.Formats == nil {
		opt.Formats = Formats
	}
	if opt.Format != "" {
		if _, err := formatNamed(opt.Formats, opt.Format); err != nil {
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
	files := r.files[:0]
	for _, f := range r.files {
		size, regular, err := r.check(f.path)
		if f.found && (errors.Is(err, errUnknown) || errors.Is(err, errEmpty)) {
			r.passed = append(r.passed, f.path)
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, f)
		r.total += size
		known = known && regular
	}
	if r.files = files; len(files) == 0 {
		return nil, fmt.Errorf("none of the %d files that were found is of a known format (%s)", len(r.passed), formatNames(opt.Formats))
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
		switch {
		case path == Stdin:
			switch {
			case r.opt.Stdin == nil:
				return errors.New("there is no standard input here; name files instead of -")
			case slices.Contains(r.files, file{path: Stdin}):
				return errors.New("the standard input (-) is named twice; it can be read once")
			}
			r.files = append(r.files, file{path: Stdin})
			continue
		case r.isLive(path):
			r.files = append(r.files, file{path: path})
			continue
		}
		info, err := os.Stat(path)
		if err == nil && info.IsDir() {
			if err := r.folder(path); err != nil {
				return err
			}
			continue
		}
		if err == nil {
			r.files = append(r.files, file{path: path})
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
		for _, path := range files {
			r.files = append(r.files, file{path: path})
		}
	}
	return nil
}

// isLive tells whether path is an address to listen at.
func (r *Reader) isLive(path string) bool {
	return r.opt.Live != nil && strings.Contains(path, "://")
}

// folder puts the regular files in and below a folder in r.files, but for
// those whose names begin with a dot.
func (r *Reader) folder(root string) error {
	n := len(r.files)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("looking into a folder: %w", err)
		}
		if path != root && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() {
			r.files = append(r.files, file{path, true})
		}
		return nil
	})
	if err == nil && len(r.files) == n {
		return fmt.Errorf("the folder %s has no files", root)
	}
	slices.SortFunc(r.files[n:], func(a, b file) int { return strings.Compare(a.path, b.path) })
	return err
}

// check looks into a file that can be opened twice, and returns its size.
func (r *Reader) check(path string) (size int64, regular bool, err error) {
	if path == Stdin || r.isLive(path) {
		return 0, false, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return 0, false, fmt.Errorf("opening an input: %w", err)
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

// Passed returns the files in folders and the members of archives that were
// passed over, as they are empty or of no known format.
func (r *Reader) Passed() []string { return slices.Clone(r.passed) }

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
		for _, f := range r.files {
			if !r.read(f.path, &seq, yield) {
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
	for more := true; more; {
		if !r.readMember(in, info, before, seq, yield) {
			return false
		}
		if more, err = in.next(r); err != nil {
			yield(nil, err)
			return false
		}
	}
	if info.SHA256, err = in.rest(); err != nil {
		yield(nil, fmt.Errorf("%s: %w", in.name, err))
		return false
	}
	return true
}

// readMember yields the records of an input, or of one member of an archive.
func (r *Reader) readMember(in *opened, info *InputInfo, before int64, seq *int64, yield func(*Batch, error) bool) bool {
	what := Input{
		Name: in.name, Seq: *seq, Hosts: r.opt.Hosts, Labels: r.opt.Labels, Year: r.opt.Year, Zone: r.opt.Zone,
		Columns: r.opt.Columns, File: in.plain(),
	}
	if in.regular {
		what.Workers = r.opt.Workers
	}
	src := in.format.Read(in.text, what)
	for b, err := range src {
		var bad *SyntaxError
		switch {
		case err == nil:
			*seq += int64(b.Len())
			if r.opt.Keep != nil {
				n := b.Len()
				b = b.keep(r.opt.Keep(b))
				info.Filtered += int64(n - b.Len())
			}
			info.Records += int64(b.Len())
		case !errors.As(err, &bad):
			yield(nil, err)
			return false
		default:
			*seq++
			if reason, skip := SkipReason(err); skip {
				info.skip(reason)
			} else {
				info.Rejected++
			}
		}
		info.Bytes = r.done.Load() - before
		if (err != nil || b.Len() > 0) && !yield(b, err) {
			return false
		}
		if r.opt.Progress != nil {
			r.opt.Progress(r.done.Load(), r.total)
		}
	}
	return true
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

// keep returns the given rows of b, b itself if they are all.
func (b *Batch) keep(rows []int32) *Batch {
	if len(rows) == b.Len() {
		return b
	}
	return b.Take(rows)
}

// An opened input is one that is being read.
type opened struct {
	path    string
	name    string // in errors
	regular bool
	file    io.Closer // nil for the standard input
	raw     *rawReader
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
		in.name, ahead = cmp.Or(r.opt.StdinName, "stdin"), false
		in.raw.r = r.opt.Stdin
	case r.isLive(path):
		live, err := r.opt.Live(path)
		if err != nil {
			return nil, err
		}
		in.file, in.raw.r, ahead = live, live, false
	default:
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
	err := in.find(r, ahead)
	if err != nil {
		in.close()
		return nil, fmt.Errorf("%s: %w", in.name, err)
	}
	return in, nil
}

// headSize is how much of an input is looked at to find its format.
const headSize = 64 << 10

var (
	errEmpty   = errors.New("the input is empty")
	errUnknown = errors.New("the content is of no known format")
)

// find unpacks the input and finds its format, or that of the first member.
func (in *opened) find(r *Reader, ahead bool) (err error) {
	if in.data, err = unpack(in.raw, ahead); err != nil {
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

package flow

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
)

// A Reader reads several inputs as one Source.
type Reader struct {
	opt    Options
	files  []file
	total  int64        // bytes, 0 if not known
	done   atomic.Int64 // bytes, counted where they are read
	infos  []InputInfo
	passed []string
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

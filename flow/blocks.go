package flow

import (
	"bytes"
	"fmt"
	"io"
)

const (
	blockSize = 256 << 10 // bytes of a block, but for one that a longer line is in
	blockPad  = 32        // bytes that may be read, not written, behind a line
)

// A lineFormat is a kind of text that is read line by line.
type lineFormat struct {
	// parser returns a parser that numbers by in.Hosts and in.Labels, and what
	// reads runs of lines at once, if the format has it.
	parser func(in Input) (parseFunc, runFunc)

	// heads says which lines the meaning of those behind them depends on:
	// heads(kept, block) quickly, whether there may be one in it, and head(kept,
	// line), of those before, in order, what has to be kept with this line.
	// Both are nil where a line means what it says.
	heads func(kept [][]byte, block []byte) bool
	head  func(kept [][]byte, line []byte) [][]byte
}

// read yields the records of r in order. Every line that should be a record takes
// a number, whether it can be read or not, so that a number always stands for
// the same line; comments, headers and blank lines take none.
func (f *lineFormat) read(r io.Reader, in Input) Source { return f.readBlocks(r, in, blockSize) }

func (f *lineFormat) readBlocks(r io.Reader, in Input, size int) Source {
	c := &cutter{f: f, r: r, size: size, first: true, full: in.Workers > 0 && in.Halt == nil}
	return Blocks[lineBlock]{
		Next:    c.next,
		Decoder: func(in Input) func(*lineBlock, *Out) { return (&lineDecoder{f: f, in: in}).decode },
		At:      func(line int, err error) error { return fmt.Errorf("%s:%d: %w", in.Name, line, err) },
	}.Source(in)
}

// A lineBlock is a run of whole lines.
type lineBlock struct {
	buf  []byte // with blockPad bytes behind data
	data []byte
	long bool     // data is the beginning of a line that is too long
	kept [][]byte // the heads before it
}

// A cutter cuts what it reads into blocks at line ends.
type cutter struct {
	f    *lineFormat
	r    io.Reader
	size int  // of a block
	full bool // blocks are filled, else they are what there is

	first bool
	rest  []byte // of the last block: the beginning of a line
	kept  [][]byte
	skip  bool  // up to the end of a line that is too long
	err   error // of r
}

// next cuts the next block. An error of r comes behind the lines before it.
func (c *cutter) next(b *lineBlock) error {
	if c.err != nil {
		return c.err
	}
	if b.buf == nil {
		b.buf = make([]byte, c.size+blockPad)
	}
	if len(b.buf)-blockPad <= len(c.rest) {
		b.buf = make([]byte, 2*len(c.rest)+blockPad)
	}
	b.long, b.kept = false, c.kept
	n := copy(b.buf, c.rest)
	end := -1 // of the last whole line
	for (end < 0 || c.full && n < len(b.buf)-blockPad) && c.err == nil {
		if n == len(b.buf)-blockPad {
			b.buf = append(b.buf, make([]byte, len(b.buf))...)
		}
		var m int
		m, c.err = c.r.Read(b.buf[n : len(b.buf)-blockPad])
		if c.skip {
			if i := bytes.IndexByte(b.buf[n:n+m], '\n'); i >= 0 {
				m, c.skip = copy(b.buf[n:], b.buf[n+i+1:n+m]), false
			} else {
				m = 0
			}
		}
		if i := bytes.LastIndexByte(b.buf[n:n+m], '\n'); i >= 0 {
			end = n + i + 1
		}
		n += m
		if end < 0 && n >= maxLine {
			break
		}
	}
	switch {
	case end < 0 && n >= maxLine:
		b.long, c.skip = true, c.err != io.EOF
		end, n = maxText, maxText
	case c.err == io.EOF:
		end = n
	case end < 0:
		end = 0
	}
	b.data, c.rest = b.buf[:end:end+blockPad], append(c.rest[:0], b.buf[end:n]...)
	if c.first && !b.long {
		b.data = bytes.TrimPrefix(b.data, byteOrderMark)
	}
	c.first = false
	if c.f.heads != nil && !b.long && c.f.heads(c.kept, b.data) {
		for line := range bytes.Lines(b.data) {
			if line = trimLine(line, false); len(line) > 0 && len(line) < maxLine {
				c.kept = c.f.head(c.kept, line)
			}
		}
	}
	return nil
}

// A lineDecoder parses the lines of blocks.
type lineDecoder struct {
	f     *lineFormat
	in    Input
	parse parseFunc
	run   runFunc
	kept  [][]byte // that parse knows
	dirty bool     // it knows more of them
}

func (d *lineDecoder) decode(b *lineBlock, to *Out) {
	if b.long {
		to.Bad(1, b.data, errLongLine)
		to.Lines(1)
		return
	}
	if d.parse == nil || d.dirty || len(d.kept) != len(b.kept) || len(b.kept) > 0 && &d.kept[0] != &b.kept[0] {
		d.parse, d.run = d.f.parser(d.in)
		d.kept = b.kept
		for _, line := range b.kept {
			var r row
			_ = d.parse(line, &r) // an error has ended the stream where the line was
		}
	}
	d.dirty = d.f.heads != nil && d.f.heads(b.kept, b.data)
	lines := 0
	var rec row
	for rest := b.data; len(rest) > 0; {
		if d.run != nil {
			n, next := d.run(rest, to.Batch())
			if rest, lines = rest[next:], lines+n; len(rest) == 0 {
				break
			}
		}
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		lines++
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if len(line) == 0 {
			continue
		}
		err := errLongLine
		if len(line) < maxLine {
			rec = row{}
			err = d.parse(line, &rec)
		}
		switch err {
		case nil:
			to.Batch().add(&rec, to.labels)
		case errNoRecord:
		default:
			if fatal, ok := err.(fatalError); ok {
				to.Fatal(lines, fatal.error)
				return
			}
			to.Bad(lines, line, err)
		}
	}
	to.Lines(lines)
}

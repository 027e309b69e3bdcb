package flow

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"sync"
)

const (
	blockSize = 256 << 10 // bytes of a block, but for one that a longer line is in
	blockPad  = 32        // bytes that may be read, not written, behind a line
)

// A lineFormat is a kind of text that is read line by line.
type lineFormat struct {
	// parser returns a parser that numbers by in.Hosts and in.Labels.
	parser func(in Input) parseFunc

	// heads says which lines the meaning of those behind them depends on:
	// heads(kept, block) quickly, whether there may be one in it, and head(kept,
	// line), of those before, in order, what has to be kept with this line.
	// Both are nil where a line means what it says.
	heads func(kept [][]byte, block []byte) bool
	head  func(kept [][]byte, line []byte) [][]byte
}

// read yields the records of r in order: as readLines does, or with in.Workers
// parsers at work at the same time, each on a block of whole lines. The two
// yield the same but for the cut into batches, and number addresses and labels
// alike.
func (f *lineFormat) read(r io.Reader, in Input) Source {
	in.fill()
	if in.Workers < 1 {
		return readLines(r, in, f.parser(in))
	}
	return f.parallel(r, in, blockSize)
}

func (f *lineFormat) parallel(r io.Reader, in Input, size int) Source {
	return func(yield func(*Batch, error) bool) {
		p := &pipeline{f: f, in: in, size: size, todo: make(chan *lineBlock, in.Workers), order: make(chan *lineBlock, in.Workers+1), stop: make(chan struct{})}
		var wg sync.WaitGroup
		defer wg.Wait()
		defer close(p.stop)
		wg.Go(func() { p.cut(r) })
		for range in.Workers {
			wg.Go(p.parse)
		}
		p.deliver(yield)
	}
}

// A pipeline is one read in parallel: cut makes blocks, parse what is in
// them, deliver puts that in order.
type pipeline struct {
	f     *lineFormat
	in    Input
	size  int // of a block
	todo  chan *lineBlock
	order chan *lineBlock // the same blocks
	stop  chan struct{}   // closed when no more is wanted
	free  sync.Pool       // of *lineBlock
}

// A lineBlock is a run of whole lines and what has become of them.
type lineBlock struct {
	buf  []byte // with blockPad bytes behind data
	data []byte
	long bool     // data is the beginning of a line that is too long
	kept [][]byte // the heads before it
	read error    // what ended the input behind it
	done chan struct{}

	worker  *blockWorker
	fresh   bool // the worker's numbers begin anew with this block
	hosts   []netip.Addr
	labels  []string
	batches []*Batch
	parts   []part
	lines   int // how many there are
	nums    int64
}

// A part is a run of records without an error between them, rows from to to-1 of a
// batch, or an error, whose line counts from 1 in the block.
type part struct {
	b        *Batch
	from, to int
	seq      int64 // of the first, counted from the block's first record

	bad   *SyntaxError
	fatal error
	line  int
}

// cut cuts r into blocks at line ends. It closes both channels at the end.
func (p *pipeline) cut(r io.Reader) {
	defer close(p.todo)
	defer close(p.order)
	var (
		rest []byte // of the last block: the beginning of a line
		kept [][]byte
		skip bool // up to the end of a line that is too long
	)
	first := true
	for err := error(nil); err == nil; {
		b, _ := p.free.Get().(*lineBlock)
		if b == nil {
			b = &lineBlock{buf: make([]byte, p.size+blockPad)}
		}
		b.long, b.kept, b.done = false, kept, make(chan struct{})
		if len(b.buf)-blockPad <= len(rest) {
			b.buf = make([]byte, 2*len(rest)+blockPad)
		}
		n := copy(b.buf, rest)
		end := -1 // of the last whole line
		for end < 0 && err == nil {
			if n == len(b.buf)-blockPad {
				b.buf = append(b.buf, make([]byte, len(b.buf))...)
			}
			var m int
			m, err = io.ReadFull(r, b.buf[n:len(b.buf)-blockPad])
			if err == io.ErrUnexpectedEOF {
				err = io.EOF
			}
			if skip {
				if i := bytes.IndexByte(b.buf[n:n+m], '\n'); i >= 0 {
					m, skip = copy(b.buf[n:], b.buf[n+i+1:n+m]), false
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
			b.long, skip = true, true
			end, n = maxText, maxText
			if err == io.EOF {
				skip = false
			}
		case err == io.EOF:
			end = n
		case end < 0:
			end = 0
		}
		b.data, rest, b.read = b.buf[:end:end+blockPad], append(rest[:0], b.buf[end:n]...), err
		if first && !b.long {
			b.data = bytes.TrimPrefix(b.data, byteOrderMark)
		}
		first = false
		if p.f.heads != nil && !b.long && p.f.heads(kept, b.data) {
			for line := range bytes.Lines(b.data) {
				if line = trimLine(line, false); len(line) > 0 && len(line) < maxLine {
					kept = p.f.head(kept, line)
				}
			}
		}
		for _, ch := range []chan *lineBlock{p.order, p.todo} {
			select {
			case ch <- b:
			case <-p.stop:
				return
			}
		}
	}
}

// A blockWorker parses blocks with numbers of its own, so that nothing is
// shared with others.
type blockWorker struct {
	parse  parseFunc
	hosts  *Hosts
	labels *Labels
	dirty  bool
	kept   [][]byte
	known  int // of hosts
	named  int // of labels

	// Used by deliver alone: the numbers of all for those of this worker.
	ofHost  []Host
	ofLabel []LabelID
}

// maxOwnHosts is how many addresses a worker remembers before it begins anew.
const maxOwnHosts = 1 << 16

func (p *pipeline) parse() {
	w := new(blockWorker)
	for b := range p.todo {
		p.parseBlock(w, b)
		close(b.done)
	}
}

func (p *pipeline) parseBlock(w *blockWorker, b *lineBlock) {
	b.worker, b.fresh = w, false
	b.hosts, b.labels, b.batches, b.parts, b.lines, b.nums = b.hosts[:0], b.labels[:0], b.batches[:0], b.parts[:0], 0, 0
	if w.hosts == nil || w.hosts.Len() > maxOwnHosts || w.dirty || len(w.kept) != len(b.kept) || len(b.kept) > 0 && &w.kept[0] != &b.kept[0] {
		w.hosts, w.labels, w.known, w.named = new(Hosts), new(Labels), 0, 0
		in := p.in
		in.Hosts, in.Labels = w.hosts, w.labels
		w.parse, w.kept, w.dirty, b.fresh = p.f.parser(in), b.kept, false, true
		for _, line := range b.kept {
			var r row
			_ = w.parse(line, &r) // an error has ended the stream where the line was
		}
	}
	w.dirty = p.f.heads != nil && !b.long && p.f.heads(b.kept, b.data)
	p.lines(w, b)
	for ; w.known < w.hosts.Len(); w.known++ {
		b.hosts = append(b.hosts, w.hosts.Addr(Host(w.known)))
	}
	for ; w.named < w.labels.Len(); w.named++ {
		b.labels = append(b.labels, w.labels.Name(LabelID(w.named+1)))
	}
}

// lines parses the lines of b into its parts.
func (p *pipeline) lines(w *blockWorker, b *lineBlock) {
	if b.long {
		b.lines, b.nums = 1, 1
		b.parts = append(b.parts, part{bad: &SyntaxError{File: p.in.Name, Line: 1, Text: string(b.data), Err: errLongLine}})
		return
	}
	var batch *Batch
	from := 0 // rows of the batch that are in parts
	flush := func() {
		if batch != nil && batch.Len() > from {
			b.parts = append(b.parts, part{b: batch, from: from, to: batch.Len(), seq: b.nums})
			b.nums += int64(batch.Len() - from)
			from = batch.Len()
		}
	}
	var rec row
	for rest := b.data; len(rest) > 0; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		b.lines++
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if len(line) == 0 {
			continue
		}
		var err error
		if len(line) >= maxLine {
			err, line = errLongLine, line[:maxText]
		} else {
			rec = row{}
			err = w.parse(line, &rec)
		}
		switch err {
		case nil:
			if batch == nil {
				batch = batchPool.Get().(*Batch)
				batch.Reset(0)
				b.batches, from = append(b.batches, batch), 0
				// What not every source has is nil again.
				*batch = Batch{
					Seq: batch.Seq, Time: batch.Time, Proto: batch.Proto, State: batch.State, Src: batch.Src, Dst: batch.Dst,
					SrcPort: batch.SrcPort, DstPort: batch.DstPort, BytesUp: batch.BytesUp, BytesDown: batch.BytesDown,
				}
			}
			batch.add(&rec, p.in.Labels)
			if batch.Len() == BatchSize {
				flush()
				batch = nil
			}
		case errNoRecord:
		default:
			flush()
			if fatal, ok := err.(fatalError); ok {
				b.parts = append(b.parts, part{fatal: fatal.error, line: b.lines})
				return
			}
			bad := &SyntaxError{File: p.in.Name, Line: b.lines, Text: string(line[:min(len(line), maxText)]), Err: err}
			b.parts = append(b.parts, part{bad: bad})
			b.nums++
		}
	}
	flush()
}

// batchPool holds batches with room for BatchSize records.
var batchPool = sync.Pool{New: func() any {
	const n = BatchSize
	return &Batch{
		Time: make([]int64, 0, n), Proto: make([]Proto, 0, n), State: make([]State, 0, n), Src: make([]Host, 0, n), Dst: make([]Host, 0, n),
		SrcPort: make([]uint16, 0, n), DstPort: make([]uint16, 0, n), BytesUp: make([]int64, 0, n), BytesDown: make([]int64, 0, n),
	}
}}

// deliver yields what the blocks hold, in order.
func (p *pipeline) deliver(yield func(*Batch, error) bool) {
	seq, lines := p.in.Seq, 0
	for b := range p.order {
		<-b.done
		p.number(b)
		for _, part := range b.parts {
			switch {
			case part.fatal != nil:
				yield(nil, fmt.Errorf("%s:%d: %w", p.in.Name, lines+part.line, part.fatal))
				return
			case part.bad != nil:
				part.bad.Line += lines
				if !yield(nil, part.bad) {
					return
				}
				continue
			}
			run := part.b
			if part.to-part.from < run.Len() {
				run = run.Slice(part.from, part.to)
			}
			run.Seq, run.Hosts = seq+part.seq, p.in.Hosts
			if !yield(run, nil) {
				return
			}
		}
		for _, batch := range b.batches {
			batch.Hosts = nil
			batchPool.Put(batch)
		}
		seq, lines = seq+b.nums, lines+b.lines
		if b.read != nil && b.read != io.EOF {
			yield(nil, fmt.Errorf("%s:%d: %w", p.in.Name, lines+1, b.read))
			return
		}
		p.free.Put(b)
	}
}

// number puts the numbers of all in the place of the worker's own. Those that
// are new to all come in the order in which the records have them, as the
// blocks do.
func (p *pipeline) number(b *lineBlock) {
	w := b.worker
	if b.fresh {
		w.ofHost, w.ofLabel = w.ofHost[:0], append(w.ofLabel[:0], 0)
	}
	w.ofHost = slices.Grow(w.ofHost, len(b.hosts))
	for _, a := range b.hosts {
		w.ofHost = append(w.ofHost, p.in.Hosts.Of(a))
	}
	for _, name := range b.labels {
		w.ofLabel = append(w.ofLabel, p.in.Labels.Of(name))
	}
	of := w.ofHost
	for _, batch := range b.batches {
		for i, h := range batch.Src {
			batch.Src[i] = of[h]
		}
		for i, h := range batch.Dst {
			batch.Dst[i] = of[h]
		}
		for i, l := range batch.Label {
			batch.Label[i] = w.ofLabel[l]
		}
	}
}

package flow

import (
	"io"
	"net/netip"
	"slices"
	"sync"
)

// Blocks says how an input is read in blocks: one goroutine after another gets
// the next block, and as many as there are workers decode theirs at the same
// time. Records come in the order of the blocks, with the numbers of addresses
// and labels that one goroutine would give them.
type Blocks[B any] struct {
	// Next makes b, which may have held another one, the next block. It is called
	// by one goroutine at a time. An error ends the input, io.EOF if all is well.
	Next func(b *B) error

	// Decoder returns what makes records of blocks: by one goroutine, with the
	// numbers of in.Hosts and in.Labels, and of some of the blocks, in order.
	Decoder func(in Input) func(b *B, to *Out)

	// At says where in the input the error is that has ended it: at a line, from 1,
	// as they are counted by Out. It is nil for errors that say so themselves.
	At func(line int, err error) error
}

// Source yields the records: with in.Workers goroutines besides the one that ranges
// over it or, if that is 0, with none.
func (bs Blocks[B]) Source(in Input) Source {
	in.fill()
	return func(yield func(*Batch, error) bool) {
		t := &teller{in: in, at: bs.At, yield: yield, seq: in.Seq}
		if in.Workers < 1 {
			bs.alone(t)
		} else {
			bs.together(t)
		}
	}
}

func (bs Blocks[B]) alone(t *teller) {
	decode := bs.Decoder(t.in)
	var b B
	out := Out{in: t.in, labels: t.in.Labels}
	for {
		if err := bs.Next(&b); err != nil {
			t.end(err)
			return
		}
		out.reset()
		decode(&b, &out)
		out.flush()
		if !t.tell(&out) {
			return
		}
	}
}

func (bs Blocks[B]) together(t *teller) {
	p := &pipeline[B]{Blocks: bs, in: t.in, order: make(chan *job[B], t.in.Workers+1), free: make(chan *job[B], 2*t.in.Workers+2), stop: make(chan struct{})}
	var wg sync.WaitGroup
	ended := false
	defer func() {
		close(p.stop)
		if !ended && t.in.Halt != nil {
			t.in.Halt() // Next, which may wait for more
		}
		wg.Wait()
	}()
	for range t.in.Workers {
		wg.Go(p.work)
	}
	for j := range p.order {
		<-j.done
		if ended = j.err != nil; ended {
			t.end(j.err)
			return
		}
		j.worker.renumber(&j.out, t.in, j.fresh)
		if !t.tell(&j.out) {
			return
		}
		select {
		case p.free <- j:
		default:
		}
	}
}

// A pipeline is one input that is read by several goroutines.
type pipeline[B any] struct {
	Blocks[B]
	in    Input
	order chan *job[B] // in which the blocks are
	free  chan *job[B] // to be used again
	stop  chan struct{}

	next  sync.Mutex // held while the next block is read
	ended bool       // there is none
}

// A job is a block and what has become of it.
type job[B any] struct {
	block  B
	err    error // there is no block but this
	done   chan struct{}
	worker *worker[B]
	fresh  bool // the worker's numbers begin anew with this block
	out    Out
}

// take reads the next block, and puts it in the order; nil if there is none.
func (p *pipeline[B]) take() *job[B] {
	p.next.Lock()
	defer p.next.Unlock()
	if p.ended {
		return nil
	}
	var j *job[B]
	select {
	case j = <-p.free:
	default:
		j = &job[B]{done: make(chan struct{}, 1)}
	}
	j.err = p.Next(&j.block)
	p.ended = j.err != nil
	select {
	case p.order <- j:
		return j
	case <-p.stop:
		p.ended = true
		return nil
	}
}

func (p *pipeline[B]) work() {
	w := new(worker[B])
	for j := p.take(); j != nil; j = p.take() {
		if j.err == nil {
			w.decode(p, j)
		}
		j.done <- struct{}{}
	}
}

// A worker decodes blocks with numbers of its own, so that nothing is shared
// with others.
type worker[B any] struct {
	in     Input
	block  func(*B, *Out)
	hosts  *Hosts
	labels *Labels
	known  int // of hosts
	named  int // of labels

	// Used where blocks are put in order alone: the numbers of all for those of
	// this worker.
	ofHost  []Host
	ofLabel []LabelID
}

// maxOwnHosts is how many addresses a worker remembers before it begins anew.
const maxOwnHosts = 1 << 16

func (w *worker[B]) decode(p *pipeline[B], j *job[B]) {
	j.worker, j.fresh = w, w.hosts == nil || w.hosts.Len() > maxOwnHosts
	if j.fresh {
		w.hosts, w.labels, w.known, w.named = new(Hosts), new(Labels), 0, 0
		in := p.in
		in.Hosts, in.Labels = w.hosts, w.labels
		w.in, w.block = in, p.Decoder(in)
	}
	out := &j.out
	out.in, out.labels = w.in, p.in.Labels
	out.reset()
	w.block(&j.block, out)
	out.flush()
	for ; w.known < w.hosts.Len(); w.known++ {
		out.hosts = append(out.hosts, w.hosts.Addr(Host(w.known)))
	}
	for ; w.named < w.labels.Len(); w.named++ {
		out.names = append(out.names, w.labels.Name(LabelID(w.named+1)))
	}
}

// renumber puts the numbers of all in the place of the worker's own. Those that
// are new to all come in the order in which the records have them, as the
// blocks do.
func (w *worker[B]) renumber(o *Out, in Input, fresh bool) {
	if fresh {
		w.ofHost, w.ofLabel = w.ofHost[:0], append(w.ofLabel[:0], 0)
	}
	w.ofHost = slices.Grow(w.ofHost, len(o.hosts))
	for _, a := range o.hosts {
		w.ofHost = append(w.ofHost, in.Hosts.Of(a))
	}
	for _, name := range o.names {
		w.ofLabel = append(w.ofLabel, in.Labels.Of(name))
	}
	of := w.ofHost
	for _, b := range o.batches {
		for i, h := range b.Src {
			b.Src[i] = of[h]
		}
		for i, h := range b.Dst {
			b.Dst[i] = of[h]
		}
		for i, l := range b.Label {
			b.Label[i] = w.ofLabel[l]
		}
	}
}

// A teller yields what is in blocks, in their order.
type teller struct {
	in    Input
	at    func(line int, err error) error
	yield func(*Batch, error) bool
	seq   int64 // of the next block's first record
	lines int   // before it
}

// tell yields the records and errors of a block. It returns false at the end of all.
func (t *teller) tell(o *Out) bool {
	for _, part := range o.parts {
		switch {
		case part.fatal != nil:
			t.fail(part.line, part.fatal)
			return false
		case part.bad != nil:
			part.bad.Line += t.lines
			if !t.yield(nil, part.bad) {
				return false
			}
			continue
		}
		run := part.b
		if part.to-part.from < run.Len() {
			run = run.Slice(part.from, part.to)
		}
		run.Seq, run.Hosts = t.seq+part.seq, t.in.Hosts
		if !t.yield(run, nil) {
			return false
		}
	}
	o.free()
	t.seq, t.lines = t.seq+o.nums, t.lines+o.lines
	return true
}

// end says what has ended the input.
func (t *teller) end(err error) {
	if err != io.EOF {
		t.fail(1, err)
	}
}

func (t *teller) fail(line int, err error) {
	if t.at != nil {
		err = t.at(t.lines+line, err)
	}
	t.yield(nil, err)
}

// An Out takes the records of a block.
type Out struct {
	in     Input   // with the numbers of who fills it
	labels *Labels // of all

	batch   *Batch // the last of batches, nil if there is none with room
	from    int    // rows of it that are in parts
	batches []*Batch
	parts   []part
	nums    int64 // of parts
	lines   int

	hosts []netip.Addr // that are new to the worker
	names []string     // of labels that are
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

// Batch returns the batch that the next record is to be appended to.
func (o *Out) Batch() *Batch {
	if o.batch == nil || o.batch.Len() >= BatchSize {
		o.flush()
		o.batch, o.from = batchPool.Get().(*Batch), 0
		o.batch.Hosts = o.in.Hosts
		o.batches = append(o.batches, o.batch)
	}
	return o.batch
}

// Bad says that a line of the block, from 1, or the first bytes of it, should be a
// record but is none. It has a number as records have.
func (o *Out) Bad(line int, text []byte, err error) {
	o.flush()
	o.parts = append(o.parts, part{bad: &SyntaxError{File: o.in.Name, Line: line, Text: string(text[:min(len(text), maxText)]), Err: err}})
	o.nums++
}

// Fatal says that an error, at a line of the block, has ended the input.
func (o *Out) Fatal(line int, err error) {
	o.flush()
	o.parts = append(o.parts, part{fatal: err, line: line})
}

// Lines says how many lines the block has, by which those of the next ones count.
func (o *Out) Lines(n int) { o.lines = n }

// flush makes a part of the records since the last one.
func (o *Out) flush() {
	if o.batch != nil && o.batch.Len() > o.from {
		o.parts = append(o.parts, part{b: o.batch, from: o.from, to: o.batch.Len(), seq: o.nums})
		o.nums += int64(o.batch.Len() - o.from)
		o.from = o.batch.Len()
	}
}

func (o *Out) reset() {
	o.batch, o.from, o.nums, o.lines = nil, 0, 0, 0
	o.batches, o.parts, o.hosts, o.names = o.batches[:0], o.parts[:0], o.hosts[:0], o.names[:0]
}

// free gives the batches back.
func (o *Out) free() {
	for _, b := range o.batches {
		b.Reset(0)
		// What not every source has is nil again.
		*b = Batch{
			Time: b.Time, Proto: b.Proto, State: b.State, Src: b.Src, Dst: b.Dst,
			SrcPort: b.SrcPort, DstPort: b.DstPort, BytesUp: b.BytesUp, BytesDown: b.BytesDown,
		}
		batchPool.Put(b)
	}
	o.batches = o.batches[:0]
}

// batchPool holds empty batches with room for BatchSize records.
var batchPool = sync.Pool{New: func() any {
	const n = BatchSize
	return &Batch{
		Time: make([]int64, 0, n), Proto: make([]Proto, 0, n), State: make([]State, 0, n), Src: make([]Host, 0, n), Dst: make([]Host, 0, n),
		SrcPort: make([]uint16, 0, n), DstPort: make([]uint16, 0, n), BytesUp: make([]int64, 0, n), BytesDown: make([]int64, 0, n),
	}
}}

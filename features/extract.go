package features

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"toolkit/flow"
)

// RecordsTable is the name of the table that says which row of the other
// tables each record went to.
const RecordsTable = "records"

// An Extractor makes the tables of records in one pass.
type Extractor struct {
	// Records tells whether the table of records is made. It is set; it has to
	// be cleared before the first record if at all.
	Records bool

	gathered []*gatheredTable
	hosts    *flow.Hosts
	labels   *flow.Labels
	summary  Summary

	seqs     []seqRun
	label    spool
	labelled bool // whether label has begun, with the first record that has one

	limit int64  // bytes; 0 for none
	tmp   string // where temporary files go
	err   error
}

// A gatheredTable is one table on its way.
type gatheredTable struct {
	*Builder
	groups spool  // of each record since the last run
	runs   []*run // what was spilled
	rows   []int32
	made   bool
}

// A seqRun says that the records from at on are numbered from seq on.
type seqRun struct{ at, seq int64 }

// A Summary says what was seen of the records as a whole.
type Summary struct {
	Records    int64
	OutOfOrder int64 // records older than one before them
	First      time.Time
	Last       time.Time
	BytesUp    int64
	BytesDown  int64
	Labelled   int64 // records with a label
	Spills     int   // how often memory was short
}

// NewExtractor returns an Extractor of the tables of these kinds, for records
// whose addresses and labels are numbers in hosts and labels.
func NewExtractor(of []*Grouping, hosts *flow.Hosts, labels *flow.Labels) *Extractor {
	x := &Extractor{Records: true, hosts: hosts, labels: labels}
	for _, g := range of {
		x.gathered = append(x.gathered, &gatheredTable{Builder: NewBuilder(g, hosts)})
	}
	return x
}

// Limit has x take about that many bytes at the most; 0 is no limit. What is
// more goes to temporary files in the directory tmp, "" for the system's,
// which have no names and are gone with the process; Close gives their room
// back. The tables do not depend on it.
func (x *Extractor) Limit(memory int64, tmp string) {
	if tmp == "" {
		tmp = os.TempDir()
	}
	x.limit, x.tmp = memory, tmp
}

// Close drops what has been gathered.
func (x *Extractor) Close() {
	for _, t := range x.gathered {
		t.groups.close()
		for _, r := range t.runs {
			r.file.Close()
			r.rows.close()
		}
	}
	x.label.close()
}

// A MemoryError says that something can't be done in the memory allowed, in
// whatever steps.
type MemoryError struct {
	What        string
	Need, Limit int64 // bytes
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("%s would take about %d MiB of memory, more than the %d MiB allowed", e.What, e.Need>>20, e.Limit>>20)
}

// Add takes in the records of b. Tables are gathered side by side. What goes
// wrong is told by Err.
func (x *Extractor) Add(b *flow.Batch) {
	if x.err != nil {
		return
	}
	var wg sync.WaitGroup
	for _, t := range x.gathered {
		wg.Go(func() {
			groups := t.Add(b)
			if x.Records {
				t.groups.append(groups)
			}
		})
	}
	x.note(b)
	wg.Wait()
	x.keepTo()
}

// Err returns what has gone wrong so far: a sum that its column can't hold, a
// temporary file that can't be written, or a limit that can't be kept.
func (x *Extractor) Err() error {
	if x.err != nil {
		return x.err
	}
	for _, t := range x.gathered {
		if err := t.Err(); err != nil {
			return err
		}
	}
	return nil
}

// room returns how much of the limit what has been gathered may take: the rest
// is for making tables of it, for reading, and for what the collector has not
// yet freed.
func (x *Extractor) room() int64 {
	const base = 24 << 20 // the program itself and its buffers
	return max(x.limit-base, 4<<20) / 2
}

// keepTo spills until what is held keeps to the limit.
func (x *Extractor) keepTo() {
	if x.limit <= 0 || x.err != nil {
		return
	}
	held := x.hosts.Bytes() + x.label.bytes() + 16*int64(cap(x.seqs))
	if held > x.room() {
		x.err = &MemoryError{"keeping the addresses of the records", 2 * held, x.limit}
		return
	}
	for _, t := range x.gathered {
		held += t.Bytes() + t.groups.bytes()
	}
	for held > x.room() {
		var most *gatheredTable
		for _, t := range x.gathered {
			if t.Groups() > 0 && (most == nil || t.Bytes() > most.Bytes()) {
				most = t
			}
		}
		if most == nil {
			return // what is left are buffers
		}
		held -= most.Bytes()
		if x.err = x.spill(most); x.err != nil {
			return
		}
		held += most.Bytes()
	}
}

// spill writes what has been gathered of a table to a temporary file.
func (x *Extractor) spill(t *gatheredTable) error {
	x.summary.Spills++
	for _, u := range x.gathered {
		if err := u.groups.send(x.tmp); err != nil {
			return err
		}
	}
	if x.labelled {
		if err := x.label.send(x.tmp); err != nil {
			return err
		}
	}
	t.noteProtos(&t.protos)
	r, err := t.Builder.spill(x.tmp)
	if err != nil {
		return err
	}
	r.until = x.summary.Records
	t.runs = append(t.runs, r)
	return nil
}

// note sums up what doesn't belong to a table.
func (x *Extractor) note(b *flow.Batch) {
	s := &x.summary
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	if s.Records > 0 {
		first, last = s.First.UnixNano(), s.Last.UnixNano()
	}
	for i, t := range b.Time {
		if t < last {
			s.OutOfOrder++
		}
		first, last = min(first, t), max(last, t)
		up, down := s.BytesUp+b.BytesUp[i], s.BytesDown+b.BytesDown[i]
		if (up^s.BytesUp)&(up^b.BytesUp[i])|(down^s.BytesDown)&(down^b.BytesDown[i]) < 0 && x.err == nil {
			x.err = fmt.Errorf("%w: more than %d bytes in all records", ErrOverflow, int64(math.MaxInt64))
		}
		s.BytesUp, s.BytesDown = up, down
	}
	if x.Records {
		x.noteNumbers(b)
	}
	for _, l := range b.Label {
		if l != 0 {
			s.Labelled++
		}
	}
	if x.Records {
		x.noteLabels(b)
	}
	s.Records += int64(b.Len())
	if b.Len() > 0 {
		s.First, s.Last = time.Unix(0, first).UTC(), time.Unix(0, last).UTC()
	}
}

func (x *Extractor) noteNumbers(b *flow.Batch) {
	for i := 0; i < b.Len(); i++ {
		at, seq := x.summary.Records+int64(i), b.Number(i)
		if n := len(x.seqs); n == 0 || seq-x.seqs[n-1].seq != at-x.seqs[n-1].at {
			x.seqs = append(x.seqs, seqRun{at, seq})
		}
		if b.Order == nil {
			return // the others follow it
		}
	}
}

func (x *Extractor) noteLabels(b *flow.Batch) {
	if b.Label == nil && !x.labelled {
		return
	}
	ids := make([]int32, b.Len())
	if !x.labelled { // those before have none
		x.labelled = true
		for n := x.summary.Records; n > 0; {
			m := min(n, int64(len(ids)))
			x.label.append(ids[:m])
			n -= m
		}
	}
	for i, l := range b.Label {
		ids[i] = int32(l)
	}
	x.label.append(ids)
}

// Summary returns what has been seen so far.
func (x *Extractor) Summary() Summary { return x.summary }

// Names returns the names of the tables, in the order in which Write makes
// them: that of records last.
func (x *Extractor) Names() []string {
	var names []string
	for _, t := range x.gathered {
		names = append(names, t.of.Name)
	}
	if x.Records {
		names = append(names, RecordsTable)
	}
	return names
}

// Write makes table i of Names and hands it to put, a chunk of rows at a time,
// at least one: its columns hold until put returns. Each table can be made once, that of records after all others;
// different ones can be made at the same time if nothing was spilled.
func (x *Extractor) Write(i int, put func(*Table) error) (err error) {
	if err := x.Err(); err != nil {
		return err
	}
	if i == len(x.gathered) {
		return x.writeRecords(put)
	}
	t := x.gathered[i]
	if t.made {
		panic("features: a table is made twice")
	}
	t.made = true
	if len(t.runs) == 0 {
		t.rows, err = t.emitAll(groupsPerChunk, put)
		t.Builder = &Builder{of: t.of} // what was gathered is in the table now
		return err
	}
	if t.Groups() > 0 {
		if err := x.spill(t); err != nil {
			return err
		}
	}
	return t.emitRuns(t.runs, x.room()/4, max(x.limit/2, 16<<20), x.tmp, x.Records, put)
}

// Tables returns all tables as a whole.
func (x *Extractor) Tables() ([]*Table, error) {
	tables := make([]*Table, len(x.Names()))
	for i := range tables {
		tables[i] = new(Table)
		err := x.Write(i, func(chunk *Table) error {
			tables[i].appendRows(chunk, 0, chunk.Len())
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return tables, nil
}

// writeRecords makes the table that maps records to rows.
func (x *Extractor) writeRecords(put func(*Table) error) error {
	dict := []string{""}
	for id := range x.labels.Len() {
		dict = append(dict, x.labels.Name(flow.LabelID(id+1)))
	}
	var groups []*rowReader
	for _, t := range x.gathered {
		if !t.made {
			panic("features: the table of records is made before one that it tells of")
		}
		r, err := t.groups.reader()
		if err != nil {
			return err
		}
		groups = append(groups, &rowReader{t: t, r: r, rows: t.rows})
	}
	labels, err := x.label.reader()
	if err != nil {
		return err
	}
	seqs, buf := x.seqs, make([]uint32, groupsPerChunk)
	for at := int64(0); at == 0 || at < x.summary.Records; at += groupsPerChunk {
		n := int(min(groupsPerChunk, x.summary.Records-at))
		number := &Column{Field: Field{Name: "record", Type: Int, Role: Key, Doc: "Number of the record: its place among the data lines of all inputs, from 0."}, Ints: make([]int64, n)}
		for i := range number.Ints {
			for len(seqs) > 1 && seqs[1].at <= at+int64(i) {
				seqs = seqs[1:]
			}
			number.Ints[i] = seqs[0].seq + at + int64(i) - seqs[0].at
		}
		chunk := &Table{Name: RecordsTable, Meta: map[string]string{}, Columns: []*Column{number}}
		for _, g := range groups {
			c, err := g.column(at, buf[:n])
			if err != nil {
				return err
			}
			chunk.Columns = append(chunk.Columns, c)
		}
		label := &Column{Field: Field{Name: "label", Type: Text, Role: Value, Doc: "What the input says the record is; null if nothing."}, Dict: dict}
		if x.labelled {
			if err := labels.read(buf[:n]); err != nil {
				return err
			}
		} else {
			clear(buf[:n])
		}
		for _, id := range buf[:n] {
			if id == 0 {
				label.AppendNull()
			} else {
				label.AppendCode(id)
			}
		}
		chunk.Columns = append(chunk.Columns, label)
		if err := put(chunk); err != nil {
			return err
		}
	}
	return nil
}

// A rowReader reads the rows of the records in one table.
type rowReader struct {
	t    *gatheredTable
	r    *spoolReader
	rows []int32 // of the groups of the present run
	run  int     // the next one
	till int64   // records of the present run
}

// column returns the rows of the records from at on, as many as buf is long.
func (r *rowReader) column(at int64, buf []uint32) (*Column, error) {
	doc := "Row of " + r.t.of.Name + " that the record is part of; null if of none."
	if r.t.of.dstKeys != nil {
		doc = "Row of " + r.t.of.Name + " that the record's source has."
	}
	c := &Column{Field: Field{Name: r.t.of.Name, Type: Int, Role: Value, Doc: doc}, Ints: make([]int64, 0, len(buf))}
	if err := r.r.read(buf); err != nil {
		return nil, err
	}
	for i, g := range buf {
		for len(r.t.runs) > 0 && at+int64(i) >= r.till {
			if r.run == len(r.t.runs) {
				return nil, errors.New("temporary files do not hold all records")
			}
			rows, err := r.t.runs[r.run].rowsOf()
			if err != nil {
				return nil, err
			}
			r.rows, r.till = rows, r.t.runs[r.run].until
			r.run++
		}
		if row := r.rows[g]; row >= 0 {
			c.AppendInt(int64(row))
		} else {
			c.AppendNull()
		}
	}
	return c, nil
}

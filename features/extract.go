package features

import (
	"sync/atomic"

	"toolkit/flow"
)

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

	looksUp bool // some table does
	copies  copies
	failed  atomic.Pointer[error] // what was wrong with a table first

	limit int64  // bytes; 0 for none
	tmp   string // where temporary files go
	err   error
}

// A gatheredTable is one table on its way.
type gatheredTable struct {
	*Builder
	groups spool         // of each record since the last run
	holds  atomic.Int64  // bytes, after what was taken in last
	last   chan struct{} // closed once what was handed over last is done
	runs   []*run        // what was spilled
	rows   []int32
	made   bool
}

// NewExtractor returns an Extractor of the tables of these kinds, for records
// whose addresses and labels are numbers in hosts and labels.
func NewExtractor(of []*Grouping, hosts *flow.Hosts, labels *flow.Labels) *Extractor {
	x := &Extractor{Records: true, hosts: hosts, labels: labels}
	for _, g := range of {
		x.looksUp = x.looksUp || g.looksUp()
		t := &gatheredTable{Builder: NewBuilder(g, hosts)}
		t.askAhead(mostAhead)
		x.gathered = append(x.gathered, t)
	}
	return x
}

// Close drops what has been gathered.
func (x *Extractor) Close() {
	x.wait()
	for _, t := range x.gathered {
		t.groups.close()
		for _, r := range t.runs {
			r.file.Close()
			r.rows.close()
		}
	}
	x.label.close()
}

// Add takes in the records of b. Tables are gathered side by side, and may still
// be when it returns. What goes wrong is told by Failed and Err.
func (x *Extractor) Add(b *flow.Batch) {
	if x.err != nil {
		return
	}
	if x.lags() {
		x.hand(x.copies.of(b), true)
		x.note(b)
		return
	}
	x.hand(b, false)
	x.note(b)
	x.wait()
	x.keepTo()
}

// maps tells whether the table of records says which rows of t they are part of.
func (x *Extractor) maps(t *gatheredTable) bool { return x.Records && !t.of.apart }

// Failed returns what is known by now to have gone wrong, as Err does of all
// records.
func (x *Extractor) Failed() error {
	if x.err != nil {
		return x.err
	}
	if err := x.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// Err returns what has gone wrong with the records that were added: a sum that its
// column can't hold, a temporary file that can't be written, or a limit that can't
// be kept.
func (x *Extractor) Err() error {
	x.wait()
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
// at least one, whose columns hold until put returns. Each table can be made
// once, that of records after all others; different ones can be made at the
// same time if nothing was spilled.
func (x *Extractor) Write(i int, put func(*Table) error) (err error) {
	if x.err != nil {
		return x.err
	}
	if i == len(x.gathered) {
		return x.writeRecords(put)
	}
	t := x.gathered[i]
	t.wait()
	if err := t.Err(); err != nil { // of this table alone: others may be at work
		return err
	}
	if t.made {
		panic("features: a table is made twice")
	}
	t.made = true
	if len(t.runs) == 0 {
		t.rows, err = t.emitAll(groupsPerChunk, rowsPerPiece, x.maps(t), put)
		t.Builder = &Builder{of: t.of} // what was gathered is in the table now
		return err
	}
	if t.Groups() > 0 {
		if err := x.spill(t); err != nil {
			return err
		}
	}
	return t.emitRuns(t.runs, x.room()/4, max(x.limit/2, 16<<20), x.tmp, x.maps(t), put)
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

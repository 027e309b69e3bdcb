package features

import (
	"math"
	"sync"
	"time"

	"toolkit/flow"
)

// RecordsTable is the name of the table that says which row of the other
// tables each record went to.
const RecordsTable = "records"

// An Extractor makes the tables of records in one pass.
type Extractor struct {
	builders []*Builder
	groups   [][]int32 // by builder: the group of each record
	seqs     []int64
	labels   *flow.Labels
	label    []flow.LabelID
	summary  Summary
}

// A Summary says what was seen of the records as a whole.
type Summary struct {
	Records    int64
	OutOfOrder int64 // records older than one before them
	First      time.Time
	Last       time.Time
	BytesUp    int64
	BytesDown  int64
	Labelled   int64 // records with a label
}

// NewExtractor returns an Extractor of the tables of these kinds, for records
// whose addresses and labels are numbers in hosts and labels.
func NewExtractor(of []*Grouping, hosts *flow.Hosts, labels *flow.Labels) *Extractor {
	x := &Extractor{labels: labels, groups: make([][]int32, len(of))}
	for _, g := range of {
		x.builders = append(x.builders, NewBuilder(g, hosts))
	}
	return x
}

// Add takes in the records of b. Tables are gathered side by side.
func (x *Extractor) Add(b *flow.Batch) {
	var wg sync.WaitGroup
	for i, t := range x.builders {
		wg.Go(func() { x.groups[i] = append(x.groups[i], t.Add(b)...) })
	}
	x.note(b)
	wg.Wait()
}

// note sums up what doesn't belong to a table.
func (x *Extractor) note(b *flow.Batch) {
	s := &x.summary
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	if s.Records > 0 {
		first, last = s.First.UnixNano(), s.Last.UnixNano()
	}
	for i, t := range b.Time {
		x.seqs = append(x.seqs, b.Seq+int64(i))
		if t < last {
			s.OutOfOrder++
		}
		first, last = min(first, t), max(last, t)
		s.BytesUp += b.BytesUp[i]
		s.BytesDown += b.BytesDown[i]
		var label flow.LabelID
		if b.Label != nil {
			label = b.Label[i]
		}
		if label != 0 {
			s.Labelled++
		}
		x.label = append(x.label, label)
	}
	s.Records += int64(b.Len())
	if b.Len() > 0 {
		s.First, s.Last = time.Unix(0, first).UTC(), time.Unix(0, last).UTC()
	}
}

// Summary returns what has been seen so far.
func (x *Extractor) Summary() Summary { return x.summary }

// Tables returns the tables, and last the one that maps records to their
// rows.
func (x *Extractor) Tables() []*Table {
	tables := make([]*Table, len(x.builders))
	rows := make([][]int32, len(x.builders))
	var wg sync.WaitGroup
	for i, t := range x.builders {
		wg.Go(func() { tables[i], rows[i] = t.Table() })
	}
	wg.Wait()
	records := &Table{Name: RecordsTable, Meta: map[string]string{}, Columns: []*Column{{
		Field: Field{Name: "record", Type: Int, Role: Key, Doc: "Number of the record: its place among the data lines of all inputs, from 0."}, Ints: x.seqs,
	}}}
	for i, t := range tables {
		doc := "Row of " + t.Name + " that the record is part of; null if of none."
		if x.builders[i].of.dstKeys != nil {
			doc = "Row of " + t.Name + " that the record's source has."
		}
		c := &Column{Field: Field{Name: t.Name, Type: Int, Role: Value, Doc: doc}}
		for _, g := range x.groups[i] {
			if r := rows[i][g]; r >= 0 {
				c.AppendInt(int64(r))
			} else {
				c.AppendNull()
			}
		}
		records.Columns = append(records.Columns, c)
	}
	label := &Column{Field: Field{Name: "label", Type: Text, Role: Value, Doc: "What the input says the record is; null if nothing."}, Dict: []string{""}}
	for id := range x.labels.Len() {
		label.Dict = append(label.Dict, x.labels.Name(flow.LabelID(id+1)))
	}
	for _, id := range x.label {
		if id == 0 {
			label.AppendNull()
		} else {
			label.AppendCode(uint32(id))
		}
	}
	records.Columns = append(records.Columns, label)
	return append(tables, records)
}

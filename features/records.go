package features

import (
	"errors"

	"toolkit/flow"
)

// RecordsTable is the name of the table that says which row of the other
// tables each record went to.
const RecordsTable = "records"

// A seqRun says that the records from at on are numbered from seq on.
type seqRun struct{ at, seq int64 }

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

// writeRecords makes the table that maps records to rows.
func (x *Extractor) writeRecords(put func(*Table) error) error {
	dict := []string{""}
	for id := range x.labels.Len() {
		dict = append(dict, x.labels.Name(flow.LabelID(id+1)))
	}
	var groups []*rowReader
	for _, t := range x.gathered {
		if t.of.apart {
			continue
		}
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
	if r.t.of.dstTuples != nil {
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

package reports

import (
	"fmt"
	"math"
	"path"
	"strings"

	"toolkit/features"
	"toolkit/internal/run"
)

const filesShown = 15

// reading returns the run that read the records; nil if none is known.
func (b *builder) reading() *run.Run {
	if b.in.Manifest == nil {
		return nil
	}
	for _, name := range []string{"flow_tuples.arrow", "ip_pairs.arrow", "batches.arrow", "alerts.arrow"} {
		if r := b.in.Manifest.Made(name); r != nil && len(r.Inputs) > 0 {
			return r
		}
	}
	return nil
}

// records returns the number of records read, 0 if it is not known.
func (b *builder) records() int64 {
	if r := b.reading(); r != nil {
		var n int64
		for _, f := range r.Inputs {
			n += f.Records
		}
		if n > 0 {
			return n
		}
	}
	if s := b.sum; s != nil {
		return s.records
	}
	if t := b.table("records"); t != nil {
		return int64(t.Len())
	}
	if e := b.in.Evaluation; e != nil {
		return e.Records
	}
	return 0
}

// readLine says in one line what was read.
func (b *builder) readLine() string {
	n := b.records()
	if n == 0 {
		return ""
	}
	line := plural(n, "record", "records")
	if r := b.reading(); r != nil {
		if len(r.Inputs) == 1 {
			line += " of " + path.Base(r.Inputs[0].Path)
		} else {
			line += fmt.Sprintf(" of %d files", len(r.Inputs))
		}
	}
	s := b.sum
	if s == nil {
		return line
	}
	if s.timed {
		line += fmt.Sprintf(", from %s to %s UTC (%s)", moment(s.first), moment(s.last), seconds(float64(s.last-s.first)/1e6))
	}
	return line + ", " + byteText(s.up+s.down)
}

func (b *builder) input() *Section {
	s := &Section{ID: b.id("input"), Title: "What was read"}
	if r := b.reading(); r != nil {
		s.Tables = append(s.Tables, b.files(r))
		for _, st := range r.Stats {
			if st.Value != nil && strings.Contains(st.Name, "out_of_order") {
				s.Facts = append(s.Facts, Fact{"Out of order", human(*st.Value), "records earlier than one before them"})
			}
		}
	}
	tr := b.sum
	if tr == nil {
		s.Text = []Para{{Text: "There is no table of flow tuples to sum the records up from. This command makes it:", Code: []string{"toolkit extract INPUT"}}}
		return s
	}
	facts := []Fact{
		{"Records", whole(tr.records), ""},
		{"Bytes", byteText(tr.up + tr.down), fmt.Sprintf("%s up, %s down", byteText(tr.up), byteText(tr.down))},
		{"Flow tuples", whole(tr.tuples), ""},
		{"Sources", whole(int64(len(tr.sources))), "distinct source addresses"},
	}
	if tr.timed {
		facts = append(facts, Fact{"Span", seconds(float64(tr.last-tr.first) / 1e6), fmt.Sprintf("%s to %s UTC", moment(tr.first), moment(tr.last))})
	}
	s.Facts = append(facts, s.Facts...)
	if f := b.overTime(); f != nil {
		s.Figures = append(s.Figures, f)
	}
	s.Figures = append(s.Figures, b.talkers(tr)...)
	if f := b.tails(); f != nil {
		s.Figures = append(s.Figures, f)
	}
	s.Tables = append(s.Tables, b.mix(tr))
	if e := b.in.Evaluation; e != nil && len(e.Labels) > 0 {
		t := &Table{ID: b.id("labels"), Title: "Labels of the records", Columns: []Head{{Name: "label"}, {Name: "records", Align: Right}, {Name: "share", Align: Right}, {Name: "counted as"}}}
		for _, l := range e.Labels {
			kind := "benign"
			if l.Anomalous {
				kind = "anomalous"
			}
			t.Add(plain(l.Name), count(l.Records), share(float64(l.Records)/math.Max(1, float64(e.Records))), plain(kind))
		}
		if len(e.Benign) > 0 {
			t.Note = "A label is benign if it holds one of the words " + list(e.Benign) + "."
		}
		s.Tables = append(s.Tables, t)
	}
	return s
}

func (b *builder) files(r *run.Run) *Table {
	t := &Table{ID: b.id("files"), Title: "Files", Columns: []Head{{Name: "file"}, {Name: "format"}, {Name: "size", Align: Right},
		{Name: "records", Align: Right}, {Name: "rejected", Align: Right, Doc: "Records that could not be read."}, {Name: "skipped", Align: Right, Doc: "Records of something other than IP traffic."}}}
	for _, f := range r.Inputs[:min(len(r.Inputs), filesShown)] {
		size := Cell{Text: "–"} // generated, or read from a pipe
		if f.Bytes > 0 {
			size = Cell{Text: byteText(float64(f.Bytes)), Value: f.Bytes}
		}
		t.Add(plain(f.Path), plain(f.Format), size, count(f.Records), count(f.Rejected), count(f.Skipped))
	}
	if rest := r.Inputs[len(t.Rows):]; len(rest) > 0 {
		var records, rejected, skipped int64
		for _, f := range rest {
			records, rejected, skipped = records+f.Records, rejected+f.Rejected, skipped+f.Skipped
		}
		t.Note = fmt.Sprintf("%s more, of %s, %s rejected and %s skipped; the end of the report lists them.", plural(int64(len(rest)), "file", "files"), plural(records, "record", "records"), whole(rejected), whole(skipped))
	}
	return t
}

func (b *builder) mix(tr *traffic) *Table {
	t := &Table{ID: b.id("mix"), Title: "Protocols and states", Columns: []Head{{Name: "value"}, {Name: "kind"}, {Name: "records", Align: Right}, {Name: "share", Align: Right}, {Name: "bytes", Align: Right}}}
	total := math.Max(1, float64(tr.records))
	for _, p := range tr.protocols {
		t.Add(plain(p.name), plain("protocol"), num(p.records), share(p.records/total), cell(byteText(p.bytes), p.bytes))
	}
	for _, p := range tr.states {
		if p.records > 0 {
			t.Add(plain(p.name), plain("state"), num(p.records), share(p.records/total), Cell{})
		}
	}
	return t
}

// tables says what tables there are.
func (b *builder) tables() *Section {
	s := &Section{ID: b.id("tables"), Title: "The tables"}
	t := &Table{ID: b.id("tables", "list"), Title: "Tables of features", Columns: []Head{{Name: "table"}, {Name: "rows", Align: Right},
		{Name: "samples", Align: Right, Doc: "What the rows stand for: a row can stand for a run of equal ones."}, {Name: "keys"}, {Name: "features", Align: Right}, {Name: "results"}}}
	for _, name := range b.names {
		rows := b.in.Tables[name]
		if rows == nil {
			continue
		}
		var keys, results []string
		for _, k := range rows.Keys() {
			keys = append(keys, k.Name)
		}
		for _, r := range b.of(name, func(*result) bool { return true }) {
			results = append(results, r.algo)
		}
		value := rows.Names(func(c *features.Column) bool { return c.Role == features.Value })
		t.Add(plain(name), count(int64(rows.Len())), num(samples(rows)), plain(strings.Join(keys, ", ")), count(int64(len(value))), plain(strings.Join(results, ", ")))
	}
	if len(t.Rows) == 0 {
		s.Text = []Para{{Text: "There are no tables of features. This command makes them:", Code: []string{"toolkit extract INPUT"}}}
		return s
	}
	s.Text = []Para{{Text: "Records with the same addresses, ports and protocol make a flow tuple; those of a pair of addresses in 10 seconds a row of ip_pairs; those of 10 seconds a batch. A row counts as the samples that it stands for, in every median, share and score."}}
	s.Tables = []*Table{t}
	return s
}

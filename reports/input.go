package reports

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"toolkit/features"
	"toolkit/internal/run"
)

const (
	filesShown = 15
	topTalkers = 10
	timeBins   = 500 // points of a figure over time at most
)

// A traffic is what the flow tuples say of the records as a whole.
type traffic struct {
	tuples, records int64
	up, down        float64
	first, last     int64 // microseconds; valid if records > 0 and timed
	timed           bool
	protocols       []tally
	states          []tally
	sources         []tally // by records
}

// A tally is what one value of a column amounts to.
type tally struct {
	name                   string
	tuples, records, bytes float64
}

// traffic sums up the flow tuples; nil if they are not there.
func (b *builder) traffic() *traffic {
	t := b.table("flow_tuples")
	if t == nil || numeric(t, "num_conns") == nil {
		return nil
	}
	s := &traffic{tuples: int64(t.Len())}
	conns := numeric(t, "num_conns")
	up, down := numeric(t, "bytes_up"), numeric(t, "bytes_dw")
	value := func(c *features.Column, i int) float64 {
		if c == nil || math.IsNaN(c.Float(i)) {
			return 0
		}
		return c.Float(i)
	}
	first, last := t.Column("time_first_seen"), t.Column("time_last_seen")
	s.timed = first != nil && last != nil && first.Type == features.Time && last.Type == features.Time
	by := func(name string) func(i int) {
		c := t.Column(name)
		if c == nil {
			return nil
		}
		tallies := map[string]*tally{}
		list := &s.protocols
		if name == "src_ip" {
			list = &s.sources
		}
		return func(i int) {
			if i < 0 {
				for _, v := range tallies {
					*list = append(*list, *v)
				}
				return
			}
			word := c.String(i)
			if tallies[word] == nil {
				tallies[word] = &tally{name: word}
			}
			v := tallies[word]
			v.tuples++
			v.records += value(conns, i)
			v.bytes += value(up, i) + value(down, i)
		}
	}
	gather := []func(int){by("ip_protocol"), by("src_ip")}
	for i := range t.Len() {
		s.records += int64(value(conns, i))
		s.up += value(up, i)
		s.down += value(down, i)
		if s.timed {
			if i == 0 || first.Ints[i] < s.first {
				s.first = first.Ints[i]
			}
			if i == 0 || last.Ints[i] > s.last {
				s.last = last.Ints[i]
			}
		}
		for _, g := range gather {
			if g != nil {
				g(i)
			}
		}
	}
	for _, g := range gather {
		if g != nil {
			g(-1)
		}
	}
	for _, c := range t.Columns {
		if name, ok := strings.CutPrefix(c.Name, "state_"); ok && c.Numeric() {
			var n float64
			for i := range t.Len() {
				n += value(c, i)
			}
			s.states = append(s.states, tally{name: name, records: n})
		}
	}
	sortTallies(s.protocols, func(t tally) float64 { return t.records })
	sortTallies(s.sources, func(t tally) float64 { return t.records })
	sortTallies(s.states, func(t tally) float64 { return t.records })
	return s
}

func sortTallies(ts []tally, by func(tally) float64) {
	slices.SortFunc(ts, func(p, q tally) int { return cmp.Or(cmp.Compare(by(q), by(p)), cmp.Compare(p.name, q.name)) })
}

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

// talkers draws the sources with most records, and those with most bytes.
func (b *builder) talkers(tr *traffic) []*Figure {
	var figures []*Figure
	for _, m := range []struct {
		id, title string
		axis      Axis
		of        func(tally) float64
	}{
		{"talkers-records", "Sources with most records", Axis{Label: "records"}, func(t tally) float64 { return t.records }},
		{"talkers-bytes", "Sources with most bytes", Axis{Label: "bytes, both ways", Kind: Bytes}, func(t tally) float64 { return t.bytes }},
	} {
		sources := slices.Clone(tr.sources)
		sortTallies(sources, m.of)
		bars := &Bars{Axis: m.axis, Kind: "source"}
		var total, top float64
		for i, t := range sources {
			total += m.of(t)
			if i < topTalkers {
				bars.Names, bars.Values = append(bars.Names, t.name), append(bars.Values, m.of(t))
				top += m.of(t)
			}
		}
		if total == 0 {
			continue
		}
		figures = append(figures, &Figure{ID: b.id(m.id), Title: m.title, Plot: bars,
			Caption: fmt.Sprintf("The first %d of %s have %s of all.", len(bars.Names), plural(int64(len(sources)), "source address", "source addresses"), percent(top/total)),
			Alt:     fmt.Sprintf("%s leads with %s.", bars.Names[0], m.axis.label(bars.Values[0]))})
	}
	return figures
}

// overTime draws records and bytes over time, from the pairs' bins, or the
// records alone from the batches.
func (b *builder) overTime() *Figure {
	type column struct {
		name, label string
		axis        Axis
		of          []string
	}
	var t *features.Table
	var clock *features.Column
	columns := []column{{"Records", "records", Axis{}, []string{"num_conns"}}, {"Bytes", "bytes, both ways", Axis{Kind: Bytes}, []string{"bytes_up", "bytes_dw"}}}
	if t = b.table("ip_pairs"); t != nil {
		clock = t.Column("ts")
	} else if t = b.table("batches"); t != nil {
		clock = t.Column("window_start")
		columns = []column{{"Records", "records", Axis{}, []string{"num_entries"}}}
	}
	if t == nil || clock == nil || clock.Type != features.Time || numeric(t, columns[0].of[0]) == nil {
		return nil
	}
	// Rows of empty bins begin wherever a pair fell silent, still on the bins' grid.
	starts := map[int64]bool{}
	for i := range t.Len() {
		if !clock.IsNull(i) {
			starts[clock.Ints[i]] = true
		}
	}
	order := slices.Sorted(maps.Keys(starts))
	if len(order) < 2 {
		return nil
	}
	bin := order[len(order)-1] - order[0]
	for i := 1; i < len(order); i++ {
		bin = min(bin, order[i]-order[i-1])
	}
	bin = max(bin, 1e6)
	bins := (order[len(order)-1]-order[0])/bin + 1
	bin *= (bins + timeBins - 1) / timeBins
	first := floorDiv(order[0], bin)
	n := floorDiv(order[len(order)-1], bin) - first + 1
	day := ""
	if d := dayOf(order[0]); d == dayOf(order[len(order)-1]) {
		day = ", " + d
	}
	p := &Panels{Columns: 1}
	for k, c := range columns {
		y := make([]float64, n)
		for _, name := range c.of {
			v := numeric(t, name)
			if v == nil {
				continue
			}
			for i := range t.Len() {
				if f := v.Float(i); finite(f) && !clock.IsNull(i) {
					y[floorDiv(clock.Ints[i], bin)-first] += f
				}
			}
		}
		x := make([]float64, n)
		for i := range x {
			x[i] = float64((first+int64(i))*bin) / 1e6
		}
		axis := c.axis
		axis.Label = c.label + " in " + seconds(float64(bin)/1e6)
		p.Names = append(p.Names, c.name)
		p.Plots = append(p.Plots, &Lines{X: Axis{Kind: Clock, Label: "time (UTC)" + day}, Y: axis, Series: []Series{{X: x, Y: y, Hue: First + Hue(k)}}})
	}
	f := &Figure{ID: b.id("over-time"), Title: "Traffic over time", Plot: p,
		Alt:     fmt.Sprintf("%s over %s.", list(p.Names), seconds(float64(order[len(order)-1]-order[0])/1e6)),
		Caption: fmt.Sprintf("From %s, in %s bins of %s; a bin's value stands at its beginning.", t.Name, whole(n), seconds(float64(bin)/1e6))}
	return f
}

func dayOf(us int64) string { return strings.Fields(moment(us))[0] }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && a < 0 {
		q--
	}
	return q
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

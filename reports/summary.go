package reports

import (
	"fmt"
	"math"
)

// How many hosts and flow tuples the first screen names at most, and the
// least share of a host after the first.
const (
	summaryHosts  = 5
	summaryShare  = 0.01
	summaryTuples = 3
	topHosts      = 10
)

// summary is the first screen: what was read, what is wrong, which method to
// believe, who stands out, how much each method flags.
func (b *builder) summary() *Section {
	s := &Section{ID: b.id("summary"), Title: "Summary"}
	all := b.records()
	if all > 0 {
		s.Facts = append(s.Facts, Fact{Name: "Records", Value: whole(all)})
	}
	if t := b.table("flow_tuples"); t != nil {
		s.Facts = append(s.Facts, Fact{Name: "Flow tuples", Value: whole(int64(t.Len()))})
	}
	if t := b.table("ip_pairs"); t != nil {
		s.Facts = append(s.Facts, Fact{Name: "Samples of address pairs", Value: human(samples(t)), Note: "10-second bins, in " + plural(int64(t.Len()), "row", "rows")})
	}
	if e := b.in.Evaluation; e != nil && e.Labelled {
		s.Facts = append(s.Facts, Fact{Name: "Anomalous by label", Value: whole(e.Anomalous), Note: percent(float64(e.Anomalous)/math.Max(1, float64(e.Records))) + " of the records"})
	}
	if len(b.hosts) == 0 {
		s.Text = append(s.Text, Para{Text: "No method has called anything anomalous. The whole job, from records to this report, is one command:", Code: []string{"toolkit run INPUT"}})
	} else {
		s.Subsections = append(s.Subsections, &Section{ID: b.id("summary", "wrong"), Title: "What is wrong here", Text: []Para{b.wrong()}})
	}
	if p := b.believe(); p != nil {
		s.Subsections = append(s.Subsections, &Section{ID: b.id("summary", "believe"), Title: "Which method to believe", Text: []Para{*p}})
	}
	more := &Section{ID: b.id("summary", "more"), Title: "Hosts and methods at a glance"}
	if len(b.hosts) > 0 {
		more.Tables = append(more.Tables, b.topHosts())
	}
	for _, p := range []*Para{b.trustSummary(), b.singles()} {
		if p != nil {
			more.Text = append(more.Text, *p)
		}
	}
	if t := b.methodTable(all); t != nil {
		more.Tables = append(more.Tables, t)
	}
	if more.Tables != nil || more.Text != nil {
		s.Subsections = append(s.Subsections, more)
	}
	return s
}

// topHosts is the short table of the hosts that stand out most.
func (b *builder) topHosts() *Table {
	t := &Table{ID: b.id("summary", "hosts"), Title: "Hosts that stand out", Columns: []Head{{Name: "host"}, {Name: "share in what is flagged", Align: Right, Doc: "Mean over the methods of the host's share in the records flagged."},
		{Name: "records", Align: Right}, {Name: "methods", Align: Right, Doc: "How many flag any of its records."}, {Name: "detectors that found something", Align: Wide}}}
	for _, h := range b.hosts[:min(len(b.hosts), topHosts)] {
		var by []string
		for _, name := range h.by {
			if b.alerts != nil && b.alerts.by[name] != nil {
				by = append(by, name)
			}
		}
		t.Add(b.hostCell(h.name), share(h.share), num(h.records), Cell{Text: fmt.Sprintf("%d of %d", len(h.by), b.flagging), Value: int64(len(h.by))}, plain(list(by)))
	}
	t.Note = more(len(b.hosts)-len(t.Rows), "host with flagged records", "hosts with flagged records")
	return t
}

// singles names the strangest flow tuples, one a source; nil if nothing calls
// any anomalous.
func (b *builder) singles() *Para {
	k := b.ranking("flow_tuples")
	if k == nil {
		return nil
	}
	t := b.in.Tables["flow_tuples"]
	src, dst, port := words(t, "src_ip"), words(t, "dst_ip"), t.Column("dst_port")
	if src == nil || dst == nil || port == nil {
		return nil
	}
	p := &Para{Text: "The strangest flow tuples, one a source:"}
	for _, i := range k.strangest(summaryTuples, src.String) {
		if k.flags[i] == 0 {
			break
		}
		p.Items = append(p.Items, fmt.Sprintf("%s to %s port %s, called anomalous by %d of %d: %s.", src.String(i), dst.String(i), port.String(i), k.flags[i], len(k.methods), b.why("flow_tuples", i)))
	}
	if p.Items == nil {
		return nil
	}
	return p
}

// methodTable shows how much each method flags.
func (b *builder) methodTable(all int64) *Table {
	e := b.in.Evaluation
	if e == nil || len(e.Methods) == 0 {
		return nil
	}
	t := &Table{ID: b.id("summary", "methods"), Title: "What each method flags", Columns: []Head{{Name: "method"}, {Name: "records", Align: Right},
		{Name: "share", Align: Right, Doc: "Of all records."}, {Name: "address pairs", Align: Right}, {Name: "hosts", Align: Right, Doc: "Distinct source addresses."}}}
	if e.Labelled {
		t.Columns = append(t.Columns, Head{Name: "precision", Align: Right}, Head{Name: "recall", Align: Right})
	}
	t.Columns = append(t.Columns, Head{Name: "what it calls anomalous", Align: Wide})
	for _, m := range e.Methods {
		row := []Cell{b.methodCell(m.Name), count(m.Flagged.Records), share(float64(m.Flagged.Records) / math.Max(1, float64(e.Records))), count(m.Flagged.Pairs), count(m.Flagged.Hosts)}
		if e.Labelled {
			p, r := Cell{Text: "–"}, Cell{Text: "–"}
			if d := m.Detection; d != nil {
				p, r = fixed(d.Precision), fixed(d.Recall)
			}
			row = append(row, p, r)
		}
		t.Add(append(row, plain(m.Rule))...)
	}
	return t
}

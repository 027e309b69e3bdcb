package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"toolkit/features"
)

const strangestShown = 20

// strangest is the section on the most anomalous hosts, pairs and tuples.
func (b *builder) strangest() *Section {
	s := &Section{ID: b.id("strangest"), Title: "Most anomalous"}
	for _, f := range []*Figure{b.hostsOverTime(), b.portsOfHosts(), b.pairsGraph()} {
		if f != nil {
			s.Figures = append(s.Figures, f)
		}
	}
	if len(b.hosts) > 0 {
		s.Tables = append(s.Tables, b.hostTable(strangestShown))
	}
	for _, table := range slices.Backward(rowTables) {
		if t := b.rowTable(table); t != nil {
			s.Tables = append(s.Tables, t)
		}
	}
	if s.Tables == nil {
		s.Text = []Para{{Text: "No method has judged the tuples, pairs or hosts. These commands do it:", Code: []string{"toolkit score --algo hbos --on flow_tuples", "toolkit cluster --algo dbscan --on flow_tuples"}}}
		return s
	}
	s.Text = []Para{
		{Text: "Hosts are ranked by the mean, over all methods that flag anything, of their share in the records that the method flags: a host that is the half of what one of two methods flags, and nothing of the other's, has 25 %."},
		{Text: "Rows of the tables are ranked by how many methods call them anomalous; among equals, by the mean over the methods of the share of samples that score lower. A pair stands for the strangest of its bins, a host for that of its windows. What a value is compared with are all tuples, all bins of pairs in which there are records, or all windows of hosts."},
	}
	return s
}

func (b *builder) hostTable(n int) *Table {
	t := &Table{ID: b.id("strangest", "hosts"), Title: "Hosts, as sources", Columns: []Head{{Name: "host"}, {Name: "share", Align: Right, Doc: "Mean over the methods of the host's share in the records flagged."},
		{Name: "records", Align: Right}, {Name: "talks to"}, {Name: "methods", Align: Right, Doc: "How many flag any of its records."}, {Name: "its strangest, and why", Align: Wide}, {Name: "flagged by"}}}
	for _, h := range b.hosts[:min(len(b.hosts), n)] {
		t.Add(b.hostCell(h.name), share(h.share), num(h.records), plain(b.reach(h.name)), Cell{Text: fmt.Sprintf("%d of %d", len(h.by), b.flagging), Value: int64(len(h.by))}, plain(b.worst(h.name)), plain(strings.Join(h.by, ", ")))
	}
	if rest := len(b.hosts) - n; rest > 0 {
		t.Note = fmt.Sprintf("%s more with flagged records.", plural(int64(rest), "host", "hosts"))
	}
	return t
}

// reach says how many addresses and ports a host talked to.
func (b *builder) reach(host string) string {
	t := b.table("flow_tuples")
	if t == nil || t.Column("dst_ip") == nil || t.Column("dst_port") == nil {
		return ""
	}
	ips, ports := map[string]bool{}, map[string]bool{}
	b.eachOf(t, host, func(i int) {
		ips[t.Column("dst_ip").String(i)] = true
		ports[t.Column("dst_port").String(i)] = true
	})
	return plural(int64(len(ips)), "address", "addresses") + ", " + plural(int64(len(ports)), "port", "ports")
}

// eachOf calls visit with each row whose source is host.
func (b *builder) eachOf(t *features.Table, host string, visit func(i int)) {
	src := sourceOf(t)
	if src == nil {
		return
	}
	code := slices.Index(src.Dict, host)
	if code < 0 {
		return
	}
	for i, c := range src.Codes {
		if int(c) == code && !src.IsNull(i) {
			visit(i)
		}
	}
}

// worst says which row of a host is the strangest, by the share of the methods
// that flag it, and why.
func (b *builder) worst(host string) string {
	table, row, part, mean := "", -1, 0.0, 0.0
	for _, name := range rowTables {
		k := b.ranking(name)
		if k == nil {
			continue
		}
		best := -1
		b.eachOf(b.in.Tables[name], host, func(i int) {
			if best < 0 || k.compare(i, best) < 0 {
				best = i
			}
		})
		if best < 0 {
			continue
		}
		p := float64(k.flags[best]) / float64(len(k.methods))
		if row < 0 || cmp.Or(cmp.Compare(p, part), cmp.Compare(k.mean[best], mean)) > 0 {
			table, row, part, mean = name, best, p, k.mean[best]
		}
	}
	if row < 0 {
		return ""
	}
	t := b.in.Tables[table]
	where := "row " + whole(int64(row))
	if c := t.Column("dst_ip"); c != nil {
		where = "to " + c.String(row)
	}
	if c := t.Column("dst_port"); c != nil {
		where += " port " + c.String(row)
	}
	if c := t.Column("ts"); c != nil && c.Type == features.Time {
		where += " in the bin of " + moment(c.Ints[row])
	}
	if table == features.HostsTable {
		where = "as a whole"
		if c := t.Column("window_start"); c != nil && c.Type == features.Time {
			where = "in the window of " + moment(c.Ints[row])
		}
	}
	if words := b.why(table, row); words != "" {
		return where + ": " + words
	}
	return where
}

// rowTable shows the strangest rows of a table; of pairs, one bin each, of
// hosts one window.
func (b *builder) rowTable(table string) *Table {
	k := b.ranking(table)
	if k == nil {
		return nil
	}
	src := b.in.Tables[table]
	keys := src.Keys()
	var one func(i int) string // what has one row only
	title, doc := "Flow tuples", ""
	if ip := words(src, "ip"); table == features.HostsTable && ip != nil {
		title, doc = "Hosts, by all that they did", "The strangest window of the host."
		one = ip.String
	} else if from, to := words(src, "src_ip"), words(src, "dst_ip"); table == "ip_pairs" && from != nil && to != nil {
		title, doc = "Address pairs", "The strangest bin of the pair."
		one = func(i int) string { return fmt.Sprint(from.Codes[i], "\x00", to.Codes[i]) }
	}
	t := &Table{ID: b.id("strangest", table), Title: title}
	for _, c := range keys {
		h := Head{Name: c.Name, Doc: c.Doc}
		if c.Type == features.Time && doc != "" {
			h.Doc = doc
		}
		if c.Numeric() {
			h.Align = Right
		}
		t.Columns = append(t.Columns, h)
	}
	t.Columns = append(t.Columns, Head{Name: "methods", Align: Right, Doc: "How many call it anomalous."}, Head{Name: "stranger than", Align: Right, Doc: "Mean over the methods of the share of samples that score lower."},
		Head{Name: "why", Align: Wide}, Head{Name: "flagged by"})
	for _, i := range k.strangest(strangestShown, one) {
		if k.flags[i] == 0 && len(t.Rows) > 0 {
			break // nothing calls it anomalous
		}
		var row []Cell
		for _, c := range keys {
			row = append(row, b.keyCell(c, i))
		}
		row = append(row, Cell{Text: fmt.Sprintf("%d of %d", k.flags[i], len(k.methods)), Value: int64(k.flags[i])}, share(k.mean[i]), plain(b.why(table, i)), plain(strings.Join(k.by(i), ", ")))
		t.Add(row...)
	}
	return t
}

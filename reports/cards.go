package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"toolkit/features"
)

const (
	cardsShown = 20
	cardRows   = 8 // peers and ports of a card
)

// cardID returns the ID of a host's card, "" if it has none.
func (b *builder) cardID(host string) string { return b.cardIDs[host] }

// nameCards gives the hosts that stand out most the IDs of their cards.
func (b *builder) nameCards() {
	b.cardIDs = map[string]string{}
	for _, h := range b.hosts[:min(len(b.hosts), cardsShown)] {
		b.cardIDs[h.name] = b.id("host", h.name)
	}
}

// hostCell is a cell that leads to the host's card.
func (b *builder) hostCell(host string) Cell {
	return Cell{Text: host, Value: host, Link: b.cardID(host)}
}

// cards is the section of hosts one by one; nil if none stands out.
func (b *builder) cards() *Section {
	if len(b.hosts) == 0 {
		return nil
	}
	s := &Section{ID: b.id("cards"), Title: "Hosts, one by one"}
	for _, h := range b.hosts[:min(len(b.hosts), cardsShown)] {
		s.Subsections = append(s.Subsections, b.card(h))
	}
	s.Text = []Para{{Text: fmt.Sprintf("The %d of %s with flagged records that stand out most, as sources. All times are UTC.", len(s.Subsections), plural(int64(len(b.hosts)), "host", "hosts"))}}
	return s
}

// card is all that is known of a host.
func (b *builder) card(h *host) *Section {
	s := &Section{ID: b.cardID(h.name), Title: h.name, Fold: true, Gist: fmt.Sprintf("%s of what is flagged, by %d of %d methods", percent(h.share), len(h.by), b.flagging)}
	a := b.activity(h.name)
	s.Facts = []Fact{{Name: "Records", Value: whole(int64(h.records))}, {Name: "Share in what is flagged", Value: percent(h.share), Note: "mean over the methods"}, {Name: "Methods", Value: fmt.Sprintf("%d of %d", len(h.by), b.flagging)}}
	if a != nil {
		s.Facts = append(s.Facts, Fact{Name: "Destinations", Value: whole(int64(len(a.peers)))}, Fact{Name: "Ports", Value: whole(int64(len(a.ports)))},
			Fact{Name: "Bytes", Value: byteText(a.up + a.down), Note: fmt.Sprintf("%s up, %s down", byteText(a.up), byteText(a.down))})
		if a.timed {
			s.Facts = append(s.Facts, Fact{Name: "Active", Value: moment(a.first)[11:] + "–" + moment(a.last)[11:], Note: moment(a.first)[:10]})
		}
	}
	var why []string
	for _, words := range b.findingsOf(h.name, allDetectors, allReasons) {
		why = append(why, words+".")
	}
	if words := b.worst(h.name); words != "" {
		why = append(why, "The strangest of its rows, "+words+".")
	}
	if len(why) > 0 {
		s.Text = append(s.Text, Para{Text: "Why:", Items: why})
	}
	s.Text = append(s.Text, Para{Text: "Flagged by " + list(h.by) + "."})
	if f := b.cardTimeline(h.name); f != nil {
		s.Figures = append(s.Figures, f)
	}
	if a != nil {
		s.Tables = append(s.Tables, b.peerTable(s.ID, a), b.portTable(s.ID, a))
	}
	return s
}

// An activity is what a host did as a source.
type activity struct {
	up, down    float64
	first, last int64
	timed       bool
	peers       map[string]*contact
	ports       map[string]*contact
}

// A contact is what a host had to do with a peer, or a port.
type contact struct {
	name              string
	records, up, down float64
	others            map[string]bool // ports of the peer, peers of the port
	first, last       int64
}

// activity gathers what a host did, from the flow tuples; nil without them.
func (b *builder) activity(host string) *activity {
	t := b.table("flow_tuples")
	if t == nil || words(t, "dst_ip") == nil || t.Column("dst_port") == nil || numeric(t, "num_conns") == nil {
		return nil
	}
	a := &activity{peers: map[string]*contact{}, ports: map[string]*contact{}, first: math.MaxInt64, last: math.MinInt64}
	dst, port, proto, conns := words(t, "dst_ip"), t.Column("dst_port"), words(t, "ip_protocol"), numeric(t, "num_conns")
	up, down := numeric(t, "bytes_up"), numeric(t, "bytes_dw")
	first, last := t.Column("time_first_seen"), t.Column("time_last_seen")
	a.timed = first != nil && last != nil && first.Type == features.Time && last.Type == features.Time
	number := func(c *features.Column, i int) float64 {
		if c == nil || !finite(c.Float(i)) {
			return 0
		}
		return c.Float(i)
	}
	add := func(to map[string]*contact, name, other string, i int) {
		c := to[name]
		if c == nil {
			c = &contact{name: name, others: map[string]bool{}, first: math.MaxInt64, last: math.MinInt64}
			to[name] = c
		}
		c.records, c.up, c.down = c.records+number(conns, i), c.up+number(up, i), c.down+number(down, i)
		c.others[other] = true
		if a.timed {
			c.first, c.last = min(c.first, first.Ints[i]), max(c.last, last.Ints[i])
		}
	}
	b.eachOf(t, host, func(i int) {
		service := port.String(i)
		if proto != nil {
			service += "/" + proto.String(i)
		}
		a.up, a.down = a.up+number(up, i), a.down+number(down, i)
		add(a.peers, dst.String(i), service, i)
		add(a.ports, service, dst.String(i), i)
		if a.timed {
			a.first, a.last = min(a.first, first.Ints[i]), max(a.last, last.Ints[i])
		}
	})
	if len(a.peers) == 0 {
		return nil
	}
	return a
}

// most returns the contacts with most records.
func most(of map[string]*contact) []*contact {
	var all []*contact
	for _, c := range of {
		all = append(all, c)
	}
	slices.SortFunc(all, func(p, q *contact) int {
		return cmp.Or(cmp.Compare(q.records, p.records), strings.Compare(p.name, q.name))
	})
	return all[:min(len(all), cardRows)]
}

func (b *builder) peerTable(id string, a *activity) *Table {
	t := &Table{ID: b.id(id, "peers"), Title: "Destinations with most records", Columns: []Head{{Name: "destination"}, {Name: "records", Align: Right}, {Name: "bytes up", Align: Right}, {Name: "bytes down", Align: Right}, {Name: "ports", Align: Right}, {Name: "first"}, {Name: "last"}}}
	for _, c := range most(a.peers) {
		row := []Cell{plain(c.name), num(c.records), inUnit(c.up, features.Bytes), inUnit(c.down, features.Bytes), count(int64(len(c.others)))}
		if a.timed {
			row = append(row, plain(moment(c.first)), plain(moment(c.last)))
		} else {
			row = append(row, Cell{}, Cell{})
		}
		t.Add(row...)
	}
	t.Note = more(len(a.peers)-len(t.Rows), "destination", "destinations")
	return t
}

func (b *builder) portTable(id string, a *activity) *Table {
	t := &Table{ID: b.id(id, "ports"), Title: "Ports with most records", Columns: []Head{{Name: "port"}, {Name: "records", Align: Right}, {Name: "bytes up", Align: Right}, {Name: "bytes down", Align: Right}, {Name: "destinations", Align: Right}}}
	for _, c := range most(a.ports) {
		t.Add(plain(c.name), num(c.records), inUnit(c.up, features.Bytes), inUnit(c.down, features.Bytes), count(int64(len(c.others))))
	}
	t.Note = more(len(a.ports)-len(t.Rows), "port", "ports")
	return t
}

func more(n int, one, many string) string {
	if n <= 0 {
		return ""
	}
	return plural(int64(n), one, many) + " more."
}

// cardTimeline draws when a host sent records, and when detectors found it.
func (b *builder) cardTimeline(host string) *Figure {
	c, ok := b.clock()
	t := b.table("ip_pairs")
	if !ok || t == nil || startOf(t) == nil || numeric(t, "num_conns") == nil {
		return nil
	}
	g := &Grid{Row: "what", X: c.axis(), Edges: c.edges(), V: Axis{Label: "records and findings in " + c.length(), Symlog: 1}, Rows: []string{"records"}, Values: [][]float64{make([]float64, c.n)}}
	start, conns := startOf(t), numeric(t, "num_conns")
	var sum float64
	b.eachOf(t, host, func(i int) {
		if k := -1; conns.Float(i) > 0 && !start.IsNull(i) {
			if k = c.at(start.Ints[i]); k >= 0 {
				g.Values[0][k] += conns.Float(i)
				sum += conns.Float(i)
			}
		}
	})
	if f := b.alerts; f != nil && f.src != nil && f.start != nil {
		for _, name := range f.names {
			row, any := make([]float64, c.n), false
			for _, i := range f.by[name] {
				if cellText(f.src, i) != host {
					continue
				}
				if k := c.at(f.start.Ints[i]); k >= 0 {
					row[k]++
					any = true
				}
			}
			if any {
				g.Rows, g.Values = append(g.Rows, name), append(g.Values, row)
			}
		}
	}
	if sum == 0 {
		return nil
	}
	return &Figure{ID: b.id("timeline", host), Title: "When", Plot: g, Caption: "Records of which it is the source, and the beginnings of the findings of each detector. Shades are logarithmic.",
		Alt: "Records and findings of " + host + " over time, in " + strconv.Itoa(c.n) + " bins."}
}

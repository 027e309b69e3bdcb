package explain

import (
	"cmp"
	"slices"
	"time"

	"toolkit/features"
)

// Traffic is what a host, a pair, or the flows of an alert amount to.
type Traffic struct {
	Records   int64     `json:"records"`
	BytesUp   int64     `json:"bytes_up"` // sent by the source
	BytesDown int64     `json:"bytes_dw"` // sent to it
	Peers     int       `json:"peers"`    // distinct destinations
	Ports     int       `json:"ports"`    // distinct destination ports
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`

	// Of a host, what was sent to it.
	InRecords int64 `json:"in_records,omitempty"`
	InPeers   int   `json:"in_peers,omitempty"`
}

// A Top is a peer or a port with most records.
type Top struct {
	Name      string `json:"name"`
	Records   int64  `json:"records"`
	Share     Number `json:"share"` // of the subject's records
	BytesUp   int64  `json:"bytes_up"`
	BytesDown int64  `json:"bytes_dw"`
	Distinct  int    `json:"distinct"` // ports of a peer, peers of a port
	others    map[string]bool
}

// inRows returns the rows of flow tuples that go to a host.
func (o *Outputs) inRows(s *Subject) []int {
	if s.Kind != HostKind {
		return nil
	}
	return rowsWith(text(o.Tables[tuplesTable], "dst_ip"), s.Src, nil, "")
}

// traffic sums up the flow tuples of the subject, nil if there are none. Of
// an alert they are those that its records are part of.
func (o *Outputs) traffic(s *Subject) *Traffic {
	t := o.Tables[tuplesTable]
	rows, in := o.rowsOf(s, tuplesTable), o.inRows(s)
	if len(rows)+len(in) == 0 {
		return nil
	}
	conns, up, down := numeric(t, "num_conns"), numeric(t, "bytes_up"), numeric(t, "bytes_dw")
	first, last := moments(t, "time_first_seen"), moments(t, "time_last_seen")
	dst, src, port := text(t, "dst_ip"), text(t, "src_ip"), numeric(t, "dst_port")
	tr := &Traffic{}
	peers, sources, ports := map[string]bool{}, map[string]bool{}, map[int64]bool{}
	seen := func(i int) {
		if first == nil || last == nil {
			return
		}
		a, b := microseconds(first.Ints[i]), microseconds(last.Ints[i])
		if tr.First.IsZero() || a.Before(tr.First) {
			tr.First = a
		}
		if b.After(tr.Last) {
			tr.Last = b
		}
	}
	for _, i := range rows {
		tr.Records += int64(at(conns, i))
		tr.BytesUp += int64(at(up, i))
		tr.BytesDown += int64(at(down, i))
		if dst != nil {
			peers[dst.String(i)] = true
		}
		ports[int64(at(port, i))] = true
		seen(i)
	}
	for _, i := range in {
		tr.InRecords += int64(at(conns, i))
		if src != nil {
			sources[src.String(i)] = true
		}
		seen(i)
	}
	tr.Peers, tr.Ports, tr.InPeers = len(peers), len(ports), len(sources)
	return tr
}

// peers returns the destinations of a source, or of the rows given, the most
// records first.
func (o *Outputs) peers(src string, rows []int) []*Top {
	if rows == nil {
		rows = o.rowsOf(&Subject{Kind: HostKind, Src: src}, tuplesTable)
	}
	return o.top(rows, text(o.Tables[tuplesTable], "dst_ip"), numeric(o.Tables[tuplesTable], "dst_port"))
}

// tops returns the limit peers, ports and sources with most records; all of
// them if it is 0.
func (o *Outputs) tops(s *Subject, limit int) (peers, ports, sources []*Top) {
	t := o.Tables[tuplesTable]
	if t == nil {
		return nil, nil, nil
	}
	few := func(all []*Top) []*Top {
		if limit > 0 {
			return all[:min(len(all), limit)]
		}
		return all
	}
	rows := o.rowsOf(s, tuplesTable)
	src, dst, port := text(t, "src_ip"), text(t, "dst_ip"), numeric(t, "dst_port")
	if s.Kind != PairKind {
		peers = few(o.top(rows, dst, port))
	}
	ports = few(o.top(rows, port, dst))
	switch {
	case s.Kind == HostKind:
		sources = few(o.top(o.inRows(s), src, port))
	case s.Kind == AlertKind && s.Src == "":
		sources = few(o.top(rows, src, port))
	}
	return peers, ports, sources
}

// top adds up rows of flow tuples by one column, and counts the distinct
// values of another.
func (o *Outputs) top(rows []int, by, distinct *features.Column) []*Top {
	if by == nil || distinct == nil {
		return nil
	}
	t := o.Tables[tuplesTable]
	conns, up, down := numeric(t, "num_conns"), numeric(t, "bytes_up"), numeric(t, "bytes_dw")
	byName := map[string]*Top{}
	var all []*Top
	var total int64
	for _, i := range rows {
		name := by.String(i)
		p := byName[name]
		if p == nil {
			p = &Top{Name: name, others: map[string]bool{}}
			byName[name] = p
			all = append(all, p)
		}
		n := int64(at(conns, i))
		p.Records += n
		total += n
		p.BytesUp += int64(at(up, i))
		p.BytesDown += int64(at(down, i))
		p.others[distinct.String(i)] = true
	}
	for _, p := range all {
		p.Share, p.Distinct = Number(float64(p.Records)/float64(max(total, 1))), len(p.others)
	}
	slices.SortFunc(all, func(a, b *Top) int { return cmp.Or(cmp.Compare(b.Records, a.Records), cmp.Compare(a.Name, b.Name)) })
	return all
}

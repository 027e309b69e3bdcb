package explain

import (
	"cmp"
	"slices"
	"time"

	"toolkit/features"
)

// A Window is a part of a subject's time.
type Window struct {
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Records   int64     `json:"records"` // of which it is the source
	BytesUp   int64     `json:"bytes_up"`
	BytesDown int64     `json:"bytes_dw"`
	Peers     int64     `json:"peers"`
	Ports     int64     `json:"ports"` // of a pair, the most in one bin
	InRecords int64     `json:"in_records"`
	Alerts    int       `json:"alerts"`  // that concern the subject and overlap the window
	Methods   int       `json:"methods"` // that flag a row of it in the window
}

// timeline returns the windows of the host, or of the pair, that a subject is
// about; nil if the tables have no windows.
func (o *Outputs) timeline(s *Subject) []*Window {
	about := s.about()
	if about == nil {
		return nil
	}
	var ws []*Window
	if about.Kind == HostKind {
		ws = o.hostWindows(about)
	} else {
		ws = o.pairWindows(about)
	}
	c := o.alertColumns()
	if c == nil {
		return ws
	}
	for i := range c.t.Len() {
		if concerns, _ := c.concern(i, about, nil); !concerns {
			continue
		}
		start, end := microseconds(c.start.Ints[i]), microseconds(c.end.Ints[i])
		for _, w := range ws {
			if start.Before(w.End) && (end.After(w.Start) || start.Equal(w.Start)) {
				w.Alerts++
			}
		}
	}
	return ws
}

// about returns the host or pair that the subject is about, nil if there is
// none.
func (s *Subject) about() *Subject {
	switch {
	case s.Kind != AlertKind:
		return s
	case s.Src != "" && s.Dst != "":
		return &Subject{Kind: PairKind, Src: s.Src, Dst: s.Dst}
	case s.Src != "":
		return &Subject{Kind: HostKind, Src: s.Src}
	case s.Dst != "":
		return &Subject{Kind: HostKind, Src: s.Dst}
	}
	return nil
}

// windowOf returns how long the windows of hosts are.
func (o *Outputs) windowOf() time.Duration {
	if t := o.Tables[features.HostsTable]; t != nil {
		if d, err := time.ParseDuration(t.Meta["param.host-window"]); err == nil && d > 0 {
			return d
		}
	}
	return features.DefaultOptions().HostWindow
}

func (o *Outputs) hostWindows(s *Subject) []*Window {
	t := o.Tables[features.HostsTable]
	start := moments(t, "window_start")
	if start == nil {
		return nil
	}
	whole := func(name string, i int) int64 { return int64(at(numeric(t, name), i)) }
	methods := o.methods(features.HostsTable, nil)
	var ws []*Window
	for _, i := range o.rowsOf(s, features.HostsTable) {
		w := &Window{
			Start: microseconds(start.Ints[i]), Records: whole("num_conns", i), BytesUp: whole("bytes_up", i), BytesDown: whole("bytes_dw", i),
			Peers: whole("num_peers", i), Ports: whole("num_dst_port", i), InRecords: whole("in_num_conns", i),
		}
		w.End = w.Start.Add(o.windowOf())
		for _, m := range methods {
			w.Methods += first(m.flags(i))
		}
		ws = append(ws, w)
	}
	slices.SortFunc(ws, func(a, b *Window) int { return a.Start.Compare(b.Start) })
	return ws
}

// pairWindows adds up the bins of a pair in windows as long as those of hosts.
func (o *Outputs) pairWindows(s *Subject) []*Window {
	t := o.Tables[features.PairsTable]
	ts, conns := moments(t, "ts"), numeric(t, "num_conns")
	if ts == nil || conns == nil {
		return nil
	}
	methods := o.methods(features.PairsTable, nil)
	length := o.windowOf()
	byStart := map[int64]*Window{}
	flagging := map[int64]map[string]bool{}
	for _, i := range o.rowsOf(s, features.PairsTable) {
		if conns.Float(i) == 0 {
			continue // a run of empty bins
		}
		begin := microseconds(ts.Ints[i]).Truncate(length)
		w := byStart[begin.UnixNano()]
		if w == nil {
			w = &Window{Start: begin, End: begin.Add(length), Peers: 1}
			byStart[begin.UnixNano()] = w
			flagging[begin.UnixNano()] = map[string]bool{}
		}
		w.Records += int64(conns.Float(i))
		w.BytesUp += int64(at(numeric(t, "bytes_up"), i))
		w.BytesDown += int64(at(numeric(t, "bytes_dw"), i))
		w.Ports = max(w.Ports, int64(at(numeric(t, "num_dst_port"), i)))
		for _, m := range methods {
			if m.flags(i) {
				flagging[begin.UnixNano()][m.algo] = true
			}
		}
	}
	var ws []*Window
	for at, w := range byStart {
		w.Methods = len(flagging[at])
		ws = append(ws, w)
	}
	slices.SortFunc(ws, func(a, b *Window) int { return cmp.Compare(a.Start.UnixNano(), b.Start.UnixNano()) })
	return ws
}

package explain

import (
	"context"
	"slices"

	"toolkit/algo"
	"toolkit/features"
)

// An Explanation says all that is known of a subject: what it did, who
// accuses it and why, what would have made it normal, what is normal beside
// it, and when it was.
type Explanation struct {
	Subject  *Subject  `json:"subject"`
	Traffic  *Traffic  `json:"traffic,omitempty"`
	Trust    *Trust    `json:"trust,omitempty"`
	Accused  Accused   `json:"accused"`
	Alerts   []*Alerts `json:"alerts"`
	Rows     []*Row    `json:"rows"`
	Timeline []*Window `json:"timeline,omitempty"`
	Peers    []*Top    `json:"peers,omitempty"`
	Ports    []*Top    `json:"ports,omitempty"`
	Sources  []*Top    `json:"sources,omitempty"` // that sent to it, of a host
	Records  *Records  `json:"records,omitempty"`
	Notes    []string  `json:"notes,omitempty"`
}

// Accused counts who accuses a subject, of those that could.
type Accused struct {
	Methods     int `json:"methods"`
	OfMethods   int `json:"of_methods"`
	Detectors   int `json:"detectors"`
	OfDetectors int `json:"of_detectors"`
}

// Options say what to explain, and how far.
type Options struct {
	Order   []string // of the algorithms
	Records bool     // which records are behind it
	Limit   int      // of records, and of each list of peers and ports
}

// rowTables are the tables in which a subject has rows, what says most of it
// first.
var rowTables = []string{features.HostsTable, features.PairsTable, tuplesTable}

// Explain says why a subject is called anomalous. It reads all rows of the
// results of its tables, and sorts their scores.
func (o *Outputs) Explain(ctx context.Context, s *Subject, opt Options) (*Explanation, error) {
	e := &Explanation{Subject: s, Traffic: o.traffic(s), Trust: o.trust(s)}
	e.Alerts = o.alerts(s)
	e.Accused.Detectors, e.Accused.OfDetectors = o.detectors(e.Alerts)
	for _, table := range rowTables {
		methods := o.methods(table, opt.Order)
		e.Accused.OfMethods += len(methods)
		rows := o.rowsOf(s, table)
		if len(rows) == 0 || len(methods) == 0 {
			continue
		}
		r, err := o.row(ctx, table, methods, rows)
		if err != nil {
			return nil, err
		}
		for _, m := range r.Methods {
			if m.FlaggedRows > 0 {
				e.Accused.Methods++
			}
		}
		e.Rows = append(e.Rows, r)
	}
	e.share()
	e.Timeline = o.timeline(s)
	if s.Kind != AlertKind || s.Src != "" || s.Dst != "" {
		e.Peers, e.Ports, e.Sources = o.tops(s, opt.Limit)
	}
	if opt.Records {
		e.Records = o.records(s, opt)
	}
	e.notes(o)
	return e, ctx.Err()
}

// notes says what is missing for a whole explanation, and what makes it.
func (e *Explanation) notes(o *Outputs) {
	note := func(missing bool, s string) {
		if missing {
			e.Notes = append(e.Notes, s)
		}
	}
	note(o.Tables[features.RecordsTable] == nil, "There are no tables of the records: toolkit extract INPUT makes them.")
	note(o.Tables[features.RecordsTable] != nil && e.Accused.OfMethods == 0, "No method has judged the tables: toolkit score and toolkit cluster do.")
	note(o.Tables[alertsTable] == nil, "No detector has looked at the records: toolkit detect INPUT does.")
	note(o.Tables[trustTable] == nil && e.Accused.OfMethods+e.Accused.OfDetectors > 0, "There is no trust, one probability of all methods: toolkit ensemble makes it.")
	if e.Timeline == nil && o.Tables[features.HostsTable] != nil && moments(o.Tables[features.HostsTable], "window_start") == nil {
		e.Notes = append(e.Notes, "hosts.arrow has one row for each address, so there is no timeline: toolkit extract --host-window 10m makes one.")
	}
}

// A Row is the strangest row of a subject in a table, and what is said of it.
type Row struct {
	Table   string    `json:"table"`
	Row     int       `json:"row"`
	Keys    []Key     `json:"keys"`
	Rows    int       `json:"rows"`         // of the subject in the table
	Flagged int       `json:"flagged_rows"` // of these, by any method
	Methods []*Method `json:"methods"`
	Nearest *Nearest  `json:"nearest,omitempty"`
}

// A Key is a column that tells rows apart, with its value in a row.
type Key struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Method is what an algorithm says of a row.
type Method struct {
	Name        string    `json:"method"`
	Algorithm   string    `json:"algorithm"`
	Flags       bool      `json:"flags"`
	Rule        string    `json:"rule,omitempty"` // by which rows are flagged
	Score       Number    `json:"score"`
	Percentile  Number    `json:"percentile"`   // share of the table's samples that score lower, and half of those equal
	FlaggedRows int       `json:"flagged_rows"` // of the subject's
	Trust       Number    `json:"share_of_trust"`
	Reasons     []*Reason `json:"reasons"`
	Change      *Change   `json:"change,omitempty"` // what would have made the row normal, of one that is flagged
}

// A Reason is one column's part in what a method or detector says.
type Reason struct {
	Column     string `json:"column"`
	Value      Number `json:"value"`
	Low        Number `json:"low"` // what would have been ordinary, null for no bound
	High       Number `json:"high"`
	Percentile Number `json:"percentile"` // share of the samples, or of the detector's alerts, with a lower value, and half of those equal
	Share      Number `json:"share"`      // of the score, null if not known
	Words      string `json:"words"`      // the value beside what is common

	unit features.Unit
}

// mostReasons is how many reasons of a method are said.
const mostReasons = 5

// row explains the strangest of rows: that which most methods flag, and among
// these the one with the highest mean share of samples that are less strange.
func (o *Outputs) row(ctx context.Context, table string, methods []*method, rows []int) (*Row, error) {
	best, bestFlags, bestMean, flagged := rows[0], -1, 0.0, 0
	for _, i := range rows {
		flags, mean, judged := 0, 0.0, 0
		for _, m := range methods {
			if m.flags(i) {
				flags++
			}
			if r := m.rank(i); finite(r) {
				mean, judged = mean+r, judged+1
			}
		}
		mean /= float64(max(judged, 1))
		if flags > 0 {
			flagged++
		}
		if flags > bestFlags || flags == bestFlags && mean > bestMean {
			best, bestFlags, bestMean = i, flags, mean
		}
	}
	t := o.Tables[table]
	r := &Row{Table: table, Row: best, Rows: len(rows), Flagged: flagged}
	for _, c := range t.Keys() {
		r.Keys = append(r.Keys, Key{c.Name, c.String(best)})
	}
	var err error
	if r.Nearest, err = o.nearest(ctx, methods, best); err != nil {
		return nil, err
	}
	like := -1
	if r.Nearest != nil && len(r.Nearest.Rows) > 0 {
		like = r.Nearest.Rows[0].Row
	}
	for _, m := range methods {
		said := &Method{Name: m.name(), Algorithm: m.algo, Flags: m.flags(best), Rule: m.t.Meta["rule"], Score: nan, Percentile: Number(m.rank(best)), Trust: nan}
		if m.score != nil {
			said.Score = Number(m.score.Float(best))
		}
		for _, i := range rows {
			if m.flags(i) {
				said.FlaggedRows++
			}
		}
		for _, q := range o.Reasons(table, m.algo, best) {
			if len(said.Reasons) < mostReasons {
				said.Reasons = append(said.Reasons, o.reason(t, best, q))
			}
		}
		if said.Flags {
			if said.Change, err = o.change(ctx, m, best, like); err != nil {
				return nil, err
			}
		}
		r.Methods = append(r.Methods, said)
	}
	return r, nil
}

// reason puts a method's reason beside what is common in the table.
func (o *Outputs) reason(t *features.Table, row int, q algo.Reason) *Reason {
	r := &Reason{Column: q.Column, Value: Number(q.Value), Low: Number(q.Low), High: Number(q.High), Percentile: nan, Share: nan}
	if q.Weight > 0 {
		r.Share = Number(q.Weight)
	}
	c := numeric(t, q.Column)
	if q.Of > 0 {
		r.Words = rare(q)
		return r
	}
	if c == nil || !finite(c.Float(row)) {
		r.Words = q.String()
		return r
	}
	r.Value = Number(c.Float(row))
	r.unit = unitOf(c)
	common := o.common(t, c)
	r.Percentile = Number(common.Rank(c.Float(row)))
	r.Words = Compared(c.Float(row), c, common)
	return r
}

// common returns what is common in a column of t. It is worked out once.
func (o *Outputs) common(t *features.Table, c *features.Column) *Ordinary {
	key := t.Name + "\x00" + c.Name
	if o.ordinary[key] == nil {
		o.ordinary[key] = Common(t, c)
	}
	return o.ordinary[key]
}

// share fills in the methods' shares of trust.
func (e *Explanation) share() {
	if e.Trust == nil {
		return
	}
	for _, s := range e.Trust.Shares {
		for _, r := range e.Rows {
			if i := slices.IndexFunc(r.Methods, func(m *Method) bool { return m.Name == s.Name }); i >= 0 {
				r.Methods[i].Trust = s.Share
			}
		}
		for _, a := range e.Alerts {
			if a.Detector == s.Name {
				a.Trust = s.Share
			}
		}
	}
}

package explain

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"toolkit/detect/findings"
	"toolkit/features"
	"toolkit/flow"
	"toolkit/internal/prose"
)

// Names of the tables that are looked at.
const (
	alertsTable = "alerts"
	tuplesTable = "flow_tuples"
	trustTable  = "trust"
	nearestSaid = 5 // that exist, where what is asked for does not
)

// A Subject is what is explained: an alert, an address, or a pair of them.
type Subject struct {
	Kind  string `json:"kind"` // alert, host or pair
	Alert *int   `json:"alert,omitempty"`
	Src   string `json:"src,omitempty"`
	Dst   string `json:"dst,omitempty"`
}

// The kinds of subjects.
const (
	AlertKind = "alert"
	HostKind  = "host"
	PairKind  = "pair"
)

func (s *Subject) String() string {
	switch {
	case s.Kind == AlertKind:
		return "alert " + strconv.Itoa(*s.Alert)
	case s.Kind == PairKind:
		return s.Src + " -> " + s.Dst
	}
	return s.Src
}

// A NotFoundError is a subject that the outputs say nothing of.
type NotFoundError struct {
	What    string   // "address 10.0.0.7"
	Nearest []string // of those that there are
	Hint    string   // what else can be done, "" for nothing
}

func (e *NotFoundError) Error() string {
	s := "there is no " + e.What
	if len(e.Nearest) > 0 {
		s += "; the nearest there are: " + strings.Join(e.Nearest, ", ")
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// ErrSubject is what errors wrap that are of what is no subject at all.
var ErrSubject = errors.New("want the number of a row of alerts.arrow, the id of a finding, an address, or two addresses as SRC,DST")

// Find returns the subject of that name: the number of a row of alerts, the
// id of a finding of it, an address, or two as "src,dst" or "src->dst".
// What is not there is a *NotFoundError.
func (o *Outputs) Find(name string) (*Subject, error) {
	name = strings.TrimSpace(name)
	if src, dst, ok := cut(name); ok {
		return o.findPair(src, dst)
	}
	if a, err := netip.ParseAddr(name); err == nil {
		return o.findHost(a)
	}
	if n, err := strconv.ParseInt(strings.TrimPrefix(name, "#"), 10, 64); err == nil && !isID(name) {
		return o.findAlert(n)
	}
	if isID(name) {
		return o.findFinding(name)
	}
	return nil, fmt.Errorf("%q: %w", name, ErrSubject)
}

// cut parts a pair.
func cut(name string) (src, dst string, ok bool) {
	for _, sep := range []string{"->", ","} {
		if src, dst, ok := strings.Cut(name, sep); ok {
			return strings.TrimSpace(src), strings.TrimSpace(dst), true
		}
	}
	return "", "", false
}

// isID tells whether name looks like the id of a finding.
func isID(name string) bool {
	if len(name) != 16 {
		return false
	}
	_, err := strconv.ParseUint(name, 16, 64)
	return err == nil
}

func (o *Outputs) findAlert(n int64) (*Subject, error) {
	t := o.Tables[alertsTable]
	if t == nil {
		return nil, &NotFoundError{What: fmt.Sprintf("alert %d: no alerts.arrow is there", n), Hint: "make it by toolkit detect INPUT"}
	}
	if o.alertColumns() == nil {
		return nil, errors.New("alerts.arrow does not have the columns of alerts: make it again by toolkit detect INPUT")
	}
	if n < 0 || n >= int64(t.Len()) {
		e := &NotFoundError{What: "alert " + strconv.FormatInt(n, 10)}
		switch t.Len() {
		case 0:
			e.Hint = "the detectors found nothing"
		default:
			e.Hint = fmt.Sprintf("alerts.arrow has rows 0 to %d", t.Len()-1)
		}
		return nil, e
	}
	return o.alertSubject(int(n)), nil
}

func (o *Outputs) alertSubject(n int) *Subject {
	t := o.Tables[alertsTable]
	s := &Subject{Kind: AlertKind, Alert: &n}
	if c := text(t, "src_ip"); c != nil {
		s.Src = c.String(n)
	}
	if c := text(t, "dst_ip"); c != nil {
		s.Dst = c.String(n)
	}
	return s
}

// findFinding looks for the alert that a finding of watch begins with. Its id
// is made of the protocol too, which alerts.arrow does not have.
func (o *Outputs) findFinding(id string) (*Subject, error) {
	t := o.Tables[alertsTable]
	if t == nil {
		return nil, &NotFoundError{What: "finding " + id + ": no alerts.arrow is there", Hint: "make it by toolkit detect INPUT"}
	}
	detector, kind, start := text(t, "detector"), text(t, "kind"), moments(t, "start")
	src, dst, port := text(t, "src_ip"), text(t, "dst_ip"), numeric(t, "dst_port")
	for i := range t.Len() {
		if detector == nil || kind == nil || start == nil || src == nil || dst == nil {
			break
		}
		f := &findings.Finding{Detector: detector.String(i), Kind: kind.String(i), First: microseconds(start.Ints[i])}
		f.Subject.Src, _ = netip.ParseAddr(src.String(i))
		f.Subject.Dst, _ = netip.ParseAddr(dst.String(i))
		f.Subject.DstPort = uint16(at(port, i))
		for p := range 256 {
			if f.Subject.Proto = flow.Proto(p); findings.IDOf(f) == id {
				return o.alertSubject(i), nil
			}
		}
	}
	return nil, &NotFoundError{What: "alert in alerts.arrow that finding " + id + " begins with", Hint: "name its address, or a row of alerts.arrow"}
}

// ends returns the columns of addresses of all tables, in which an address
// can be looked up.
func (o *Outputs) ends() []*features.Column {
	var cs []*features.Column
	for _, name := range []string{features.HostsTable, features.PairsTable, tuplesTable, alertsTable} {
		for _, column := range []string{"ip", "src_ip", "dst_ip"} {
			if c := text(o.Tables[name], column); c != nil {
				cs = append(cs, c)
			}
		}
	}
	return cs
}

func (o *Outputs) findHost(a netip.Addr) (*Subject, error) {
	name := a.Unmap().String()
	known := map[string]bool{}
	for _, c := range o.ends() {
		if c.Name == "ip" || len(known) == 0 || !known[name] {
			for _, s := range c.Dict {
				known[s] = true
			}
		}
		if known[name] {
			return &Subject{Kind: HostKind, Src: name}, nil
		}
	}
	e := &NotFoundError{What: "address " + name, Nearest: nearestAddresses(a.Unmap(), known)}
	if len(known) == 0 {
		e.Hint = "there are no tables of records: make them by toolkit extract INPUT"
	}
	return nil, e
}

// nearestAddresses returns those that have the longest prefix in common with
// a, and among these the nearest by number.
func nearestAddresses(a netip.Addr, known map[string]bool) []string {
	type candidate struct {
		addr   netip.Addr
		common int
		before bool
	}
	var all []candidate
	for s := range known {
		b, err := netip.ParseAddr(s)
		if err != nil || b.BitLen() != a.BitLen() {
			continue
		}
		common := 0
		for common < a.BitLen() {
			p, _ := a.Prefix(common + 1)
			if !p.Contains(b) {
				break
			}
			common++
		}
		all = append(all, candidate{b, common, b.Less(a)})
	}
	slices.SortFunc(all, func(p, q candidate) int {
		order := p.addr.Compare(q.addr)
		if p.before && q.before {
			order = -order
		}
		return cmp.Or(cmp.Compare(q.common, p.common), order)
	})
	var names []string
	for _, c := range all[:min(len(all), nearestSaid)] {
		names = append(names, c.addr.String())
	}
	return names
}

func (o *Outputs) findPair(src, dst string) (*Subject, error) {
	var names [2]string
	for i, s := range []string{src, dst} {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", src+","+dst, ErrSubject)
		}
		names[i] = a.Unmap().String()
		if _, err := o.findHost(a); err != nil {
			return nil, err
		}
	}
	s := &Subject{Kind: PairKind, Src: names[0], Dst: names[1]}
	t := o.Tables[features.PairsTable]
	if t == nil {
		return nil, &NotFoundError{What: "pair " + s.String() + ": no ip_pairs.arrow is there", Hint: "make it by toolkit extract INPUT"}
	}
	if len(o.rowsOf(s, features.PairsTable)) > 0 {
		return s, nil
	}
	e := &NotFoundError{What: "record from " + names[0] + " to " + names[1]}
	if len(o.rowsOf(&Subject{Kind: PairKind, Src: names[1], Dst: names[0]}, features.PairsTable)) > 0 {
		e.Hint = fmt.Sprintf("there are some the other way: %s,%s", names[1], names[0])
		return nil, e
	}
	var peers []string
	for _, p := range o.peers(s.Src, nil) {
		if len(peers) < nearestSaid {
			peers = append(peers, p.Name)
		}
	}
	if len(peers) > 0 {
		e.Hint = fmt.Sprintf("%s has most records to %s", names[0], prose.List(peers))
	} else {
		e.Hint = names[0] + " is the source of none"
	}
	return nil, e
}

// rowsOf returns the rows of a table that are of the subject: for an alert
// those of its records, for a host those of which it is the source, or, in
// hosts, the address.
func (o *Outputs) rowsOf(s *Subject, table string) []int {
	t := o.Tables[table]
	if t == nil {
		return nil
	}
	if s.Kind == AlertKind {
		return o.alertRows(*s.Alert, table)
	}
	if table == features.HostsTable {
		if s.Kind == PairKind {
			return nil // a row of hosts is of all that an address does
		}
		return rowsWith(text(t, "ip"), s.Src, nil, "")
	}
	if s.Kind == PairKind {
		return rowsWith(text(t, "src_ip"), s.Src, text(t, "dst_ip"), s.Dst)
	}
	return rowsWith(text(t, "src_ip"), s.Src, nil, "")
}

// rowsWith returns the rows in which a has the word x and, unless it is nil, b
// the word y.
func rowsWith(a *features.Column, x string, b *features.Column, y string) []int {
	p, ok := code(a, x)
	if !ok {
		return nil
	}
	q, ok := code(b, y)
	if b != nil && !ok {
		return nil
	}
	var rows []int
	for i, c := range a.Codes {
		if c == p && !a.IsNull(i) && (b == nil || b.Codes[i] == q && !b.IsNull(i)) {
			rows = append(rows, i)
		}
	}
	return rows
}

// alertRows returns the rows of a table that the records of an alert are part
// of, ascending.
func (o *Outputs) alertRows(alert int, table string) []int {
	records := o.Tables[features.RecordsTable]
	number, row := numeric(records, "record"), numeric(records, table)
	if number == nil || row == nil {
		return nil
	}
	var rows []int
	for _, r := range lists(o.Tables[alertsTable].Column("records"), alert) {
		if k, ok := slices.BinarySearch(number.Ints, r); ok && !row.IsNull(k) {
			rows = append(rows, int(row.Ints[k]))
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

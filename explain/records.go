package explain

import (
	"cmp"
	"slices"
	"time"

	"toolkit/features"
)

// Records are those behind a subject, the most accused first.
type Records struct {
	Total int       `json:"total"`
	List  []*Record `json:"records"`
	Note  string    `json:"note,omitempty"` // why they could not be read again
}

// A Record is what is known of a record by its number, and what the input
// says of it, if it was read again.
type Record struct {
	Number   int64  `json:"record"`
	Accusers int    `json:"accusers"` // methods that flag a row of it, and detectors
	Trust    Number `json:"trust"`
	Label    string `json:"label,omitempty"`
	Src      string `json:"src_ip"`
	Dst      string `json:"dst_ip"`
	Line     *Line  `json:"line,omitempty"`
}

// A Line is a record as the input has it.
type Line struct {
	Time      time.Time `json:"time"`
	Proto     string    `json:"proto"`
	State     string    `json:"state"`
	SrcPort   uint16    `json:"src_port"`
	DstPort   uint16    `json:"dst_port"`
	BytesUp   int64     `json:"bytes_up"`
	BytesDown int64     `json:"bytes_dw"`
}

// records returns the records behind a subject: of an alert those it names,
// of a host or a pair those that it is the source of. Those of the highest
// trust, then those with most accusers come first.
func (o *Outputs) records(s *Subject, opt Options) *Records {
	t, pairs := o.Tables[features.RecordsTable], o.Tables[features.PairsTable]
	number, row := numeric(t, "record"), numeric(t, features.PairsTable)
	src, dst := text(pairs, "src_ip"), text(pairs, "dst_ip")
	if number == nil || row == nil || src == nil || dst == nil {
		return nil
	}
	mine := map[int]bool{}
	if s.Kind == AlertKind {
		for _, r := range lists(o.Tables[alertsTable].Column("records"), *s.Alert) {
			if k, ok := slices.BinarySearch(number.Ints, r); ok {
				mine[k] = true
			}
		}
	} else {
		of := map[int64]bool{}
		for _, i := range o.rowsOf(s, features.PairsTable) {
			of[int64(i)] = true
		}
		for k := range row.Len() {
			if !row.IsNull(k) && of[row.Ints[k]] {
				mine[k] = true
			}
		}
	}
	accusers := o.accusers(t, number, mine)
	label := text(t, "label")
	trust, trusted := numeric(o.Tables[trustTable], trustColumn), numeric(o.Tables[trustTable], "record")
	out := &Records{Total: len(mine), List: []*Record{}}
	for k := range mine {
		r := &Record{Number: number.Ints[k], Accusers: accusers[k], Trust: nan}
		if label != nil {
			r.Label = label.String(k)
		}
		if !row.IsNull(k) {
			r.Src, r.Dst = src.String(int(row.Ints[k])), dst.String(int(row.Ints[k]))
		}
		if trust != nil && trusted != nil {
			if i, ok := slices.BinarySearch(trusted.Ints, r.Number); ok {
				r.Trust = Number(trust.Float(i))
			}
		}
		out.List = append(out.List, r)
	}
	slices.SortFunc(out.List, func(a, b *Record) int {
		return cmp.Or(cmp.Compare(b.Trust, a.Trust), cmp.Compare(b.Accusers, a.Accusers), cmp.Compare(a.Number, b.Number))
	})
	if opt.Limit > 0 {
		out.List = out.List[:min(len(out.List), opt.Limit)]
	}
	return out
}

// accusers counts for each of the rows of records the methods that flag a row
// that it is part of, and the detectors that accuse it.
func (o *Outputs) accusers(t *features.Table, number *features.Column, mine map[int]bool) map[int]int {
	count := make(map[int]int, len(mine))
	for _, table := range rowTables {
		row := numeric(t, table)
		if row == nil {
			continue
		}
		for _, m := range o.methods(table, nil) {
			for k := range mine {
				if !row.IsNull(k) && m.flags(int(row.Ints[k])) {
					count[k]++
				}
			}
		}
	}
	c := o.alertColumns()
	if c == nil {
		return count
	}
	type accusation struct {
		detector uint32
		k        int
	}
	seen := map[accusation]bool{}
	for i := range c.t.Len() {
		for _, r := range lists(c.records, i) {
			k, ok := slices.BinarySearch(number.Ints, r)
			if a := (accusation{c.detector.Codes[i], k}); ok && mine[k] && !seen[a] {
				seen[a] = true
				count[k]++
			}
		}
	}
	return count
}

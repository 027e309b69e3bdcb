package explain

import (
	"cmp"
	"slices"
	"strings"

	"toolkit/features"
)

// Trust is the probability, by all methods together, that a subject is
// anomalous.
type Trust struct {
	Trust      Number  `json:"trust"`
	Percentile Number  `json:"percentile"`       // share of the hosts, pairs or records with a lower one, and half of those equal
	Of         string  `json:"of"`               // hosts, pairs or records: what it is compared with
	Record     *int64  `json:"record,omitempty"` // of an alert, that of its records with the highest
	Rule       string  `json:"rule,omitempty"`
	Shares     []Share `json:"shares"` // of methods, the largest first
}

// A Share is a method's part in a trust.
type Share struct {
	Name  string `json:"method"`
	Share Number `json:"share"`
}

// Columns of the tables of trust.
const (
	trustColumn = "trust"
	shareColumn = "share_" // before the name of a method
)

// trust returns what the tables of trust say of the subject, nil if there are
// none.
func (o *Outputs) trust(s *Subject) *Trust {
	var t *features.Table
	var rows []int
	of := ""
	switch s.Kind {
	case HostKind:
		t, of = o.Tables[trustTable+"_"+features.HostsTable], "hosts"
		rows = rowsWith(text(t, "ip"), s.Src, nil, "")
	case PairKind:
		t, of = o.Tables[trustTable+"_"+features.PairsTable], "pairs"
		rows = rowsWith(text(t, "src_ip"), s.Src, text(t, "dst_ip"), s.Dst)
	default:
		t, of = o.Tables[trustTable], "records"
		rows = trustRows(t, lists(o.Tables[alertsTable].Column("records"), *s.Alert))
	}
	p := numeric(t, trustColumn)
	if p == nil || len(rows) == 0 {
		return nil
	}
	row := rows[0]
	for _, i := range rows {
		if p.Float(i) > p.Float(row) {
			row = i
		}
	}
	out := &Trust{Trust: Number(p.Float(row)), Percentile: Number(o.common(t, p).Rank(p.Float(row))), Of: of, Rule: t.Meta["rule"], Shares: []Share{}}
	if c := numeric(t, "record"); c != nil {
		out.Record = &c.Ints[row]
	}
	for _, c := range t.Columns {
		if name, ok := strings.CutPrefix(c.Name, shareColumn); ok && c.Numeric() && c.Float(row) > 0 {
			out.Shares = append(out.Shares, Share{name, Number(c.Float(row))})
		}
	}
	slices.SortStableFunc(out.Shares, func(a, b Share) int { return cmp.Compare(b.Share, a.Share) })
	return out
}

// trustRows returns the rows of trust of the records of those numbers.
func trustRows(t *features.Table, records []int64) []int {
	number := numeric(t, "record")
	if number == nil {
		return nil
	}
	var rows []int
	for _, r := range records {
		if k, ok := slices.BinarySearch(number.Ints, r); ok {
			rows = append(rows, k)
		}
	}
	return rows
}

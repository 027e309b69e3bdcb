package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/evaluate"
	"toolkit/explain"
	"toolkit/features"
	"toolkit/internal/run"
)

// An Input is what a report is made of: the files of a directory of outputs,
// loaded. Any part may be missing; the report then says what makes it.
type Input struct {
	Title, Version string

	// Tables are the tables by the names of their files without ".arrow":
	// flow_tuples, flow_tuples.dbscan, flow_tuples.dbscan.kdistance, alerts …
	Tables map[string]*features.Table

	Evaluation *evaluate.Evaluation
	Manifest   *run.Manifest

	// Explain says why an algorithm judged a row of a table as it did: nil if
	// it cannot. Only the columns and weights of its reasons are used, since
	// their values may be scaled.
	Explain func(table, algorithm string, row int) []algo.Reason

	Algorithms []*algo.Algorithm  // in the order to show them in
	Detectors  []*detect.Detector // likewise
}

// Build makes the report. It reads all rows of the tables a few times and
// keeps some 20 bytes a row; it changes nothing of in.
func Build(in *Input) *Report {
	b := newBuilder(in)
	r := &Report{Title: cmp.Or(in.Title, "Flow records"), Subtitle: b.readLine(), Version: in.Version}
	for _, h := range b.hosts {
		r.Hosts = append(r.Hosts, Host{h.name, h.share, h.by})
	}
	for _, section := range []func() *Section{
		b.summary, b.trust, b.input, b.tables, b.methods, b.sweeps, b.detectors, b.agreement, b.strangest, b.cards, b.overTimeSection, b.provenance,
	} {
		if s := section(); s != nil {
			r.Sections = append(r.Sections, s)
		}
	}
	return r
}

// A builder holds what several sections need.
type builder struct {
	in      *Input
	names   []string                     // of the tables that results are of, in order
	results []*result                    // by table, then algorithm
	ranks   map[string]*ranking          // by table
	common  map[string]*explain.Ordinary // by table and column
	hosts   []*host                      // the strangest first
	sum     *traffic                     // nil if there are no flow tuples
	alerts  *findings                    // nil if there are none

	cardIDs map[string]string // of the cards of hosts

	flagging int // methods that flag any record, of those that hosts are ranked by
	ids      map[string]int
}

// A result is what an algorithm said of the rows of a table.
type result struct {
	table, algo string
	t           *features.Table
	rows        *features.Table // the table itself; nil if it is not there
	label       *features.Column
	score       *features.Column
	anomaly     *features.Column
	weight      *features.Column
	groups      *clusterGroups // worked out once
}

// name is what evaluations call the method.
func (r *result) name() string { return r.table + "." + r.algo }

// w returns how many samples row i stands for.
func (r *result) w(i int) float64 {
	if r.weight == nil {
		return 1
	}
	return r.weight.Float(i)
}

// flags tells whether row i is called anomalous.
func (r *result) flags(i int) bool {
	return r.anomaly != nil && !r.anomaly.IsNull(i) && r.anomaly.Ints[i] != 0
}

// part returns a table of the result, such as elbow; nil if it is not there.
func (b *builder) part(r *result, name string) *features.Table {
	return b.in.Tables[r.table+"."+r.algo+"."+name]
}

func newBuilder(in *Input) *builder {
	b := &builder{in: in, ranks: map[string]*ranking{}, common: map[string]*explain.Ordinary{}, ids: map[string]int{}}
	place := map[string]int{"flow_tuples": -4, "ip_pairs": -3, "hosts": -2, "batches": -1}
	for i, a := range in.Algorithms {
		place["."+a.Name] = i - len(in.Algorithms)
	}
	byPlace := func(prefix string) func(a, c string) int {
		return func(a, c string) int {
			return cmp.Or(cmp.Compare(place[prefix+a], place[prefix+c]), cmp.Compare(a, c))
		}
	}
	algos := map[string][]string{}
	for key := range in.Tables {
		table, rest, found := strings.Cut(key, ".")
		if _, seen := algos[table]; !seen && !slices.Contains([]string{"records", "alerts", "alert_counts", "port_stats", "trust", "trust_ip_pairs", "trust_hosts", "trust_windows", "trust_reliability"}, table) {
			algos[table] = nil
		}
		if found && !strings.Contains(rest, ".") && rest != "model" && rest != "sweep" {
			algos[table] = append(algos[table], rest)
		}
	}
	b.names = slices.SortedFunc(maps.Keys(algos), byPlace(""))
	for _, table := range b.names {
		slices.SortFunc(algos[table], byPlace("."))
		for _, name := range algos[table] {
			t := in.Tables[table+"."+name]
			r := &result{table: table, algo: name, t: t, rows: in.Tables[table],
				label: t.Column("label"), score: numeric(t, "score"), anomaly: t.Column("anomaly"), weight: weightOf(t)}
			if r.rows != nil && r.rows.Len() != t.Len() {
				r.rows = nil // of another run: it says nothing of these rows
			}
			if r.weight == nil && r.rows != nil {
				r.weight = weightOf(r.rows)
			}
			if r.label != nil && r.label.Type != features.Int {
				r.label = nil
			}
			if r.anomaly != nil && r.anomaly.Type != features.Bool {
				r.anomaly = nil
			}
			b.results = append(b.results, r)
		}
	}
	b.sum = b.traffic()
	b.alerts = b.findings()
	b.rankHosts()
	b.nameCards()
	return b
}

// id returns a slug of the parts that no other part of the report has.
func (b *builder) id(parts ...string) string {
	s := slug(parts...)
	b.ids[s]++
	if n := b.ids[s]; n > 1 {
		s += "--" + strconv.Itoa(n)
	}
	return s
}

// of returns the results of a table that keep accepts.
func (b *builder) of(table string, keep func(*result) bool) []*result {
	var rs []*result
	for _, r := range b.results {
		if r.table == table && keep(r) {
			rs = append(rs, r)
		}
	}
	return rs
}

func judges(r *result) bool { return r.score != nil || r.anomaly != nil }

// table returns the named table, nil if it is not there or has no rows.
func (b *builder) table(name string) *features.Table {
	if t := b.in.Tables[name]; t != nil && t.Len() > 0 {
		return t
	}
	return nil
}

// title returns what an algorithm is called in prose.
func (b *builder) title(name string) string {
	for _, a := range b.in.Algorithms {
		if a.Name == name {
			return a.Title()
		}
	}
	return name
}

func numeric(t *features.Table, name string) *features.Column {
	if c := t.Column(name); c != nil && c.Numeric() {
		return c
	}
	return nil
}

// words returns the named column if it holds text.
func words(t *features.Table, name string) *features.Column {
	if c := t.Column(name); c != nil && c.Type == features.Text {
		return c
	}
	return nil
}

func weightOf(t *features.Table) *features.Column {
	for _, c := range t.Columns {
		if c.Role == features.Weight {
			return c
		}
	}
	return nil
}

// samples returns how many samples the rows of t stand for.
func samples(t *features.Table) float64 {
	w := weightOf(t)
	if w == nil {
		return float64(t.Len())
	}
	var sum float64
	for i := range t.Len() {
		sum += w.Float(i)
	}
	return sum
}

// made says with which columns, scale and parameters a result was made.
func made(t *features.Table) string {
	var parts []string
	if f := t.Meta["features"]; f != "" {
		names := strings.Split(f, ",")
		if len(names) > 8 {
			parts = append(parts, fmt.Sprintf("%d columns", len(names)))
		} else {
			parts = append(parts, "columns "+list(names))
		}
	}
	if s := t.Meta["scale"]; s != "" {
		parts = append(parts, "scale "+s)
	}
	for _, k := range slices.Sorted(maps.Keys(t.Meta)) {
		if name, ok := strings.CutPrefix(k, "param."); ok && t.Meta[k] != "" && t.Meta[k] != "false" && !slices.Contains([]string{"features", "scale", "threshold", "contamination", "risk", "internal-scores", "keep-constant"}, name) {
			parts = append(parts, name+" "+t.Meta[k])
		}
	}
	return strings.Join(parts, "; ")
}

// sentence joins what there is of parts by blanks, each ended by a full stop.
func sentence(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			if !strings.HasSuffix(p, ".") {
				p += "."
			}
			out = append(out, p)
		}
	}
	return strings.Join(out, " ")
}

package reports

import (
	"cmp"
	"math"
	"slices"

	"toolkit/explain"
	"toolkit/features"
)

// A ranking says how strange the rows of a table are, over all methods that
// judged them.
type ranking struct {
	methods []*result
	flags   []uint8   // how many methods call the row anomalous
	mean    []float64 // mean over the methods of the share of samples that are less strange
}

// ranking returns that of a table, nil if nothing judged it. A row's place by
// one method is the share of the samples with a lower score, and half of
// those with the same; a method without scores has two, flagged and not.
func (b *builder) ranking(table string) *ranking {
	if r, ok := b.ranks[table]; ok {
		return r
	}
	b.ranks[table] = nil
	t := b.table(table)
	if t == nil {
		return nil
	}
	k := &ranking{flags: make([]uint8, t.Len()), mean: make([]float64, t.Len())}
	judged := make([]uint8, t.Len())
	for _, r := range b.of(table, judges) {
		if r.rows == nil {
			continue
		}
		c := r.score
		if c == nil {
			c = r.anomaly
		}
		o := explain.OrdinaryOf(c, r.weight, nil)
		if len(o.Values) < 2 {
			continue // it tells nothing apart
		}
		k.methods = append(k.methods, r)
		for i := range t.Len() {
			if v := c.Float(i); finite(v) {
				k.mean[i] += o.Rank(v)
				judged[i]++
			}
			if r.flags(i) {
				k.flags[i]++
			}
		}
	}
	if k.methods == nil {
		return nil
	}
	for i, n := range judged {
		if n > 0 {
			k.mean[i] /= float64(n)
		}
	}
	b.ranks[table] = k
	return k
}

// compare orders rows by strangeness, the strangest first.
func (k *ranking) compare(i, j int) int {
	return cmp.Or(cmp.Compare(k.flags[j], k.flags[i]), cmp.Compare(k.mean[j], k.mean[i]), cmp.Compare(i, j))
}

// by returns the names of the methods that call row i anomalous.
func (k *ranking) by(i int) []string {
	var names []string
	for _, r := range k.methods {
		if r.flags(i) {
			names = append(names, r.algo)
		}
	}
	return names
}

// strangest returns the n strangest of the rows, one for each group of of.
// If of is nil each row is its own group.
func (k *ranking) strangest(n int, of func(i int) string) []int {
	best := map[string]int{}
	var rows []int
	for i := range k.flags {
		if of == nil {
			rows = append(rows, i)
			continue
		}
		if j, ok := best[of(i)]; !ok || k.compare(i, j) < 0 {
			best[of(i)] = i
		}
	}
	for _, i := range best {
		rows = append(rows, i)
	}
	slices.SortFunc(rows, k.compare)
	return rows[:min(n, len(rows))]
}

// rowTables are the tables whose rows are ranked, in which a row has a source.
var rowTables = []string{"flow_tuples", "ip_pairs", features.HostsTable}

// sourceOf returns the column of the address that sent the records of a row,
// nil if there is none.
func sourceOf(t *features.Table) *features.Column {
	if c := words(t, "src_ip"); c != nil {
		return c
	}
	return words(t, "ip")
}

// A host is a source address and what was found of it.
type host struct {
	name    string
	records float64
	flagged []float64 // records of it that each method flags
	share   float64   // mean over the methods of its share in what they flag
	by      []string  // the methods that flag any
}

// rankHosts gathers for each source address how many of its records each
// method flags. Methods that flag much do not outweigh those that flag
// little: each counts by the shares of hosts in what it flags.
func (b *builder) rankHosts() {
	hosts := map[string]*host{}
	get := func(name string) *host {
		if hosts[name] == nil {
			hosts[name] = &host{name: name}
		}
		return hosts[name]
	}
	var methods []string
	var totals []float64
	begin := func(name string) {
		methods, totals = append(methods, name), append(totals, 0)
	}
	add := func(name string, n float64) {
		h := get(name)
		for len(h.flagged) < len(methods) {
			h.flagged = append(h.flagged, 0)
		}
		h.flagged[len(methods)-1] += n
		totals[len(methods)-1] += n
	}
	for _, table := range rowTables {
		t := b.table(table)
		if t == nil || sourceOf(t) == nil || numeric(t, "num_conns") == nil {
			continue
		}
		src, conns := sourceOf(t), numeric(t, "num_conns")
		if len(hosts) == 0 { // once: each of the tables holds all records
			for i := range t.Len() {
				get(src.String(i)).records += conns.Float(i)
			}
		}
		for _, r := range b.of(table, judges) {
			if r.anomaly == nil || r.rows == nil {
				continue
			}
			begin(r.name())
			for i := range t.Len() {
				if r.flags(i) {
					add(src.String(i), conns.Float(i))
				}
			}
		}
	}
	b.alertedHosts(begin, add)
	for _, n := range totals {
		if n > 0 {
			b.flagging++
		}
	}
	for _, h := range hosts {
		for m := range methods {
			if m < len(h.flagged) && h.flagged[m] > 0 {
				h.share += h.flagged[m] / totals[m]
				h.by = append(h.by, methods[m])
			}
		}
		h.share /= math.Max(1, float64(b.flagging))
		if h.share > 0 {
			b.hosts = append(b.hosts, h)
		}
	}
	slices.SortFunc(b.hosts, func(p, q *host) int {
		return cmp.Or(cmp.Compare(q.share, p.share), cmp.Compare(p.name, q.name))
	})
}

// alertedHosts counts the records of each source address in the alerts of
// each detector, each record once.
func (b *builder) alertedHosts(begin func(string), add func(string, float64)) {
	f := b.alerts
	if f == nil || f.src == nil || f.records == nil {
		return
	}
	for _, name := range f.names {
		begin(name)
		seen := map[int64]bool{}
		for _, i := range f.by[name] {
			src := cellText(f.src, i)
			if src == "" {
				continue
			}
			lo, hi := f.records.Span(i)
			n := 0
			for _, r := range f.records.Items[0].Ints[lo:hi] {
				if !seen[r] {
					seen[r] = true
					n++
				}
			}
			if n > 0 {
				add(src, float64(n))
			}
		}
	}
}

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"toolkit/ensemble"
	"toolkit/evaluate"
	"toolkit/features"
	runlog "toolkit/internal/run"
)

// The tables of trust, and their column of it.
const (
	trustTable      = "trust"
	trustPairs      = "trust_ip_pairs"
	trustHosts      = "trust_hosts"
	trustWindows    = "trust_windows"
	trustBins       = "trust_reliability"
	trustColumn     = "trust"
	shareColumn     = "share_" // before the name of a method
	hostsNamed      = 5
	methodsNamed    = 3
	methodsNamedMin = 0.05
)

const trustDoc = "Probability of being anomalous, by all methods together."

func trustField(doc string) features.Field {
	return features.Field{Name: trustColumn, Type: features.Float, Unit: features.Ratio, Role: features.Outcome, Doc: doc}
}

// shares returns a column for each method.
func shares(methods []string, share [][]float32) []*features.Column {
	var cs []*features.Column
	for m, name := range methods {
		c := &features.Column{Field: features.Field{Name: shareColumn + name, Type: features.Float, Unit: features.Ratio, Role: features.Outcome,
			Doc: "Share of " + name + " in the trust: the shares of all methods sum to 1."}, Floats: make([]float64, len(share[m]))}
		for i, s := range share[m] {
			c.Floats[i] = float64(s)
		}
		cs = append(cs, c)
	}
	return cs
}

// recordsTrust is the trust of each record.
func recordsTrust(t *ensemble.Trust, records *features.Table) *features.Table {
	anomaly := &features.Column{Field: features.Field{Name: anomalyColumn, Type: features.Bool, Role: features.Outcome, Doc: "The record is flagged; metadata rule says from which trust on."}}
	for i := range t.P {
		anomaly.Ints = append(anomaly.Ints, bit(t.Flagged(i)))
	}
	return &features.Table{Name: trustTable, Columns: append([]*features.Column{
		records.Column("record"), {Field: trustField(trustDoc), Floats: t.P}, anomaly,
	}, shares(t.Methods, t.Share)...)}
}

// rolled returns the columns of trust that is rolled up, of the groups in
// order.
func rolled(t *ensemble.Trust, r *ensemble.Rolled, order []int) []*features.Column {
	whole := func(name, doc string, v []int64) *features.Column {
		return (&features.Column{Field: features.Field{Name: name, Type: features.Int, Unit: features.Count, Role: features.Outcome, Doc: doc}, Ints: v}).Take(order)
	}
	cs := []*features.Column{
		(&features.Column{Field: trustField(trustDoc + " Of each method the most that it says of any one record counts, and different methods add up."), Floats: r.P}).Take(order),
		(&features.Column{Field: features.Field{Name: "max_trust", Type: features.Float, Unit: features.Ratio, Role: features.Outcome, Doc: "Highest trust of a record."}, Floats: r.Highest}).Take(order),
		whole("num_conns", "Records.", r.Records),
		whole("anomalies", "Records that are flagged.", r.Flagged),
	}
	for _, c := range shares(t.Methods, r.Share) {
		cs = append(cs, c.Take(order))
	}
	return cs
}

// pairsTrust is the trust of each pair of addresses, in the order of ip_pairs.
func pairsTrust(t *ensemble.Trust, rec *evaluate.Records, records, pairs *features.Table) *features.Table {
	n := 0
	for _, p := range rec.Pair {
		n = max(n, int(p)+1)
	}
	row := make([]int, n) // of ip_pairs, the first of each pair
	for i := range row {
		row[i] = pairs.Len()
	}
	for i, at := range records.Column(features.PairsTable).Ints {
		row[rec.Pair[i]] = min(row[rec.Pair[i]], int(at))
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(row[a], row[b]) })
	rows := make([]int, n)
	for k, p := range order {
		rows[k] = row[p]
	}
	out := &features.Table{Name: trustPairs}
	for _, name := range []string{"src_ip", "dst_ip"} {
		out.Columns = append(out.Columns, pairs.Column(name).Take(rows))
	}
	out.Columns = append(out.Columns, rolled(t, t.Roll(rec.Pair, n), order)...)
	return out
}

// hostsTrust is the trust of each source address, the addresses in order.
func hostsTrust(t *ensemble.Trust, rec *evaluate.Records, pairs *features.Table) *features.Table {
	src := pairs.Column("src_ip")
	number := make([]int32, len(src.Dict)) // of each source, from 0 in the order of ip_pairs
	for i := range number {
		number[i] = -1
	}
	var rows, order []int
	for i, code := range src.Codes {
		if number[code] < 0 {
			number[code] = int32(len(rows))
			order = append(order, len(rows))
			rows = append(rows, i)
		}
	}
	group := make([]int32, len(rec.Host))
	for i, code := range rec.Host {
		group[i] = number[code]
	}
	ip := src.Take(rows)
	ip.Name, ip.Doc = "ip", "Source address: what others send to it is not held against it."
	return &features.Table{Name: trustHosts, Columns: append([]*features.Column{ip}, rolled(t, t.Roll(group, len(rows)), order)...)}
}

// windowsTrust is the trust of each window of the batches, nil if a record is in
// none of them, as the last of the seed's windows are.
func windowsTrust(t *ensemble.Trust, records, batches *features.Table) *features.Table {
	row := records.Column(features.BatchesTable)
	group := make([]int32, row.Len())
	for i := range group {
		if row.IsNull(i) {
			return nil
		}
		group[i] = int32(row.Ints[i])
	}
	order := make([]int, batches.Len())
	for i := range order {
		order[i] = i
	}
	return &features.Table{Name: trustWindows, Columns: append([]*features.Column{batches.Column("window_start")}, rolled(t, t.Roll(group, len(order)), order)...)}
}

// reliability is the bins of a reliability diagram.
func reliability(bins []ensemble.Bin) *features.Table {
	column := func(name, doc string, of func(ensemble.Bin) float64) *features.Column {
		c := &features.Column{Field: features.Field{Name: name, Type: features.Float, Unit: features.Ratio, Role: features.Outcome, Doc: doc}}
		for _, b := range bins {
			c.Floats = append(c.Floats, of(b))
		}
		return c
	}
	n := &features.Column{Field: features.Field{Name: "records", Type: features.Int, Unit: features.Count, Role: features.Outcome, Doc: "Records with such a trust."}}
	for _, b := range bins {
		n.Ints = append(n.Ints, b.Records)
	}
	low := column("low", "Least trust of the bin.", func(b ensemble.Bin) float64 { return b.Low })
	low.Role = features.Key
	return &features.Table{Name: trustBins, Columns: []*features.Column{
		low, column("high", "Trust that it ends before.", func(b ensemble.Bin) float64 { return b.High }), n,
		column("mean", "Mean trust.", func(b ensemble.Bin) float64 { return b.Mean }),
		column("observed", "Share of the records that are anomalous by their labels.", func(b ensemble.Bin) float64 { return b.Observed }),
	}}
}

// topHosts returns the hosts of the highest trust.
func topHosts(t *features.Table, methods []string) []trustHost {
	order := make([]int, t.Len())
	for i := range order {
		order[i] = i
	}
	p := t.Column(trustColumn).Floats
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	var out []trustHost
	for _, i := range order[:min(hostsNamed, len(order))] {
		type part struct {
			name  string
			share float64
		}
		var parts []part
		for _, m := range methods {
			if s := t.Column(shareColumn + m).Floats[i]; s >= methodsNamedMin {
				parts = append(parts, part{m, s})
			}
		}
		slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.share, a.share) })
		var by []string
		for _, q := range parts[:min(methodsNamed, len(parts))] {
			by = append(by, fmt.Sprintf("%s %.0f%%", q.name, 100*q.share))
		}
		out = append(out, trustHost{t.Column("ip").String(i), p[i], strings.Join(by, ", ")})
	}
	return out
}

// trust returns the trust of records that was made of these files, nil if
// there is none.
func (a *app) trust(dir *runlog.Dir, of []runlog.File) (*features.Table, runlog.File, error) {
	if _, ok := dir.Output(trustTable); !ok {
		return nil, runlog.File{}, nil
	}
	t, file, err := a.table(dir, trustTable)
	if err != nil {
		return nil, file, err
	}
	for i, f := range of {
		if t.Meta[fmt.Sprintf("input.%d.sha256", i)] != f.SHA256 {
			a.warn("trust.arrow is of other results than those that are there; make it again by toolkit ensemble")
			return nil, file, nil
		}
	}
	return t, file, nil
}

// trustView is what trust says of the records.
func trustView(t *features.Table) evaluate.View {
	v := evaluate.View{Name: trustTable, Rule: t.Meta["rule"], Learned: t.Meta[learnedMeta] != "", Score: t.Column(trustColumn).Floats}
	for _, x := range t.Column(anomalyColumn).Ints {
		v.Flagged = append(v.Flagged, x != 0)
	}
	return v
}

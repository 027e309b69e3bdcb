package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"toolkit/explain"
	"toolkit/features"
)

const (
	gridTimes = 96 // columns of a grid over time at most
	gridHosts = 20 // rows
	driftSpan = 8  // spans of time that features are compared over
	driftRows = 20 // features shown
)

// startOf returns the column that says when a row of a table begins, nil if
// none does.
func startOf(t *features.Table) *features.Column {
	for _, name := range []string{"ts", "time_first_seen", "window_start"} {
		if c := t.Column(name); c != nil && c.Type == features.Time {
			return c
		}
	}
	return nil
}

// clock returns bins over the time of the records, false if it isn't known.
func (b *builder) clock() (clock, bool) {
	if b.sum == nil || !b.sum.timed {
		return clock{}, false
	}
	return clockOf(b.sum.first, b.sum.last, gridTimes), true
}

// alertRate draws the share of each moment's records that each method flags.
func (b *builder) alertRate() *Figure {
	c, ok := b.clock()
	if !ok {
		return nil
	}
	g := &Grid{Row: "method", X: c.axis(), Edges: c.edges(), V: Axis{Label: "share of the records of " + c.length() + " flagged", Kind: Percent}}
	all := map[string][]float64{} // records in each bin, by table
	steadiest, least := "", math.Inf(1)
	add := func(name string, flagged, of []float64) {
		row := make([]float64, c.n)
		var mean, square, n float64
		for k := range row {
			row[k] = math.NaN()
			if of[k] > 0 {
				row[k] = min(1, flagged[k]/of[k])
				mean, square, n = mean+row[k], square+row[k]*row[k], n+1
			}
		}
		if mean == 0 {
			return
		}
		g.Rows, g.Values = append(g.Rows, name), append(g.Values, row)
		if v := math.Sqrt(max(0, square/n-mean*mean/n/n)) / (mean / n); v < least {
			steadiest, least = name, v
		}
	}
	for _, table := range rowTables {
		t := b.table(table)
		if t == nil || startOf(t) == nil || numeric(t, "num_conns") == nil {
			continue
		}
		start, conns := startOf(t), numeric(t, "num_conns")
		// Rows of hosts are windows, and count in all the bins that they cover.
		end := map[int64]int64{} // of the window that begins at a time: where the next begins
		if table == features.HostsTable {
			starts := slices.Compact(slices.Sorted(slices.Values(start.Ints)))
			for k, at := range starts[1:] {
				end[starts[k]] = at
			}
			end[starts[len(starts)-1]] = b.sum.last + 1
		}
		each := func(visit func(i, bin int)) {
			for i := range t.Len() {
				if start.IsNull(i) || !(conns.Float(i) > 0) {
					continue
				}
				lo := c.at(start.Ints[i])
				hi := lo
				if e, ok := end[start.Ints[i]]; ok {
					lo = max(lo, 0)
					if hi = c.at(e - 1); hi < 0 {
						hi = c.n - 1
					}
				}
				for k := lo; k >= 0 && k <= hi; k++ {
					visit(i, k)
				}
			}
		}
		all[table] = make([]float64, c.n)
		each(func(i, bin int) { all[table][bin] += conns.Float(i) })
		for _, r := range b.of(table, judges) {
			if r.anomaly == nil || r.rows == nil {
				continue
			}
			flagged := make([]float64, c.n)
			each(func(i, bin int) {
				if r.flags(i) {
					flagged[bin] += conns.Float(i)
				}
			})
			add(r.name(), flagged, all[table])
		}
	}
	if f := b.alerts; f != nil && f.start != nil && all["flow_tuples"] != nil {
		for _, name := range f.names {
			flagged := make([]float64, c.n)
			for _, i := range f.by[name] {
				if k := c.at(f.start.Ints[i]); k >= 0 {
					flagged[k] += float64(f.size(i))
				}
			}
			add(name, flagged, all["flow_tuples"])
		}
	}
	if len(g.Rows) == 0 {
		return nil
	}
	return &Figure{ID: b.id("alert-rate"), Title: "Alert rate over time", Plot: g,
		Caption: "Each record counts in the bin in which its row begins: a flow tuple when it is first seen, a finding of a detector at the start of its window; a window of a host counts in all bins that it covers. A rate that drifts says that the method meets other traffic than it learned from.",
		Alt:     fmt.Sprintf("Rows are methods, columns times. The rate of %s varies least.", steadiest)}
}

// drift draws how far the features of the batches in each span of time differ
// from those at all other times.
func (b *builder) drift() *Figure {
	t := b.table("batches")
	if t == nil || t.Len() < 2*driftSpan || startOf(t) == nil {
		return nil
	}
	start := startOf(t)
	order := make([]int, t.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(start.Ints[i], start.Ints[j]) })
	type drifting struct {
		name string
		row  []float64
	}
	var all []drifting
	spanOf := make([]int, t.Len())
	for place, i := range order {
		spanOf[i] = place * driftSpan / t.Len()
	}
	for _, c := range t.Columns {
		if !c.Numeric() || c.Role != features.Value || c.Name == "time_delta" { // time itself
			continue
		}
		d := drifting{c.Name, make([]float64, driftSpan)}
		for k := range d.row {
			in := explain.OrdinaryOf(c, nil, func(i int) bool { return spanOf[i] == k })
			out := explain.OrdinaryOf(c, nil, func(i int) bool { return spanOf[i] != k })
			d.row[k] = kolmogorov(in, out)
		}
		all = append(all, d)
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(p, q drifting) int { return cmp.Compare(slices.Max(q.row), slices.Max(p.row)) })
	g := &Grid{Row: "feature", Column: "span from", V: Axis{Label: "Kolmogorov-Smirnov distance"}, Most: 1, Written: true}
	for k := range driftSpan {
		i := order[(k*t.Len()+driftSpan-1)/driftSpan]
		g.Columns = append(g.Columns, moment(start.Ints[i])[11:16])
	}
	for _, d := range all[:min(len(all), driftRows)] {
		g.Rows, g.Values = append(g.Rows, d.name), append(g.Values, d.row)
	}
	n := float64(t.Len())
	return &Figure{ID: b.id("drift"), Title: "Drift of the features of the batches", Plot: g,
		Caption: fmt.Sprintf("n = %s batches in %d spans of equally many, headed by the time (UTC) at which they begin. The largest difference between the distribution of a feature in the span and at all other times: 0 is the same. Were batches independent, one in twenty would be above %.2f by chance; they are not, quite. The %d of %d features that drift most.",
			whole(int64(t.Len())), driftSpan, 1.358*math.Sqrt(driftSpan/n+1/(n-n/driftSpan)), len(g.Rows), len(all)),
		Alt: fmt.Sprintf("%s drifts most, with a distance of %.2f.", all[0].name, slices.Max(all[0].row))}
}

// kolmogorov returns the greatest difference of two distribution functions
// (Kolmogorov 1933, Smirnov 1948); NaN if one is of nothing.
func kolmogorov(a, b *explain.Ordinary) float64 {
	if a.Total() == 0 || b.Total() == 0 {
		return math.NaN()
	}
	var most, x, y float64
	for i, j := 0, 0; i < len(a.Values) || j < len(b.Values); {
		v := math.Inf(1)
		if i < len(a.Values) {
			v = a.Values[i]
		}
		if j < len(b.Values) {
			v = min(v, b.Values[j])
		}
		if i < len(a.Values) && a.Values[i] == v {
			x, i = a.UpTo[i]/a.Total(), i+1
		}
		if j < len(b.Values) && b.Values[j] == v {
			y, j = b.UpTo[j]/b.Total(), j+1
		}
		most = max(most, math.Abs(x-y))
	}
	return most
}

// hostsOverTime draws when the most conspicuous hosts were active.
func (b *builder) hostsOverTime() *Figure {
	c, ok := b.clock()
	t := b.table("ip_pairs")
	if !ok || t == nil || words(t, "src_ip") == nil || startOf(t) == nil || numeric(t, "num_conns") == nil || len(b.hosts) == 0 {
		return nil
	}
	g := &Grid{Row: "host", X: c.axis(), Edges: c.edges(), V: Axis{Label: "records in " + c.length(), Symlog: 1}}
	at := map[string]int{}
	for i, h := range b.hosts[:min(len(b.hosts), gridHosts)] {
		at[h.name] = i
		g.Rows, g.Values = append(g.Rows, h.name), append(g.Values, make([]float64, c.n))
	}
	src, start, conns := words(t, "src_ip"), startOf(t), numeric(t, "num_conns")
	row := make([]int, len(src.Dict))
	for code, name := range src.Dict {
		row[code] = -1
		if i, ok := at[name]; ok {
			row[code] = i
		}
	}
	for i, code := range src.Codes {
		if r := row[code]; r >= 0 && !start.IsNull(i) && conns.Float(i) > 0 {
			if k := c.at(start.Ints[i]); k >= 0 {
				g.Values[r][k] += conns.Float(i)
			}
		}
	}
	return &Figure{ID: b.id("hosts", "time"), Title: "When the hosts that stand out were active", Plot: g,
		Caption: fmt.Sprintf("Records of which they are the source; the first %d of %s with flagged records. Shades are logarithmic.", len(g.Rows), plural(int64(len(b.hosts)), "host", "hosts")),
		Alt:     "Rows are hosts, columns times."}
}

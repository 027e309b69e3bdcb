package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"toolkit/features"
)

// How many hosts and pairs are shown by trust, how many in the summary, and
// how many methods are named for each.
const (
	trustHostsShown  = 20
	trustPairsShown  = 20
	trustInSummary   = 5
	trustMethods     = 4
	trustLeastShare  = 0.05
	trustSharePrefix = "share_"
)

// A trusted is a table of trust, its rows from the highest on.
type trusted struct {
	t     *features.Table
	p     *features.Column
	share []*features.Column
	order []int
}

// trusted returns the named table of trust; nil if it is not there.
func (b *builder) trusted(name string) *trusted {
	t := b.table(name)
	if t == nil || numeric(t, "trust") == nil {
		return nil
	}
	x := &trusted{t: t, p: numeric(t, "trust")}
	for _, c := range t.Columns {
		if strings.HasPrefix(c.Name, trustSharePrefix) && c.Numeric() {
			x.share = append(x.share, c)
		}
	}
	x.order = make([]int, t.Len())
	for i := range x.order {
		x.order[i] = i
	}
	slices.SortStableFunc(x.order, func(i, j int) int { return cmp.Compare(x.p.Float(j), x.p.Float(i)) })
	return x
}

// by names the methods with the largest shares in row i.
func (x *trusted) by(i int) string {
	of := slices.Clone(x.share)
	slices.SortStableFunc(of, func(p, q *features.Column) int { return cmp.Compare(q.Float(i), p.Float(i)) })
	var parts []string
	for k, c := range of {
		if s := c.Float(i); k < trustMethods && s >= trustLeastShare {
			parts = append(parts, strings.TrimPrefix(c.Name, trustSharePrefix)+" "+percent(s))
		}
	}
	return strings.Join(parts, ", ")
}

// trustSummary is what the first screen says of trust; nil if there is none.
func (b *builder) trustSummary() *Para {
	x := b.trusted("trust_hosts")
	if x == nil || x.t.Column("ip") == nil {
		return nil
	}
	p := &Para{Text: "The hosts that are most likely anomalous, by all methods together, with each method's share in that:"}
	for _, i := range x.order[:min(len(x.order), trustInSummary)] {
		if !(x.p.Float(i) > 0) {
			break
		}
		line := fmt.Sprintf("%s: trust %s", x.t.Column("ip").String(i), probability(x.p.Float(i)))
		if n, of := numeric(x.t, "anomalies"), numeric(x.t, "num_conns"); n != nil && of != nil {
			line += fmt.Sprintf(", %s of %s flagged", whole(int64(n.Float(i))), plural(int64(of.Float(i)), "record", "records"))
		}
		p.Items = append(p.Items, line+" ("+x.by(i)+").")
	}
	if p.Items == nil {
		return nil
	}
	return p
}

// probability writes a probability so that 1 is certain and nothing else.
func probability(p float64) string {
	if p < 1 {
		p = math.Min(p, 0.9999)
	}
	return trimZeros(fmt.Sprintf("%.4f", p))
}

// trust is the section on the one probability of all methods.
func (b *builder) trust() *Section {
	hosts, pairs, records := b.trusted("trust_hosts"), b.trusted("trust_ip_pairs"), b.trusted("trust")
	if records == nil {
		return nil
	}
	s := &Section{ID: b.id("trust"), Title: "Trust: one probability of all methods"}
	meta := records.t.Meta
	s.Text = []Para{{Text: sentence("The trust that a record is anomalous combines what all methods say of it: 0 where nothing speaks for it, near 1 where methods do that rarely speak up, or that labels bear out. Scores become probabilities by "+cmp.Or(meta["param.unify"], "–"),
		"Calibrated by labels: "+cmp.Or(meta["param.calibrate"], "none"), "Combined by "+cmp.Or(meta["param.combine"], "–"), "Flagged is "+meta["rule"])}}
	flagged := 0
	if a := records.t.Column("anomaly"); a != nil {
		for i := range a.Len() {
			if a.Float(i) != 0 {
				flagged++
			}
		}
	}
	s.Facts = []Fact{{"Flagged", whole(int64(flagged)), percent(float64(flagged)/math.Max(1, float64(records.t.Len()))) + " of the records"}}
	if r := b.in.Manifest; r != nil {
		if made := r.Made("trust.arrow"); made != nil {
			for _, st := range made.Stats {
				if st.Value != nil && st.Name == "brier" {
					s.Facts = append(s.Facts, Fact{"Brier score", human(*st.Value), "mean squared distance of trust from the labels; 0 is best"})
				}
				if st.Value != nil && st.Name == "expected_false_alarms" {
					s.Facts = append(s.Facts, Fact{"Expected false alarms", percent(*st.Value), "of the ordinary records at this threshold"})
				}
			}
		}
	}
	if f := b.reliability(); f != nil {
		s.Figures = append(s.Figures, f)
	}
	if f := b.trustShares(records); f != nil {
		s.Figures = append(s.Figures, f)
	}
	if hosts != nil {
		s.Tables = append(s.Tables, b.trustTable(hosts, "hosts", "Hosts by trust", []string{"ip"}, trustHostsShown))
	}
	if pairs != nil {
		s.Tables = append(s.Tables, b.trustTable(pairs, "pairs", "Pairs of addresses by trust", []string{"src_ip", "dst_ip"}, trustPairsShown))
	}
	return s
}

// trustTable shows the rows of the highest trust and who has a share in it.
func (b *builder) trustTable(x *trusted, id, title string, keys []string, n int) *Table {
	t := &Table{ID: b.id("trust", id), Title: title}
	for _, k := range keys {
		t.Columns = append(t.Columns, Head{Name: k})
	}
	t.Columns = append(t.Columns, Head{Name: "trust", Align: Right}, Head{Name: "records", Align: Right}, Head{Name: "flagged", Align: Right}, Head{Name: "by", Align: Wide, Doc: "Shares of the methods."})
	for _, i := range x.order[:min(n, len(x.order))] {
		if !(x.p.Float(i) > 0) {
			break
		}
		var row []Cell
		for _, k := range keys {
			c := x.t.Column(k)
			if c == nil {
				c = &features.Column{Field: features.Field{Type: features.Text}, Codes: make([]uint32, x.t.Len()), Dict: []string{""}}
			}
			row = append(row, plain(c.String(i)))
		}
		records, flagged := Cell{}, Cell{}
		if c := numeric(x.t, "num_conns"); c != nil {
			records = num(c.Float(i))
		}
		if c := numeric(x.t, "anomalies"); c != nil {
			flagged = num(c.Float(i))
		}
		t.Add(append(row, cell(probability(x.p.Float(i)), x.p.Float(i)), records, flagged, plain(x.by(i)))...)
	}
	if rest := x.t.Len() - len(t.Rows); rest > 0 {
		t.Note = fmt.Sprintf("The first %d of %s.", len(t.Rows), whole(int64(x.t.Len())))
	}
	return t
}

// reliability draws how often records of such a trust are anomalous by their
// labels; nil without labels.
func (b *builder) reliability() *Figure {
	t := b.table("trust_reliability")
	if t == nil || numeric(t, "mean") == nil || numeric(t, "observed") == nil || numeric(t, "records") == nil {
		return nil
	}
	n := 0.0
	for _, v := range floats(t, "records") {
		n += v
	}
	mean, observed := floats(t, "mean"), floats(t, "observed")
	return &Figure{ID: b.id("trust", "reliability"), Title: "Reliability: how true the probabilities are",
		Plot: &Lines{X: Axis{Label: "mean trust of the records in a tenth"}, Y: Axis{Label: "share that is anomalous by label", Kind: Percent},
			Series: []Series{{Name: "perfect", X: []float64{0, 1}, Y: []float64{0, 1}, Hue: Grey}, {Name: "trust", X: mean, Y: observed, Hue: First, Dots: true}}},
		Caption: sentence(fmt.Sprintf("n = %s records, in tenths of trust; a tenth without records has no dot. Above the grey line there are more anomalies than trust says, below it fewer", whole(int64(n)))),
		Alt:     "Observed share of anomalous records over mean trust, beside the diagonal."}
}

// trustShares draws what part each method has in the trust of the records that
// are flagged.
func (b *builder) trustShares(x *trusted) *Figure {
	anomaly := x.t.Column("anomaly")
	if anomaly == nil {
		return nil
	}
	type part struct {
		name string
		mean float64
	}
	var parts []part
	n := 0.0
	for i := range anomaly.Len() {
		n += anomaly.Float(i)
	}
	if n == 0 {
		return nil
	}
	for _, c := range x.share {
		var sum float64
		for i := range anomaly.Len() {
			sum += anomaly.Float(i) * c.Float(i)
		}
		if sum/n >= 0.001 {
			parts = append(parts, part{strings.TrimPrefix(c.Name, trustSharePrefix), sum / n})
		}
	}
	slices.SortStableFunc(parts, func(p, q part) int { return cmp.Compare(q.mean, p.mean) })
	bars := &Bars{Kind: "method", Axis: Axis{Label: "mean share", Kind: Percent}}
	for _, p := range parts {
		bars.Names, bars.Values = append(bars.Names, p.name), append(bars.Values, p.mean)
	}
	if len(parts) == 0 {
		return nil
	}
	return &Figure{ID: b.id("trust", "shares"), Title: "Who the trust in flagged records comes from", Plot: bars,
		Caption: sentence(fmt.Sprintf("Mean over the %s that are flagged. Methods below 0.1 %% are left out", plural(int64(n), "record", "records"))),
		Alt:     fmt.Sprintf("%s has the largest part, %s.", parts[0].name, percent(parts[0].mean))}
}

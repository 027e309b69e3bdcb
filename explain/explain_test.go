package explain

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/features"
	"toolkit/features/scale"
	"toolkit/suite"

	"gonum.org/v1/gonum/mat"
)

// pairs returns a table of pairs whose rows are counts, a few of them far from
// the others in one column and one in two, with the bins that each stands for.
func pairs(n int, seed uint64) *features.Table {
	r := rand.New(rand.NewPCG(seed, 0))
	t := &features.Table{Name: features.PairsTable, Meta: map[string]string{}}
	src, dst := make([]string, n), make([]string, n)
	cols := make([]*features.Column, 3)
	for j, name := range []string{"num_conns", "num_dst_port", "bytes_up"} {
		cols[j] = &features.Column{Field: features.Field{Name: name, Role: features.Value, Unit: features.Count}}
	}
	bins := &features.Column{Field: features.Field{Name: "bins", Role: features.Weight}}
	for i := range n {
		src[i], dst[i] = fmt.Sprintf("10.0.0.%d", i%7), fmt.Sprintf("10.0.1.%d", i%11)
		for _, c := range cols {
			c.Ints = append(c.Ints, 5+int64(r.IntN(10)))
		}
		bins.Ints = append(bins.Ints, 1+int64(r.IntN(2)))
		if i%50 == 25 {
			cols[r.IntN(3)].Ints[i] = 400 + int64(r.IntN(100))
		}
		if i == 60 {
			cols[0].Ints[i], cols[1].Ints[i] = 700, 900
		}
	}
	t.Columns = append(t.Columns,
		features.TextColumn(features.Field{Name: "src_ip", Role: features.Key}, src),
		features.TextColumn(features.Field{Name: "dst_ip", Role: features.Key}, dst), bins)
	t.Columns = append(t.Columns, cols...)
	return t
}

// judged returns outputs of a table and what an algorithm says of it: noise,
// or the highest 4 % of scores, is anomalous.
func judged(t *testing.T, table *features.Table, al *algo.Algorithm) *Outputs {
	t.Helper()
	return judgedBy(t, table, al, []string{"num_conns", "num_dst_port", "bytes_up"})
}

// judgedBy is judged with other columns.
func judgedBy(t *testing.T, table *features.Table, al *algo.Algorithm, columns []string) *Outputs {
	t.Helper()
	x, _, err := table.Matrix(columns)
	if err != nil {
		t.Fatal(err)
	}
	r, err := algo.Fit(t.Context(), algo.NewChain(algo.NewStep(scale.Standard), algo.NewStep(al)), x, algo.Env{Seed: 1, Workers: 1})
	if err != nil {
		t.Fatalf("%s: %v", al, err)
	}
	if r.Model == nil || r.Scores == nil && !al.Noise {
		return nil
	}
	res := &features.Table{Name: table.Name + "." + al.Name, Meta: map[string]string{"scale": "standard"}}
	anomaly := &features.Column{Field: features.Field{Name: anomalyColumn, Type: features.Bool}}
	if al.Noise && slices.Contains(r.Labels, algo.Noise) {
		label := &features.Column{Field: features.Field{Name: labelColumn, Type: features.Int}}
		for _, l := range r.Labels {
			label.Ints = append(label.Ints, int64(l))
			anomaly.Ints = append(anomaly.Ints, int64(first(l == algo.Noise)))
		}
		res.Columns = append(res.Columns, label)
	} else {
		sorted := slices.Sorted(slices.Values(r.Scores))
		limit := sorted[len(sorted)*96/100]
		for _, s := range r.Scores {
			anomaly.Ints = append(anomaly.Ints, int64(first(s > limit)))
		}
	}
	if r.Scores != nil {
		res.Columns = append(res.Columns, &features.Column{Field: features.Field{Name: scoreColumn, Type: features.Float}, Floats: r.Scores})
	}
	res.Columns = append(res.Columns, anomaly)
	return NewOutputs(map[string]*features.Table{table.Name: table, res.Name: res}, map[string]*algo.ChainModel{res.Name: r.Model.(*algo.ChainModel)})
}

// What is said to make a row normal does: the model, asked of the row with
// that one value changed, does not flag it, whatever the algorithm. A little
// nearer to the row's own value it still does.
func TestChange(t *testing.T) {
	table := pairs(300, 1)
	tried := 0
	for _, al := range suite.Algorithms {
		o := judged(t, table, al)
		if o == nil {
			continue
		}
		m := o.methods(table.Name, nil)[0]
		x := o.matrix(table.Name, m.model)
		flags := func(row []float64) bool {
			r, err := algo.Apply(t.Context(), m.model, &features.Matrix{Names: x.Names, X: mat.NewDense(1, len(row), row)})
			if err != nil {
				t.Fatalf("%s: %v", al, err)
			}
			return m.anomalous(r, 0)
		}
		found, together := 0, 0
		for i := range table.Len() {
			if !m.flags(i) {
				continue
			}
			near, err := o.nearest(t.Context(), []*method{m}, i)
			if err != nil {
				t.Fatal(err)
			}
			c, err := o.change(t.Context(), m, i, near.Rows[0].Row)
			if err != nil {
				t.Fatalf("%s: %v", al, err)
			}
			row := slices.Clone(x.X.RawRowView(i))
			if c.Like != nil {
				together++
				for _, name := range c.Together {
					j := slices.Index(x.Names, name)
					row[j] = x.X.At(*c.Like, j)
				}
				if flags(row) {
					t.Errorf("%s, row %d: %s, but the model still flags it", al, i, c.Words)
				}
			}
			if !c.Found {
				continue
			}
			found++
			j := slices.Index(x.Names, c.Column)
			from, to := float64(c.From.Number), float64(c.To.Number)
			if row[j] != from || from == to {
				t.Errorf("%s, row %d: %s is %v, change %+v", al, i, c.Column, row[j], c)
			}
			row[j] = to
			if flags(row) {
				t.Errorf("%s, row %d: %s, but the model still flags it", al, i, c.Words)
			}
			if to != math.Trunc(to) {
				t.Errorf("%s, row %d: %s is a count, and cannot be %v", al, i, c.Column, to)
			}
			row[j] += math.Copysign(1, from-to) // one nearer
			if row[j] != from && !flags(row) {
				t.Errorf("%s, row %d: %s, but %v would do", al, i, c.Words, row[j])
			}
		}
		t.Logf("%s: %d rows by one feature, %d by several", al, found, together)
		tried += found
	}
	if tried < 50 {
		t.Errorf("%d changes were found", tried)
	}
}

// Of a row that is flagged for its category it is said which others would do,
// of those that normal rows have, the most frequent first: as a category, and as columns NAME=VALUE.
func TestChangeOfCategory(t *testing.T) {
	table := pairs(300, 1)
	states := make([]string, table.Len())
	for i := range states {
		states[i] = []string{"closed", "closed", "closed", "new", "reset"}[i%5]
	}
	for _, i := range []int{7, 107, 207} {
		states[i] = "closing"
	}
	table.Columns = append(table.Columns, features.TextColumn(features.Field{Name: "state", Role: features.Value}, states))
	for algorithm, columns := range map[string]string{"hbos": "bytes_up,state", "iforest": "bytes_up,state=closed,state=closing,state=other"} {
		al := suite.Algorithms[slices.IndexFunc(suite.Algorithms, func(al *algo.Algorithm) bool { return al.Name == algorithm })]
		o := judgedBy(t, table, al, strings.Split(columns, ","))
		m := o.methods(table.Name, nil)[0]
		x := o.matrix(table.Name, m.model)
		samples := map[string]float64{} // of normal rows
		for i, s := range states {
			if !m.flags(i) {
				samples[s] += x.W(i)
			}
		}
		want := slices.SortedFunc(maps.Keys(samples), func(a, b string) int { return cmp.Compare(samples[b], samples[a]) })
		found := 0
		for _, i := range []int{7, 107, 207} {
			if !m.flags(i) {
				t.Errorf("%s: row %d is not flagged", algorithm, i)
				continue
			}
			c, err := o.change(t.Context(), m, i, -1)
			if err != nil {
				t.Fatal(err)
			}
			if c.Column != "state" {
				continue
			}
			found++
			names := append([]string{c.To.Category}, c.Or...)
			if c.From.Category != "closing" || !slices.Equal(names, want[:len(names)]) || algorithm == "hbos" && len(names) < 3 {
				t.Errorf("%s, row %d: %s", algorithm, i, c.Words)
			}
			for _, name := range names {
				other := *table
				other.Columns = slices.Clone(table.Columns)
				again := slices.Clone(states)
				again[i] = name
				other.Columns[len(other.Columns)-1] = features.TextColumn(features.Field{Name: "state", Role: features.Value}, again)
				y, _, err := other.Matrix(x.Names)
				if err != nil {
					t.Fatal(err)
				}
				r, err := algo.Apply(t.Context(), m.model, y)
				if err != nil {
					t.Fatal(err)
				}
				if m.anomalous(r, i) {
					t.Errorf("%s, row %d: flagged with state %s too", algorithm, i, name)
				}
			}
			if b, err := json.Marshal(c); err != nil || !strings.Contains(string(b), `"from":"closing","to":"closed"`) {
				t.Errorf("%s: %v", b, err)
			}
		}
		if found == 0 {
			t.Errorf("%s: no change of a category", algorithm)
		}
	}
}

// A place among all rows is what counting them says, each with its weight.
func TestPercentiles(t *testing.T) {
	table := pairs(200, 2)
	al := suite.Algorithms[slices.IndexFunc(suite.Algorithms, func(al *algo.Algorithm) bool { return al.Name == "hbos" })]
	o := judged(t, table, al)
	e, err := o.Explain(t.Context(), &Subject{Kind: HostKind, Src: "10.0.0.4"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	place := func(c *features.Column, v float64) float64 {
		var below, equal, all float64
		for i := range table.Len() {
			w := table.Weights().Float(i)
			all += w
			if c.Float(i) < v {
				below += w
			} else if c.Float(i) == v {
				equal += w
			}
		}
		return (below + equal/2) / all
	}
	r := e.Rows[0]
	m := r.Methods[0]
	if got, want := float64(m.Percentile), place(o.Tables[m.Name].Column(scoreColumn), float64(m.Score)); math.Abs(got-want) > 1e-12 {
		t.Errorf("score %v is above %v, want %v", m.Score, got, want)
	}
	if len(m.Reasons) == 0 {
		t.Fatal("no reasons")
	}
	for _, q := range m.Reasons {
		if got, want := float64(q.Percentile), place(table.Column(q.Column), table.Column(q.Column).Float(r.Row)); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is above %v, want %v", q.Column, got, want)
		}
	}
}

// The nearest normal rows are those that comparing all says, in the scale of
// the model.
func TestNearest(t *testing.T) {
	table := pairs(200, 3)
	al := suite.Algorithms[slices.IndexFunc(suite.Algorithms, func(al *algo.Algorithm) bool { return al.Name == "knn" })]
	o := judged(t, table, al)
	ms := o.methods(table.Name, nil)
	got, err := o.nearest(t.Context(), ms, 60)
	if err != nil {
		t.Fatal(err)
	}
	x := o.matrix(table.Name, ms[0].model)
	y, err := ms[0].model.Enter(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	least, equal := math.Inf(1), 0
	for i := range table.Len() {
		if ms[0].flags(i) || i == 60 {
			continue
		}
		d := math.Sqrt(distance2(y, i, 60))
		if d < least {
			least = d
		}
		if slices.Equal(x.X.RawRowView(i), x.X.RawRowView(got.Rows[0].Row)) {
			equal++
		}
	}
	if nb := got.Rows[0]; float64(nb.Distance) != least || nb.Equal != equal {
		t.Errorf("the nearest is at %v with %d equal, want %v with %d", nb.Distance, nb.Equal, least, equal)
	}
	for k := 1; k < len(got.Rows); k++ {
		if got.Rows[k].Distance < got.Rows[k-1].Distance {
			t.Error("the nearest are not in order")
		}
	}
}

// A reason of an alert that is a category says how many samples have it.
func TestAlertOfCategory(t *testing.T) {
	src := netip.MustParseAddr("10.0.0.4")
	table := detect.Table([]*detect.Alert{{Detector: "pairs.hbos", Subject: detect.Subject{Src: src}, Reasons: []algo.Reason{
		{Column: "state=reset", Value: 3, Low: math.Inf(-1), High: math.Inf(1), Of: 75566}, {Column: "bytes", Value: 7, High: 5},
	}}})
	o := NewOutputs(map[string]*features.Table{alertsTable: table}, nil)
	zero := 0
	e, err := o.Explain(t.Context(), &Subject{Kind: AlertKind, Alert: &zero, Src: "10.0.0.4"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := e.Alerts[0].Worst.Reasons
	if len(got) != 2 || got[0].Words != "3 of 75,566 samples have it" || finite(float64(got[0].Percentile)) || got[1].Words != "7 B, ordinary: 0 B to 5 B" {
		t.Errorf("%+v, %+v", got[0], got[1])
	}
}

// Words of files that could move the cursor of a terminal don't get there.
func TestHostileWords(t *testing.T) {
	const evil = "\x1b[31m\u202emp3\r\n"
	table := pairs(60, 4)
	al := suite.Algorithms[slices.IndexFunc(suite.Algorithms, func(al *algo.Algorithm) bool { return al.Name == "hbos" })]
	o := judged(t, table, al)
	for _, c := range table.Columns {
		if c.Name == "dst_ip" {
			for i := range c.Dict {
				c.Dict[i] += evil
			}
		}
	}
	word := func(name string) *features.Column {
		return features.TextColumn(features.Field{Name: name}, []string{evil})
	}
	number := func(name string, typ features.Type) *features.Column {
		return &features.Column{Field: features.Field{Name: name, Type: typ}, Ints: []int64{1}}
	}
	src := features.TextColumn(features.Field{Name: "src_ip"}, []string{"10.0.0.4"})
	o.Tables[alertsTable] = &features.Table{Name: alertsTable, Meta: map[string]string{}, Columns: []*features.Column{
		word("detector"), word("kind"), number("start", features.Time), number("end", features.Time), src, word("dst_ip"), number("dst_port", features.Int),
		{Field: features.Field{Name: scoreColumn, Type: features.Float}, Floats: []float64{math.Inf(1)}},
		{Field: features.Field{Name: "reasons", Type: features.List}, Ends: []int32{1}, Items: []*features.Column{word("feature"),
			{Field: features.Field{Type: features.Float}, Floats: []float64{math.NaN()}}, {Field: features.Field{Type: features.Float}, Floats: []float64{math.Inf(-1)}}, {Field: features.Field{Type: features.Float}, Floats: []float64{3}}}},
		{Field: features.Field{Name: "records", Type: features.List}, Ends: []int32{1}, Items: []*features.Column{number("item", features.Int)}},
	}}
	zero := 0
	for _, s := range []*Subject{{Kind: HostKind, Src: "10.0.0.4"}, {Kind: AlertKind, Alert: &zero, Src: "10.0.0.4", Dst: evil}} {
		e, err := o.Explain(t.Context(), s, Options{Records: true, Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		e.WriteText(&b)
		if !strings.Contains(b.String(), "?[31m") {
			t.Errorf("the words are not there:\n%s", b.String())
		}
		for _, r := range b.String() {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("%s: %q is written", s.Kind, r)
			}
		}
		if _, err := json.Marshal(e); err != nil {
			t.Error(err)
		}
	}
}

// Lines stay within a terminal, where their words can be parted.
func TestWidth(t *testing.T) {
	table := pairs(100, 5)
	al := suite.Algorithms[slices.IndexFunc(suite.Algorithms, func(al *algo.Algorithm) bool { return al.Name == "knn" })]
	e, err := judged(t, table, al).Explain(t.Context(), &Subject{Kind: PairKind, Src: "10.0.0.4", Dst: "10.0.1.3"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	e.WriteText(&b)
	for line := range strings.Lines(b.String()) {
		if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > textWidth {
			t.Errorf("a line of more than %d characters: %s", textWidth, line)
		}
	}
}

// What there is of a name is found, and what there is not is answered with
// what is nearest.
func TestFind(t *testing.T) {
	o := NewOutputs(map[string]*features.Table{features.PairsTable: pairs(40, 6)}, nil)
	f := func(name, want string) {
		t.Helper()
		s, err := o.Find(name)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = s.Kind + " " + s.String()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	f("10.0.0.4", "host 10.0.0.4")
	f(" ::ffff:10.0.0.4 ", "host 10.0.0.4")
	f("10.0.0.4 -> 10.0.1.4", "pair 10.0.0.4 -> 10.0.1.4")
	f("10.0.0.4,10.0.1.4", "pair 10.0.0.4 -> 10.0.1.4")
	f("10.0.1.4,10.0.0.4", "there is no record from 10.0.1.4 to 10.0.0.4; there are some the other way: 10.0.0.4,10.0.1.4")
	f("10.0.0.7", "there is no address 10.0.0.7; the nearest there are: 10.0.0.6, 10.0.0.5, 10.0.0.4")
	f("fe80::1", "there is no address fe80::1")
	f("3", "there is no alert 3: no alerts.arrow is there; make it by toolkit detect INPUT")
	o.Tables[alertsTable] = &features.Table{Name: alertsTable, Columns: []*features.Column{{Field: features.Field{Name: "x"}, Ints: make([]int64, 9)}}}
	f("3", "alerts.arrow does not have the columns of alerts: make it again")
	delete(o.Tables, alertsTable)
	f("x", `"x": want the number of a row`)
	f("", `"": want the number of a row`)
	f("1,2", `"1,2": want`)
}

package features_test

import (
	"encoding/csv"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"toolkit/features"
	"toolkit/flow"
	"toolkit/internal/ref"
)

// office returns the records of the reference file, read by the plainest
// means.
func office(t testing.TB) *flow.Batch {
	t.Helper()
	recs, err := csv.NewReader(strings.NewReader(string(ref.Read(t, "reference/office10k/flows.csv.gz")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := func(s string) int64 {
		v, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	b := &flow.Batch{Hosts: new(flow.Hosts)}
	for i, f := range recs {
		ts, err := time.Parse(time.DateTime, f[0])
		if err != nil {
			t.Fatal(err)
		}
		r := flow.Record{
			Seq: int64(i), Time: ts, Proto: map[string]flow.Proto{"tcp": flow.TCP, "udp": flow.UDP}[f[1]],
			Src:     netip.AddrPortFrom(netip.MustParseAddr(f[3]), uint16(number(f[4]))),
			Dst:     netip.AddrPortFrom(netip.MustParseAddr(f[5]), uint16(number(f[6]))),
			BytesUp: number(f[7]), BytesDown: number(f[8]),
		}
		for s, name := range flow.States() {
			if name == f[2] {
				r.State = flow.State(s)
			}
		}
		b.Append(r)
	}
	return b
}

func table(b *flow.Batch, of *features.Grouping) *features.Table {
	t := features.NewBuilder(of, b.Hosts)
	t.Add(b)
	table, _ := t.Table()
	return table
}

// byKey returns the row of each key, written as the reference has it.
func byKey(t *features.Table, keys []string) map[string]int {
	m := make(map[string]int, t.Len())
	for i := range t.Len() {
		var k []string
		for _, name := range keys {
			k = append(k, plain(t.Column(name), i))
		}
		m[strings.Join(k, ",")] = i
	}
	return m
}

// plain writes a value as pandas does in the reference files.
func plain(c *features.Column, i int) string {
	switch c.Type {
	case features.Time:
		return time.UnixMicro(c.Ints[i]).UTC().Format(time.DateTime)
	case features.Bool:
		if c.Ints[i] != 0 {
			return "True"
		}
		return "False"
	}
	return c.String(i)
}

// compare holds every column of the reference to the same column of got.
// named says which column of got one of the reference is: "" for none.
func compare(t *testing.T, got *features.Table, file string, keys []string, named func(string) string) {
	t.Helper()
	want := ref.CSV(t, file)
	rows := byKey(got, keys)
	n := len(want[keys[0]])
	if got.Len() != n || len(rows) != n {
		t.Fatalf("%d rows with %d keys, want %d", got.Len(), len(rows), n)
	}
	for name, col := range want {
		as := named(name)
		if as == "" {
			continue
		}
		c := got.Column(as)
		if c == nil {
			t.Errorf("no column %s", as)
			continue
		}
		bad := 0
		for i, w := range col {
			var k []string
			for _, key := range keys {
				k = append(k, want[key][i])
			}
			row, ok := rows[strings.Join(k, ",")]
			if !ok {
				t.Fatalf("no row %v", k)
			}
			if g := plain(c, row); g != w && !sameNumber(g, w) {
				if bad++; bad < 3 {
					t.Errorf("%s of %v: %s, want %s", name, k, g, w)
				}
			}
		}
	}
}

// sameNumber tells whether two texts are one number, but for the last bit of
// a mean: pandas adds in another order.
func sameNumber(a, b string) bool {
	switch {
	case a == "True":
		a = "1"
	case a == "False":
		a = "0"
	}
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err1 == nil && err2 == nil && (x == y || 1e-14*max(x, y) >= max(x-y, y-x))
}

func same(name string) string { return name }

const dir = "reference/office10k/"

// Reference: pandas 3.1 groupby, reference/office10k.
func TestFlowTuplesReference(t *testing.T) {
	o := features.DefaultOptions()
	o.SeedCompat = true
	got := table(office(t), features.FlowTuples(o))
	compare(t, got, dir+"flow_tuples.csv.gz", []string{"src_ip", "src_port", "dst_ip", "dst_port", "ip_protocol"}, same)
}

// Ratios that the seed has as -99999 or infinite are null.
func TestFlowTuplesNulls(t *testing.T) {
	b := office(t)
	o := features.DefaultOptions()
	ours := table(b, features.FlowTuples(o))
	o.SeedCompat = true
	seed := table(b, features.FlowTuples(o))
	nulls := 0
	for _, name := range []string{"bytes_ratio", "Bps_up", "Bps_dw"} {
		a, s := ours.Column(name), seed.Column(name)
		for i := range ours.Len() {
			odd := s.IsNull(i) || s.Floats[i] == -99999 || s.Floats[i] > 1e300
			if a.IsNull(i) != odd || !odd && a.Floats[i] != s.Floats[i] {
				t.Fatalf("%s of row %d: %s, the seed's is %v", name, i, a.String(i), s.Floats[i])
			}
			if odd {
				nulls++
			}
		}
	}
	// 3,325 − 1,095 tuples have no duration, 3,325 − 3,217 no bytes up: golden.json, tuples.columns.
	if want := 2*(3325-1095) + 3325 - 3217; nulls != want {
		t.Errorf("%d nulls, want %d", nulls, want)
	}
}

// Reference: pandas 3.1 resample('10s'), zero-filled.
func TestIPPairsReference(t *testing.T) {
	o := features.DefaultOptions()
	o.Dense = true
	got := table(office(t), features.IPPairs(o))
	compare(t, got, dir+"ip_pairs_dense.csv.gz", []string{"src_ip", "dst_ip", "ts"}, same)
}

// The run-length coded table expands to the zero-filled one, row for row.
func TestIPPairsRunLength(t *testing.T) {
	b := office(t)
	o := features.DefaultOptions()
	runs := table(b, features.IPPairs(o))
	o.Dense = true
	dense := table(b, features.IPPairs(o))
	// 1,742 bins with records: golden.json, pairs.nonempty.
	if n := runs.Len(); n >= dense.Len() || n < 1742 {
		t.Errorf("%d rows, of which 1,742 have records; dense %d", n, dense.Len())
	}
	row, bins := 0, runs.Column("bins").Ints
	for i := range runs.Len() {
		for k := range bins[i] {
			for j, c := range runs.Columns {
				d := dense.Columns[j]
				g, w := c.String(i), d.String(row)
				switch c.Name {
				case "bins":
					g = "1"
				case "ts":
					g = time.UnixMicro(c.Ints[i] + k*10e6).UTC().Format(time.RFC3339)
				}
				if g != w {
					t.Fatalf("row %d, bin %d of it: %s is %s, want %s", i, k, c.Name, g, w)
				}
			}
			row++
		}
	}
	if row != dense.Len() {
		t.Errorf("%d bins, want %d", row, dense.Len())
	}
}

// Reference: pandas 3.1, both ways of counting.
func TestBatchesReference(t *testing.T) {
	b := office(t)
	o := features.DefaultOptions()
	seconds := func(t *features.Table) *features.Table { // window_start is in seconds in the reference
		c := t.Column("window_start")
		c.Type = features.Int
		for i := range c.Ints {
			c.Ints[i] /= 1e6
		}
		return t
	}
	ours := seconds(table(b, features.Batches(o)))
	if names, err := ours.Choose(""); err != nil || len(names) != 57 {
		t.Errorf("%d features unless told otherwise, want 57; error %v", len(names), err)
	}
	compare(t, ours, dir+"batches.csv.gz", []string{"window_start"}, func(name string) string {
		if strings.Contains(name, "_per_") && !strings.HasSuffix(name, "_distinct") && name != "num_flows_per_conn_mean" {
			return ""
		}
		return strings.TrimSuffix(name, "_distinct")
	})
	o.SeedCompat = true
	seed := seconds(table(b, features.Batches(o)))
	compare(t, seed, dir+"batches.csv.gz", []string{"window_start"}, func(name string) string {
		if strings.HasSuffix(name, "_distinct") {
			return ""
		}
		return name
	})
}

// Reference: a port of the seed's own code, golden.json "batches_quirk".
func TestSeedBatchesReference(t *testing.T) {
	var golden struct {
		Quirk struct {
			Rows     int
			Sums     map[string]float64
			FirstRow map[string]float64 `json:"first_row"`
		} `json:"batches_quirk"`
	}
	ref.JSON(t, dir+"golden.json", &golden)
	o := features.DefaultOptions()
	o.SeedCompat, o.WindowMode = true, flow.Seed
	got := table(office(t), features.Batches(o))
	if got.Len() != golden.Quirk.Rows {
		t.Fatalf("%d batches, want %d", got.Len(), golden.Quirk.Rows)
	}
	if len(golden.Quirk.Sums) != 57 || len(golden.Quirk.FirstRow) != 57 {
		t.Fatalf("reference has %d sums and %d first values, want 57", len(golden.Quirk.Sums), len(golden.Quirk.FirstRow))
	}
	for name, want := range golden.Quirk.Sums {
		c, sum := got.Column(name), 0.0
		for i := range got.Len() {
			sum += c.Float(i)
		}
		if d := sum - want; d > 1e-8 || d < -1e-8 {
			t.Errorf("sum of %s: %v, want %v", name, sum, want)
		}
		if v := c.Float(0); v != golden.Quirk.FirstRow[name] {
			t.Errorf("first %s: %v, want %v", name, v, golden.Quirk.FirstRow[name])
		}
	}
}

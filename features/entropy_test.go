package features_test

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"toolkit/features"
	"toolkit/features/aggtest"
	"toolkit/flow"
	"toolkit/internal/ref"
)

// Reference: entropies of the last 100 records at each hundredth, by counting
// anew.
func TestRunningEntropyReference(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(string(ref.Read(t, "reference/office10k/entropy_every100.csv.gz")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	b := office(t)
	var whole *features.Table
	for _, limit := range []int64{0, 1} {
		dir := t.TempDir()
		e := features.NewEntropies(features.DefaultEntropyWindow, limit, dir)
		for i := 0; i < b.Len(); i += 777 {
			if err := e.Add(b.Slice(i, min(i+777, b.Len()))); err != nil {
				t.Fatal(err)
			}
		}
		var table *features.Table
		if err := e.Write(func(chunk *features.Table) error { table = chunk; return nil }); err != nil {
			t.Fatal(err)
		}
		e.Close()
		if whole != nil && !reflect.DeepEqual(whole, table) {
			t.Error("by a temporary file the table differs")
		}
		whole = table
	}
	table := whole
	if table.Len() != b.Len() {
		t.Fatalf("%d rows, want %d", table.Len(), b.Len())
	}
	for _, row := range rows[1:] {
		at, _ := strconv.Atoi(row[0])
		for k, name := range rows[0][1:] {
			want, _ := strconv.ParseFloat(row[k+1], 64)
			if got := table.Column(name).Floats[at]; math.Abs(got-want) > 1e-9 {
				t.Errorf("record %d: entropy of %s is %v, want %v", at, name, got, want)
			}
		}
	}
}

// After ten million values have come and gone the entropy is to the last bit
// what it is of the values that are left, and right.
func TestEntropyDoesNotDrift(t *testing.T) {
	const n, w = 10_000_000, 100
	r := rand.New(rand.NewPCG(1, 1))
	var e features.Entropy
	var ring [w]uint64
	for i := range n {
		v := uint64(r.ExpFloat64() * 8)
		if i >= w {
			e.Remove(ring[i%w])
		}
		ring[i%w] = v
		e.Add(v)
	}
	var anew features.Entropy
	counts := map[uint64]float64{}
	for _, v := range ring {
		anew.Add(v)
		counts[v]++
	}
	if e.Value() != anew.Value() || e.Len() != w || e.Distinct() != len(counts) {
		t.Errorf("%v of %d values, anew %v", e.Value(), e.Len(), anew.Value())
	}
	want := shannon(counts, w)
	if math.Abs(e.Value()-want) > 1.2e-10 || math.Abs(e.Normalised()-want/math.Log(float64(len(counts)))) > 1.2e-10 {
		t.Errorf("%v, normalised %v, want %v of %d values", e.Value(), e.Normalised(), want, len(counts))
	}
}

// The entropies of windows are those of their records, counted anew.
func TestEntropyWindows(t *testing.T) {
	rs := aggtest.Records(3000, 7)
	b := &flow.Batch{Hosts: new(flow.Hosts)}
	for _, r := range rs {
		b.Append(r)
	}
	table := table(b, features.EntropyWindows(features.DefaultOptions()))
	for i := range table.Len() {
		start := table.Column("window_start").Ints[i]
		fields := map[string]map[any]float64{"dst_ip": {}, "dst_port": {}, "src_ip": {}, "src_port": {}, "ip_protocol": {}, "state": {}}
		n := 0.0
		for _, r := range rs {
			if at := r.Time.UnixMicro() - start; at >= 0 && at < 10e6 {
				n++
				for name, v := range map[string]any{"dst_ip": r.Dst.Addr(), "dst_port": r.Dst.Port(), "src_ip": r.Src.Addr(), "src_port": r.Src.Port(), "ip_protocol": r.Proto, "state": r.State} {
					fields[name][v]++
				}
			}
		}
		for name, counts := range fields {
			h, norm := shannon(counts, n), 0.0
			if len(counts) > 1 {
				norm = h / math.Log(float64(len(counts)))
			}
			if g := table.Column(name).Floats[i]; math.Abs(g-h) > 1e-12 {
				t.Errorf("window %d: entropy of %s is %v, want %v", i, name, g, h)
			}
			if g := table.Column(name + "_norm").Floats[i]; math.Abs(g-norm) > 1e-12 {
				t.Errorf("window %d: %s_norm is %v, want %v", i, name, g, norm)
			}
		}
	}
}

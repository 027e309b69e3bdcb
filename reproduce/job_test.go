package reproduce_test

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/basic"
	"toolkit/detect/blacklist"
	"toolkit/detect/ports"
	"toolkit/flow"
	"toolkit/internal/ref"
	"toolkit/reproduce"

	"github.com/spf13/pflag"
)

// golden is what pandas and scikit-learn make of office10k, with the faults
// and without.
type golden struct {
	Input struct {
		Records  float64 `json:"records"`
		SrcPort  float64 `json:"src_port"`
		SumSrcTx float64 `json:"sum_src_tx"`
	}
	Tuples       struct{ Rows float64 }
	Pairs        struct{ Rows float64 }
	Windows      struct{ Rows float64 }
	BatchesQuirk struct{ Rows float64 } `json:"batches_quirk"`
	Entropy      struct{ Mean []float64 }
	IQR          map[string]struct {
		Window float64 `json:"alerts_window"`
		Quirk  float64 `json:"alerts_quirk"`
	}
	PCA map[string]struct {
		Variance []float64 `json:"explained_variance"`
	}
	DBSCAN struct {
		Tuples  scan     `json:"tuple_min_eps0.5"`
		Pairs   scan     `json:"pair8_eps1"`
		Doubled scan     `json:"pair10_quirk_eps1"`
		Sources []string `json:"tuple_outlier_src_ip"`
	}
	Analyzer struct{ Totals map[string]float64 } `json:"analyzer_all"`
}

type scan struct{ Clusters, Noise float64 }

// originals are the original's detectors besides IQR, with its faults.
func originals(t *testing.T) (ws []detect.Watcher) {
	lists := blacklist.Detector.New()
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	lists.Flags(fs)
	if err := fs.Set("blacklist", ref.Path(t, "reference/office10k/blacklist.csv")); err != nil {
		t.Fatal(err)
	}
	for _, w := range []detect.Watcher{basic.Detector.New(), lists, ports.Detector.New()} {
		if err := w.Check(); err != nil {
			t.Fatal(err)
		}
		w.(detect.Compatible).SeedCompat(true)
		ws = append(ws, w)
	}
	return ws
}

func office(t *testing.T) *reproduce.Result {
	t.Helper()
	csv, err := flow.FormatNamed("csv")
	if err != nil {
		t.Fatal(err)
	}
	hosts, labels := new(flow.Hosts), new(flow.Labels)
	j := reproduce.New(hosts, labels, originals(t), nil)
	for b, err := range csv.Read(bytes.NewReader(ref.Read(t, "reference/office10k/flows.csv.gz")), flow.Input{Name: "flows", Hosts: hosts, Labels: labels}) {
		if err != nil {
			t.Fatal(err)
		}
		j.Add(b)
	}
	r, err := j.Finish(context.Background(), algo.Env{Seed: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Reference: golden.json of office10k; "quirk" and "seed" are the faults.
func TestOffice(t *testing.T) {
	var g golden
	ref.JSON(t, "reference/office10k/golden.json", &g)
	r := office(t)
	if r.Original {
		t.Error("office10k is taken for the original's data")
	}
	row := func(name string) reproduce.Row {
		t.Helper()
		for _, row := range r.Rows {
			if row.Name == name {
				return row
			}
		}
		t.Fatalf("no figure %q", name)
		panic("unreached")
	}
	check := func(name string, replayed, right, tol float64) {
		t.Helper()
		got := row(name)
		if d := math.Abs(got.Replayed.Number - replayed); !(d <= tol*math.Abs(replayed)) {
			t.Errorf("%s, with the faults: %v, want %v", name, got.Replayed, replayed)
		}
		if d := math.Abs(got.Right.Number - right); !(d <= tol*math.Abs(right)) {
			t.Errorf("%s, right: %v, want %v", name, got.Right, right)
		}
	}
	check("records", g.Input.Records, g.Input.Records, 0)
	check("source ports", g.Input.SrcPort, g.Input.SrcPort, 0)
	check("bytes sent by sources", g.Input.SumSrcTx, g.Input.SumSrcTx, 0)
	check("flow tuples", g.Tuples.Rows, g.Tuples.Rows, 0)
	check("samples", g.Pairs.Rows, g.Pairs.Rows, 0)
	check("batches", g.BatchesQuirk.Rows, g.Windows.Rows, 0)
	for k, name := range []string{"dst_ip", "dst_port", "src_ip", "src_port", "ip_protocol", "state"} {
		check("entropy of "+name+" over 100 records, mean", g.Entropy.Mean[k], g.Entropy.Mean[k], 1e-9)
	}
	for choice, key := range map[string]string{"num_dst_ports, num_conns": "ports_conns", "num_dst_ports": "ports", "num_conns": "conns", "num_dst_ports, num_conns, src_tx, dst_tx": "all4"} {
		check("IQR by "+choice, g.IQR[key].Quirk, g.IQR[key].Window, 0)
	}
	for k, v := range g.PCA["tuple_min_centred_n2"].Variance {
		check([]string{"PCA: variance of component 1", "PCA: variance of component 2"}[k], v, v, 1e-9)
	}
	seen := map[string]int{}
	for _, row := range r.Rows { // the first of each name is of tuples, the second of pairs
		want := map[string][2]scan{"DBSCAN: clusters": {g.DBSCAN.Tuples, g.DBSCAN.Doubled}, "DBSCAN: noise": {g.DBSCAN.Tuples, g.DBSCAN.Doubled}}[row.Name]
		if want == ([2]scan{}) {
			continue
		}
		right := [2]scan{g.DBSCAN.Tuples, g.DBSCAN.Pairs}
		of := func(s scan) float64 {
			if row.Name == "DBSCAN: noise" {
				return s.Noise
			}
			return s.Clusters
		}
		k := seen[row.Name]
		seen[row.Name]++
		if row.Replayed.Number != of(want[k]) || row.Right.Number != of(right[k]) {
			t.Errorf("%s, %s: %v and %v, want %v and %v", row.Section, row.Name, row.Replayed, row.Right, of(want[k]), of(right[k]))
		}
	}
	if got := row("DBSCAN: source addresses of outliers").Replayed.Number; got != float64(len(g.DBSCAN.Sources)) {
		t.Errorf("source addresses of outliers: %v, want %d", got, len(g.DBSCAN.Sources))
	}
	if got := row("all detectors, IQR by num_dst_ports").Replayed.Number; got != g.Analyzer.Totals["ports"] {
		t.Errorf("alerts of all detectors: %v, want %v", got, g.Analyzer.Totals["ports"])
	}
	var pairs []reproduce.Row
	for _, row := range r.Rows {
		if strings.HasPrefix(row.Section, "Pairs") && strings.HasPrefix(row.Name, "PCA: variance") {
			pairs = append(pairs, row)
		}
	}
	for k, row := range pairs {
		seed, right := g.PCA["pair10_quirk_std_n6"].Variance, g.PCA["pair8_std_n6"].Variance
		if len(seed) < 6 || len(right) < 6 {
			t.Fatalf("the reference has %d and %d components: keys %v", len(seed), len(right), keys(g.PCA))
		}
		if math.Abs(row.Replayed.Number-seed[k]) > 1e-9 || math.Abs(row.Right.Number-right[k]) > 1e-9 {
			t.Errorf("%s: %v and %v, want %v and %v", row.Name, row.Replayed, row.Right, seed[k], right[k])
		}
	}
	// Every figure that is not as published says why.
	for _, row := range r.Rows {
		if row.Fault == reproduce.None && row.Theirs != row.Right {
			t.Errorf("%s: %+v is not %+v, and no reason is told", row.Name, row.Right, row.Theirs)
		}
	}
}

func keys[V any](m map[string]V) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

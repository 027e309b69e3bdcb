package reports

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/evaluate"
	"toolkit/features"
	"toolkit/internal/run"
)

// A maker makes columns of a table, row by row.
type maker struct{ *features.Table }

func (m maker) col(f features.Field) *features.Column {
	if c := m.Column(f.Name); c != nil {
		return c
	}
	c := &features.Column{Field: f}
	m.Columns = append(m.Columns, c)
	return c
}

func (m maker) key(name string, typ features.Type) *features.Column {
	return m.col(features.Field{Name: name, Type: typ, Role: features.Key})
}

func (m maker) text(name, value string) {
	c := m.key(name, features.Text)
	k := slices.Index(c.Dict, value)
	if k < 0 {
		k, c.Dict = len(c.Dict), append(c.Dict, value)
	}
	c.Codes = append(c.Codes, uint32(k))
}

func (m maker) int(name string, u features.Unit, v int64) {
	c := m.col(features.Field{Name: name, Type: features.Int, Unit: u, Role: features.Value})
	c.Ints = append(c.Ints, v)
}

func (m maker) float(name string, v float64) {
	c := m.col(features.Field{Name: name, Type: features.Float, Role: features.Outcome})
	c.Floats = append(c.Floats, v)
}

func (m maker) bool(name string, v bool) {
	c := m.col(features.Field{Name: name, Type: features.Bool, Unit: features.Flag, Role: features.Outcome})
	c.Ints = append(c.Ints, int64(bit(v)))
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (m maker) time(name string, seconds int64) {
	c := m.key(name, features.Time)
	c.Ints = append(c.Ints, seconds*1e6)
}

// sampleInput is what the toolkit could have made of n flow tuples of an
// office, in which 10.0.0.66 scans and 10.0.0.77 sends a lot.
func sampleInput(n int) *Input {
	r := rand.New(rand.NewPCG(7, 7))
	in := &Input{Title: "An office", Version: "0.1", Tables: map[string]*features.Table{}}
	table := func(name string, meta ...string) maker {
		t := &features.Table{Name: name, Meta: map[string]string{}}
		for i := 0; i < len(meta); i += 2 {
			t.Meta[meta[i]] = meta[i+1]
		}
		in.Tables[name] = t
		return maker{t}
	}
	used := []string{"features", "num_conns,time_flow,bytes_up,bytes_dw", "scale", "standard"}
	tuples := table("flow_tuples")
	pca := table("flow_tuples.pca", used...)
	dbscan := table("flow_tuples.dbscan", append(used, "rule", "rows that are noise", "param.eps", "0.5", "param.min-samples", "2")...)
	kmeans := table("flow_tuples.kmeans", append(used, "param.k", "auto")...)
	hbos := table("flow_tuples.hbos", append(used, "rule", "the 1 % of samples with the highest scores")...)
	const start = 1485534282
	for i := range n {
		src, dst, port, up, cluster := fmt.Sprintf("10.0.0.%d", 1+i%40), fmt.Sprintf("93.184.216.%d", i%25), int64(443), math.Exp(6+2*r.NormFloat64()), int64(i%3)
		switch {
		case i%50 == 7:
			src, dst, port, up, cluster = "10.0.0.66", "10.0.0.1", int64(i%1000), 0, 3
		case i == n/2:
			src, dst, port, up, cluster = "10.0.0.77", "<b>evil</b>", 22, 64618988, -1
		case i%40 == 3:
			port, cluster = 53, -1
		}
		conns := int64(1 + r.IntN(3))
		tuples.text("src_ip", src)
		tuples.key("src_port", features.Int).Ints = append(tuples.key("src_port", features.Int).Ints, int64(1024+i))
		tuples.text("dst_ip", dst)
		tuples.key("dst_port", features.Int).Ints = append(tuples.key("dst_port", features.Int).Ints, port)
		tuples.text("ip_protocol", map[bool]string{true: "udp", false: "tcp"}[port == 53])
		tuples.int("num_conns", features.Count, conns)
		for _, c := range []string{"time_first_seen", "time_last_seen"} {
			col := tuples.col(features.Field{Name: c, Type: features.Time, Role: features.Value})
			col.Ints = append(col.Ints, (start+int64(i)/4)*1e6)
		}
		tuples.int("time_flow", features.Seconds, int64(r.IntN(20)))
		tuples.int("bytes_up", features.Bytes, int64(up))
		tuples.int("bytes_dw", features.Bytes, int64(3*up))
		tuples.int("state_closed", features.Count, conns)
		tuples.int("state_new", features.Count, 0)
		x, y := float64(cluster)+r.NormFloat64()/4, r.NormFloat64()
		if cluster < 0 {
			x, y = 6+r.ExpFloat64()*5, 3+r.ExpFloat64()*9
		}
		if i == n/2 {
			x, y = 900, 900
		}
		pca.float("pc1", x)
		pca.float("pc2", y)
		pca.float("score", math.Hypot(x, y))
		pca.bool("anomaly", math.Hypot(x, y) > 9)
		dbscan.int("label", features.None, cluster)
		dbscan.text("kind", "core")
		dbscan.bool("anomaly", cluster < 0)
		kmeans.int("label", features.None, max(cluster, 0))
		kmeans.float("score", math.Abs(x))
		kmeans.bool("anomaly", math.Abs(x) > 6)
		hbos.float("score", math.Abs(x)+math.Abs(y))
		hbos.bool("anomaly", math.Abs(x)+math.Abs(y) > 9)
	}
	variance := table("flow_tuples.pca.variance", used...)
	loadings := table("flow_tuples.pca.loadings", used...)
	sum := 0.0
	for i, v := range []float64{.55, .25, .15, .05} {
		sum += v
		variance.int("component", features.None, int64(i+1))
		variance.float("explained_variance", 4*v)
		variance.float("ratio", v)
		variance.float("cumulative", sum)
		variance.bool("kept", i < 2)
		loadings.text("column", strings.Split(used[1], ",")[i])
		loadings.float("pc1", v)
		loadings.float("pc2", -v)
	}
	elbow := table("flow_tuples.kmeans.elbow", used...)
	for k := range 10 {
		elbow.int("k", features.Count, int64(k+1))
		elbow.float("inertia", 4e5/float64(k+1))
		elbow.float("mean_distance", 2/math.Sqrt(float64(k+1)))
		elbow.bool("chosen", k == 3)
	}
	curve := table("flow_tuples.dbscan.kdistance", append(used, "eps", "0.5")...)
	for k := range 200 {
		curve.float("samples", float64(k+1)*float64(n)/200)
		curve.float("distance", 30*math.Exp(-float64(k)/20))
	}
	bins := table("flow_tuples.hbos.bins", used...)
	for j, name := range strings.Split(used[1], ",") {
		for k := range 10 {
			bins.text("column", name)
			bins.int("bin", features.None, int64(k))
			bins.float("low", float64(k)*math.Pow(10, float64(j)))
			bins.float("high", float64(k+1)*math.Pow(10, float64(j)))
			bins.float("samples", math.Floor(float64(n)*math.Pow(0.1, float64(k))))
			bins.float("height", 1)
			bins.float("score", float64(k)/2)
		}
	}
	hdbscan := table("flow_tuples.hdbscan", used...)
	for i := range n {
		hdbscan.int("label", features.None, int64(i%4)-1)
	}
	condensed := table("flow_tuples.hdbscan.condensed", "clusters", "6")
	for i, c := range [][5]float64{{-1, 0, .5, 1000, -1}, {0, .5, 2, 600, -1}, {0, .5, 0, 300, 0}, {1, 2, 9, 250, 1}, {1, 2, 4, 200, 2}, {1, 2, 3, 20, -1}} {
		condensed.int("child", features.None, int64(i))
		condensed.int("parent", features.None, int64(c[0]))
		col := condensed.Column("parent")
		col.Null = append(col.Null, c[0] < 0)
		condensed.float("lambda", c[1])
		condensed.float("death", c[2])
		condensed.float("size", c[3])
		condensed.bool("selected", c[4] >= 0)
		condensed.int("label", features.None, int64(c[4]))
	}
	shapes := table("flow_tuples.kmeans.clusters", used...)
	for i := range 4 {
		shapes.int("label", features.None, int64(i))
		shapes.float("silhouette_simplified", .9-.4*float64(i))
	}
	profiles := table("flow_tuples.kmeans.silhouettes", used...)
	for i := range 40 {
		profiles.int("label", features.None, int64(i/10))
		profiles.float("silhouette_simplified", 1.1-.4*float64(i/10)-.04*float64(i%10))
	}
	batches := table("batches")
	entropy := table(features.EntropyWindowsTable)
	for i := range 60 {
		batches.time("window_start", start+10*int64(i))
		batches.int("num_entries", features.Count, int64(100+r.IntN(20)+400*(i/50)))
		batches.int("steady", features.Count, 5)
		entropy.time("window_start", start+10*int64(i))
		h := entropy.col(features.Field{Name: "dst_ip", Type: features.Float, Unit: features.Nats, Role: features.Value})
		h.Floats = append(h.Floats, 2+r.Float64())
	}
	pairs := table("ip_pairs")
	pairHBOS := table("ip_pairs.hbos", "features", "bytes_up,num_conns", "scale", "robust", "rule", "scores above 5")
	for i := range n {
		src := fmt.Sprintf("10.0.0.%d", 1+i%40)
		empty := i%3 == 1
		pairs.text("src_ip", src)
		pairs.text("dst_ip", fmt.Sprintf("93.184.216.%d", i/3%25))
		pairs.time("ts", start/10*10+10*int64(i%400))
		v := int64(1 + r.IntN(9))
		if empty {
			v = 0
		}
		pairs.int("bytes_up", features.Bytes, v*1000)
		pairs.int("bytes_dw", features.Bytes, v*5000)
		pairs.int("num_conns", features.Count, v)
		c := pairs.col(features.Field{Name: "bins", Type: features.Int, Role: features.Weight})
		c.Ints = append(c.Ints, 1+9*int64(bit(empty)))
		pairHBOS.float("score", float64(v))
		pairHBOS.bool("anomaly", v > 8)
	}
	counts := table("alert_counts")
	for i, f := range []string{"num_dst_ports,num_conns", "num_dst_ports", "num_conns", "src_tx,dst_tx,num_dst_ports,num_conns"} {
		counts.text("detector", "iqr")
		counts.text("features", f)
		counts.text("window_mode", "tumbling")
		counts.int("alerts", features.Count, int64(n/(i+2)))
		counts.int("findings", features.Count, int64(n/(i+9)))
	}
	addr := netip.MustParseAddr
	at := func(k int) time.Time { return time.Unix(int64(start+10*k), 0).UTC() }
	var alerts []*detect.Alert
	for k := range 12 {
		alerts = append(alerts, &detect.Alert{Detector: "iqr", Start: at(k), End: at(k + 1), Subject: detect.Subject{Src: addr("10.0.0.66"), Dst: addr("10.0.0.1")}, Score: float64(k),
			Reasons: []algo.Reason{{Column: "num_dst_ports", Value: float64(10 * k), Low: -8, High: 9.5}}, Records: []int64{int64(k), int64(k + 1)}})
	}
	alerts = append(alerts,
		&detect.Alert{Detector: "scan", Kind: "vertical", Start: at(1), End: at(9), Subject: detect.Subject{Src: addr("10.0.0.66"), Dst: addr("10.0.0.1")}, Score: 7,
			Reasons: []algo.Reason{{Column: "failed_contacts", Value: 400, Low: math.Inf(-1), High: 12}}, Records: []int64{1, 2, 3}},
		&detect.Alert{Detector: "exfiltration", Start: at(5), End: at(6), Subject: detect.Subject{Src: addr("10.0.0.77"), Dst: addr("93.184.216.3"), DstPort: 22}, Score: 3,
			Reasons: []algo.Reason{{Column: "bytes_up", Value: 64618988, Low: math.Inf(-1), High: 1e7}}, Records: []int64{9}})
	found := detect.Table(alerts)
	found.Meta = map[string]string{}
	in.Tables["alerts"] = found

	half, ari := 0.5, 0.25
	in.Evaluation = &evaluate.Evaluation{Records: int64(2 * n), Labelled: true, Anomalous: int64(n / 20), Benign: []string{"benign"},
		Labels: []evaluate.Label{{Name: "benign", Records: int64(2*n - n/20)}, {Name: "scan <i>", Records: int64(n / 20), Anomalous: true}}}
	in.Evaluation.Events = []evaluate.Event{{Label: "scan <i>", Start: start, End: start + 90, Records: 12}, {Label: "scan <i>", Start: start + 900, End: start + 900, Records: 1}}
	in.Evaluation.Bootstrap = 200
	for i, name := range []string{"flow_tuples.dbscan", "flow_tuples.hbos", "ip_pairs.hbos", "iqr", "scan"} {
		aupr, delay := ari*float64(5-i)/2, int64(10*i)
		d := &evaluate.Detection{Precision: &half, Recall: &half, F1: &half, AUROC: nil, AUPR: &aupr, ByLabel: []evaluate.LabelRecall{{Label: "scan <i>", Records: 10, Flagged: 5, Recall: .5}},
			PrecisionAt: []evaluate.PrecisionAt{{K: 100, Precision: .75}}, RecallAt1: &half, Best: &evaluate.Best{F1: .6, Precision: .6, Recall: .6, Flagged: 9},
			Curve:     []evaluate.Point{{Recall: .2, FalseAlarm: .01, Precision: .9}, {Recall: .5, FalseAlarm: .1, Precision: .5}, {Recall: 1, FalseAlarm: 1, Precision: .05}},
			Events:    &evaluate.Events{Found: 1, Of: 2, Recall: &half, MedianDelay: &delay, QuietWindows: 40, FalseWindows: int64(i), Outcomes: []evaluate.EventOutcome{{Flagged: 5, Delay: &delay}, {}}},
			Intervals: &evaluate.Intervals{AUPR: &evaluate.Interval{Low: aupr - .1, High: aupr + .1}}}
		in.Evaluation.Methods = append(in.Evaluation.Methods, evaluate.Outcome{Name: name, Rule: "a rule", Flagged: evaluate.Counts{Records: int64(n / (i + 10)), Pairs: 9, Hosts: 3},
			Detection: d, Clusters: &evaluate.Clustering{Clusters: 3, Noise: 7, ARI: ari, AMI: half}})
		for j := range i {
			a := in.Evaluation.Methods[j].Name
			in.Evaluation.Agreement = append(in.Evaluation.Agreement, evaluate.Agreement{A: a, B: name, Unit: "records", Both: 5, OnlyA: 3, OnlyB: 2, Jaccard: &half, Kappa: &ari},
				evaluate.Agreement{A: a, B: name, Unit: "hosts", Both: 2, OnlyA: 1, Jaccard: &ari})
			in.Evaluation.Ranks = append(in.Evaluation.Ranks, evaluate.RankAgreement{A: a, B: name, Spearman: &half, TopK: 20, Overlap: &ari})
		}
		if i > 0 {
			in.Evaluation.Tests = append(in.Evaluation.Tests, evaluate.Test{Method: name, Best: "flow_tuples.dbscan", Difference: .1 * float64(i), StdErr: .1, P: .2 / float64(i), Holm: .06 / float64(i)})
		}
	}
	file := run.File{Path: "flows.csv", Bytes: 123456, SHA256: strings.Repeat("ab", 32), Format: "csv", Records: int64(2 * n), Rejected: 1}
	late := 12.0
	in.Manifest = &run.Manifest{Runs: []*run.Run{
		{Command: "extract", Args: []string{"extract", "flows.csv", "--workers", "2", "--quiet", "--bin=10s"}, Version: "0.1", Go: "go1.26", Host: "secret-host", Seed: 1, Seconds: 98.76, PeakRSS: 7777777,
			Inputs: []run.File{file}, Outputs: []run.File{{Path: "flow_tuples.arrow"}}, Params: []run.Param{{Name: "bin", Value: "10s"}, {Name: "workers", Value: "2"}}, Stats: []run.Stat{{Name: "out_of_order", Value: &late}}, Warnings: []string{"1 record rejected"}},
		{Command: "cluster dbscan", Args: []string{"cluster", "--algo", "dbscan"}, Version: "0.1", Go: "go1.26", Outputs: []run.File{{Path: "flow_tuples.dbscan.arrow"}}},
	}}
	in.Algorithms = []*algo.Algorithm{{Name: "pca", Doc: "Principal components"}, {Name: "kmeans", Doc: "k-means"}, {Name: "dbscan", Doc: "DBSCAN"}, {Name: "hbos", Doc: "Histogram-based outlier score"}}
	in.Explain = func(table, algorithm string, row int) []algo.Reason {
		if algorithm != "hbos" {
			return nil
		}
		return []algo.Reason{{Column: "bytes_up", Weight: .6}, {Column: "num_conns", Weight: .3}, {Column: "bytes_dw", Weight: .01}}
	}
	return in
}

// A report of all parts has every section and the findings that were planted.
func TestBuild(t *testing.T) {
	r := Build(sampleInput(8000))
	dir := t.TempDir()
	if keep := os.Getenv("REPORTS_KEEP"); keep != "" {
		dir = filepath.Join(keep, "report")
	}
	if _, err := Write(dir, r); err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, s := range r.Sections {
		titles = append(titles, s.ID)
	}
	want := []string{"summary", "input", "tables", "methods", "detectors", "agreement", "strangest", "cards", "course", "made"}
	if !slices.Equal(titles, want) {
		t.Errorf("sections %v, want %v", titles, want)
	}
	md := strings.ReplaceAll(string(r.Markdown()), nbsp, " ")
	for _, words := range []string{
		"10.0.0.77", "10.0.0.66",
		"bytes\\_up 61.6 MiB, where 99 % have at most", // the planted upload, told by the column's 99th percentile
		"&lt;b&gt;evil&lt;/b&gt;",
		"10-second bins",
		"dbscan of flow_tuples",
		"flows.csv",
		"dst ports 110 (ordinary: up to 9.5)", "failed contacts 400 (ordinary: up to 12)", "bytes up 61.6 MiB (ordinary: up to 9.54 MiB)", "to 93.184.216.3 port 22", // reasons in words
		"not told apart",
	} {
		if !strings.Contains(strings.ReplaceAll(md, "\\_", "_"), strings.ReplaceAll(words, "\\_", "_")) {
			t.Errorf("the report lacks %q", words)
		}
	}
	for _, words := range []string{"secret-host", "98.76", "7777777", "--workers", "NaN", "toolkit detect INPUT"} {
		if strings.Contains(md, words) {
			t.Errorf("the report holds %q", words)
		}
	}
	if row := r.Sections[6].Tables[2].Rows[0]; row[2].Text != "<b>evil</b>" {
		t.Errorf("the strangest tuple is %v", row)
	}
}

// Any part may be missing, alone or with all others, and there is a report.
func TestMissingParts(t *testing.T) {
	write := func(name string, in *Input) {
		t.Helper()
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("without %s: panic: %v", name, p)
			}
		}()
		r := Build(in)
		if err := r.check(); err != nil {
			t.Errorf("without %s: %v", name, err)
		}
		if _, err := r.HTML(); err != nil {
			t.Errorf("without %s: %v", name, err)
		}
		r.Markdown()
	}
	write("anything", &Input{})
	full := sampleInput(60)
	for _, name := range slices.Sorted(maps.Keys(full.Tables)) {
		in := *full
		in.Tables = maps.Clone(full.Tables)
		delete(in.Tables, name)
		write("table "+name, &in)
		in.Tables = map[string]*features.Table{name: full.Tables[name]}
		in.Evaluation, in.Manifest, in.Explain, in.Algorithms = nil, nil, nil, nil
		write("all but table "+name, &in)
		in.Tables = maps.Clone(full.Tables)
		in.Tables[name] = &features.Table{Name: name}
		write("rows and columns in table "+name, &in)
		for _, c := range full.Tables[name].Columns {
			in.Tables[name] = &features.Table{Name: name, Meta: full.Tables[name].Meta, Columns: slices.DeleteFunc(slices.Clone(full.Tables[name].Columns), func(d *features.Column) bool { return d == c })}
			write("column "+c.Name+" in table "+name, &in)
		}
	}
	text := string(Build(&Input{}).Markdown())
	for _, command := range []string{"toolkit run", "toolkit extract", "toolkit pca", "toolkit cluster", "toolkit score", "toolkit detect", "toolkit evaluate"} {
		if !strings.Contains(text, "    "+command) {
			t.Errorf("the empty report does not name %s", command)
		}
	}
}

// Equal inputs give equal bytes, wherever they are written.
func TestSameBytes(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	files, err := Write(a, Build(sampleInput(3000)))
	if err != nil {
		t.Fatal(err)
	}
	in := sampleInput(3000)
	in.Manifest.Runs[0].Seconds, in.Manifest.Runs[0].Host, in.Manifest.Runs[0].Args[3] = 5, "other", "8"
	if _, err := Write(b, Build(in)); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		p, _ := os.ReadFile(filepath.Join(a, f.Path))
		q, _ := os.ReadFile(filepath.Join(b, f.Path))
		if len(p) == 0 || !bytes.Equal(p, q) {
			t.Errorf("%s differs", f.Path)
		}
	}
}

// Columns of another type than they should have are as if they were not there.
func TestColumnsOfOtherTypes(t *testing.T) {
	in := sampleInput(60)
	for _, name := range slices.Sorted(maps.Keys(in.Tables)) {
		for k, c := range in.Tables[name].Columns {
			other := *in
			other.Tables = maps.Clone(in.Tables)
			tab := *in.Tables[name]
			tab.Columns = slices.Clone(tab.Columns)
			for _, typ := range []features.Type{features.Text, features.Float, features.Time} {
				d := &features.Column{Field: c.Field}
				d.Type = typ
				for range c.Len() {
					switch typ {
					case features.Text:
						d.Dict, d.Codes = []string{"x"}, append(d.Codes, 0)
					case features.Float:
						d.Floats = append(d.Floats, 0.5)
					default:
						d.Ints = append(d.Ints, 7e6)
					}
				}
				tab.Columns[k] = d
				other.Tables[name] = &tab
				func() {
					defer func() {
						if p := recover(); p != nil {
							t.Errorf("column %s of table %s of type %d: panic: %v", c.Name, name, typ, p)
						}
					}()
					Build(&other).Markdown()
				}()
			}
		}
	}
}

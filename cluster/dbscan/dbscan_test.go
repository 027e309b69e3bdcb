package dbscan_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/cluster/dbscan"
	"toolkit/features"
	"toolkit/internal/ref"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
)

func TestAlgorithm(t *testing.T) {
	algotest.Run(t, dbscan.Algorithm, algotest.Set("eps", "3"), algotest.Scales("eps", 1))
}

func TestAlgorithmAuto(t *testing.T) {
	algotest.Run(t, dbscan.Algorithm, algotest.Except("finds the blobs",
		"the k-distances of normal clusters have no sharp knee: one blob in thirteen is noise and the index 0.88"))
}

func fit(t *testing.T, m dbscan.Method, x *features.Matrix, workers int) *algo.Result {
	t.Helper()
	r, err := algo.Fit(context.Background(), &m, x, algo.Env{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func stat(t *testing.T, r *algo.Result, name string) float64 {
	t.Helper()
	v, ok := r.Stat(name)
	if !ok {
		t.Fatalf("no stat %s", name)
	}
	return v
}

// scikit-learn's labels: reference/office10k/dbscan_*.csv.gz and golden.json "dbscan".
func TestOffice(t *testing.T) {
	const dir = "reference/office10k/"
	pair8 := []string{"bytes_up", "bytes_dw", "num_conns", "num_flows", "num_dst_port", "num_src_port", "tcp_conns", "udp_conns"}
	// The seed selects twice a name that two columns have.
	pair10 := append([]string{"bytes_up", "bytes_dw"}, pair8...)
	for _, c := range []struct {
		table, labels, setting, golden string
		columns                        []string
		eps                            float64
	}{
		{"flow_tuples", "dbscan_flow_tuples", "tuple_min_eps0.5_minsamples2", "tuple_min_eps0.5", []string{"num_conns", "time_flow", "bytes_up", "bytes_dw"}, 0.5},
		{"ip_pairs_dense", "dbscan_ip_pairs_dense", "pair8_eps1_minsamples2", "pair8_eps1", pair8, 1},
		{"ip_pairs_dense", "dbscan_ip_pairs_dense", "pair10_seed_eps1_minsamples2", "pair10_quirk_eps1", pair10, 1},
	} {
		table := ref.CSV(t, dir+c.table+".csv.gz")
		x := standardised(t, table, c.columns)
		var want []int32
		for _, l := range ref.Floats(t, ref.CSV(t, dir+c.labels+".csv.gz")[c.setting]) {
			want = append(want, int32(l))
		}
		r := fit(t, dbscan.Method{Eps: c.eps, MinSamples: 2}, x, 2)
		if !slices.Equal(r.Labels, renumber(want)) {
			t.Errorf("%s: labels are not scikit-learn's", c.setting)
		}
		var golden struct {
			DBSCAN map[string]any `json:"dbscan"`
		}
		ref.JSON(t, dir+"golden.json", &golden)
		g := golden.DBSCAN[c.golden].(map[string]any)
		for _, name := range []string{"clusters", "noise"} {
			if got := stat(t, r, name); got != g[name].(float64) {
				t.Errorf("%s: %s %v, want %v", c.setting, name, got, g[name])
			}
		}
	}
}

// standardised returns columns with mean 0 and population standard deviation 1.
func standardised(t *testing.T, table map[string][]string, columns []string) *features.Matrix {
	t.Helper()
	var x *mat.Dense
	for j, name := range columns {
		v := ref.Floats(t, table[name])
		if x == nil {
			x = mat.NewDense(len(v), len(columns), nil)
		}
		var mean, square float64
		for _, a := range v {
			mean += a / float64(len(v))
		}
		for _, a := range v {
			square += (a - mean) * (a - mean) / float64(len(v))
		}
		for i, a := range v {
			x.Set(i, j, (a-mean)/math.Sqrt(square))
		}
	}
	return &features.Matrix{Names: columns, X: x}
}

func TestParameters(t *testing.T) {
	for _, eps := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		m := dbscan.Method{Eps: eps, MinSamples: 5}
		var bad *algo.ParamError
		if err := m.Check(); !errors.As(err, &bad) || bad.Name != "eps" {
			t.Errorf("eps %v: Check returns %v", eps, err)
		}
	}
	var bad *algo.ParamError
	if err := (&dbscan.Method{Eps: 1}).Check(); !errors.As(err, &bad) || bad.Name != "min-samples" {
		t.Errorf("min-samples 0: Check returns %v", err)
	}
	m := dbscan.Default()
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	m.Flags(fs)
	for text, want := range map[string]dbscan.Method{
		"0.25": {Eps: 0.25, MinSamples: 5},
		"auto": {Auto: true, MinSamples: 5},
		"0":    {MinSamples: 5},
	} {
		if err := fs.Set("eps", text); err != nil || m != want {
			t.Errorf("--eps %s: %+v, error %v, want %+v", text, m, err, want)
		}
	}
	if err := fs.Set("eps", "wide"); !errors.As(err, &bad) || bad.Name != "eps" {
		t.Errorf("--eps wide: %v", err)
	}
}

// line returns rows of one column.
func line(v ...float64) *features.Matrix {
	return &features.Matrix{Names: []string{"x"}, X: mat.NewDense(len(v), 1, v)}
}

func TestWarnings(t *testing.T) {
	var spread []float64
	for i := range 100 {
		spread = append(spread, float64(10*i))
	}
	for _, c := range []struct {
		name string
		x    *features.Matrix
		m    dbscan.Method
		want string
	}{
		{"all apart", line(spread...), dbscan.Method{Eps: 1, MinSamples: 2}, "100% of the samples are noise: --eps 1 may be too small"},
		{"all together", line(spread...), dbscan.Method{Eps: 10, MinSamples: 2}, "one cluster holds 100% of the samples and 0% are noise: --eps 10 may be too large"},
		{"two rows of three", line(1, 2, 3), dbscan.Method{Eps: 1, MinSamples: 4}, "all is noise: there are 3 samples, fewer than --min-samples 4"},
		{"two clusters", line(1, 2, 8, 9), dbscan.Method{Eps: 1, MinSamples: 2}, ""},
	} {
		var got []string
		for _, w := range fit(t, c.m, c.x, 1).Warnings {
			got = append(got, w.Error())
		}
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: warnings %q, want %q", c.name, got, want)
		}
	}
}

func TestStats(t *testing.T) {
	x := line(0, 1, 2, 3.5, 20, 0, 40)
	x.Weight = []float64{1, 1, 1, 2, 1, 4, 5}
	r := fit(t, dbscan.Method{Eps: 1.5, MinSamples: 5, KDistance: true}, x, 1)
	// Within 1.5: 0 has 5+1, 1 has 5+1+1, 2 has 1+1+2, 3.5 has 1+2, 20 has 1, 40 has 5.
	if want := []int32{0, 0, 0, -1, -1, 0, 1}; !slices.Equal(r.Labels, want) {
		t.Errorf("labels %v, want %v", r.Labels, want)
	}
	if want := []float64{0, 0, 1, 2.5, 19, 0, 0}; !slices.Equal(r.Scores, want) {
		t.Errorf("scores %v, want %v", r.Scores, want)
	}
	for name, want := range map[string]float64{"eps": 1.5, "eps_auto": 0, "min_samples": 5, "clusters": 2,
		"noise": 3, "core": 11, "border": 1, "largest_share": 7.0 / 15} {
		if got := stat(t, r, name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	// 5-distances: 0 and 40 none above 0; 1: 1, 2: 2, 3.5: 3.5, 20: 19.
	k := r.Tables[0]
	if d := k.Column("distance").Floats; !slices.Equal(d, []float64{19, 3.5, 2, 1}) {
		t.Errorf("k-distances %v", d)
	}
	if n := k.Column("samples").Floats; !slices.Equal(n, []float64{1, 3, 4, 5}) {
		t.Errorf("samples of the k-distances %v", n)
	}
}

// Taking eps from the k-distances is the same as giving it.
func TestAuto(t *testing.T) {
	for _, c := range trials(500) {
		chosen := fit(t, dbscan.Method{Auto: true, MinSamples: c.m.MinSamples}, c.x, 2)
		given := fit(t, dbscan.Method{Eps: stat(t, chosen, "eps"), MinSamples: c.m.MinSamples, KDistance: true}, c.x, 2)
		if !slices.Equal(chosen.Labels, given.Labels) || !slices.Equal(chosen.Scores, given.Scores) {
			t.Fatalf("%s: results for --eps auto and the eps it takes differ", c.name)
		}
		a, b := chosen.Tables[0], given.Tables[0]
		if a.Meta["eps"] != b.Meta["eps"] || !slices.Equal(a.Columns[1].Floats, b.Columns[1].Floats) {
			t.Fatalf("%s: curves for --eps auto and the eps it takes differ", c.name)
		}
		if stat(t, chosen, "eps_auto") != 1 || stat(t, given, "eps_auto") != 0 {
			t.Fatalf("%s: eps_auto is wrong", c.name)
		}
	}
}

func TestExplain(t *testing.T) {
	x := &features.Matrix{Names: []string{"a", "b", "c"}, X: mat.NewDense(3, 3, []float64{0, 0, 7, 1, 0, 7, 4, -4, 7})}
	m := fit(t, dbscan.Method{Eps: 1, MinSamples: 2}, x, 1).Model.(algo.Explainer)
	// The nearest core row is 1, 0, 7: squared differences 9, 16, 0.
	want := []algo.Reason{{Column: "b", Value: -4, Low: 0, High: 0, Weight: 16.0 / 25}, {Column: "a", Value: 4, Low: 1, High: 1, Weight: 9.0 / 25}}
	got := m.Explain(x, 2)
	for i := range got {
		got[i].Weight = math.Round(got[i].Weight*1e12) / 1e12
	}
	if !slices.Equal(got, want) {
		t.Errorf("reasons %v, want %v", got, want)
	}
	if got := m.Explain(x, 0); got != nil {
		t.Errorf("reasons for a core row: %v", got)
	}
}

// A model without core rows is a model, too.
func TestNoCore(t *testing.T) {
	x := line(1, 5, 9)
	r := fit(t, dbscan.Method{Eps: 2, MinSamples: 2}, x, 1)
	loaded, err := dbscan.Algorithm.Load(r.Model.State())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []algo.Model{r.Model, loaded} {
		again, err := m.Apply(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(again.Labels, []int32{-1, -1, -1}) || !slices.Equal(again.Scores, []float64{2, 2, 2}) {
			t.Errorf("labels %v, scores %v, want noise of score eps", again.Labels, again.Scores)
		}
		if got := m.(algo.Explainer).Explain(x, 1); len(got) != 1 || got[0].Value != 5 || got[0].Weight != 0 {
			t.Errorf("reasons %v", got)
		}
	}
}

// Scores stay finite where squares do not.
func TestHuge(t *testing.T) {
	r := fit(t, dbscan.Method{Eps: 1, MinSamples: 2}, line(0, 0, 1e200, -1e308, 1.7e308), 1)
	if want := []float64{0, 0, 1e200, 1e308, 1.7e308}; !slices.Equal(r.Scores, want) {
		t.Errorf("scores %v, want %v", r.Scores, want)
	}
	r = fit(t, dbscan.Method{Eps: 1, MinSamples: 2}, line(-1.7e308, -1.7e308, 1.7e308), 1)
	if want := []float64{0, 0, math.MaxFloat64}; !slices.Equal(r.Scores, want) {
		t.Errorf("scores %v, want %v", r.Scores, want)
	}
}

// Bytes must not be far from what Fit allocates in all. It may be above that,
// as it allows for core rows in a matrix and a tree of their own, which there
// are not if all rows are core, or few.
func TestBytes(t *testing.T) {
	for _, c := range []struct {
		zeros, n, d int
		m           dbscan.Method
	}{
		{50_000, 5_000, 8, dbscan.Method{Eps: 1, MinSamples: 2}},
		{0, 20_000, 4, dbscan.Method{Eps: 0.1, MinSamples: 5}},
		{0, 20_000, 4, dbscan.Default()},
		{0, 3_000, 57, dbscan.Method{Eps: 3, MinSamples: 5}},
		{0, 20_000, 4, dbscan.Method{Eps: 0.1, MinSamples: 5, Sweep: dbscan.Sweep{From: 0.01, To: 1, N: 50}}},
	} {
		x := traffic(c.zeros, c.n, c.d)
		bytes := float64(c.m.Bytes(c.zeros+c.n, features.Distinct(x), c.d, 2))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		fit(t, c.m, x, 2)
		runtime.ReadMemStats(&after)
		all := float64(after.TotalAlloc - before.TotalAlloc)
		if share := bytes / all; share < 0.4 || share > 1.5 {
			t.Errorf("%d+%d rows of %d columns: Bytes is %.1f MB, %.2f of all that is allocated", c.zeros, c.n, c.d, bytes/1e6, share)
		}
	}
}

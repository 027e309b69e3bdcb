package dbscan_test

import (
	"context"
	"errors"
	"math"
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

func TestAlgorithm(t *testing.T) { algotest.Run(t, dbscan.Algorithm, algotest.Set("eps", "3")) }

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

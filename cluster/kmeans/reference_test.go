package kmeans_test

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"testing"

	"toolkit/algo"
	"toolkit/cluster/kmeans"
	"toolkit/features"
	"toolkit/internal/ref"

	"gonum.org/v1/gonum/mat"
)

// tables are those of the reference values: which columns of which file.
var tables = []struct {
	name, file string
	columns    []string
}{
	{"tuple_min_std", "flow_tuples.csv.gz", []string{"num_conns", "time_flow", "bytes_up", "bytes_dw"}},
	{"tuple_max_std", "flow_tuples.csv.gz", []string{
		"src_port", "dst_port", "num_conns", "time_flow", "bytes_up", "bytes_dw",
		"state_closed", "state_closing", "state_connecting", "state_established", "state_new", "state_reset", "pvt_src_ip", "pvt_dst_ip",
		"port_80", "port_8080", "port_443", "port_53", "port_22", "port_3306", "port_5772", "port_1194", "proto_tcp"}},
	{"pair8_std", "ip_pairs_dense.csv.gz", []string{
		"bytes_up", "bytes_dw", "num_conns", "num_flows", "num_dst_port", "num_src_port", "tcp_conns", "udp_conns"}},
}

// standardised reads columns of a reference table and gives each the mean 0
// and the population standard deviation 1, unless it is constant.
func standardised(t testing.TB, file string, columns []string) *features.Matrix {
	text := ref.CSV(t, "reference/office10k/"+file)
	n := len(text[columns[0]])
	x := mat.NewDense(n, len(columns), nil)
	for j, name := range columns {
		v := ref.Floats(t, text[name])
		var mean, sq float64
		for _, f := range v {
			mean += f / float64(n)
		}
		for _, f := range v {
			sq += (f - mean) * (f - mean) / float64(n)
		}
		if sq == 0 {
			sq = 1
		}
		for i, f := range v {
			x.Set(i, j, (f-mean)/math.Sqrt(sq))
		}
	}
	return &features.Matrix{Names: columns, X: x}
}

// Inertias are held to scikit-learn's best of 10 starts, for the seeds 0 to 2;
// with batches those are allowed 2 %.
// No limit holds for every seed: over the seeds 0 to 29 and k from 1 to 10 the
// worst of 10 starts was 0.26 % above it (tuple_min_std, k = 8, seeds 12, 19
// and 24), the worst of 50 starts 0.005 %.
func TestReference(t *testing.T) {
	if raced {
		t.Skip("150 fits of tens of thousands of rows take minutes under the race detector; TestWorkers shares out work, too")
	}
	var golden struct {
		Kmeans map[string]any
	}
	ref.JSON(t, "reference/office10k/golden.json", &golden)
	for _, tab := range tables {
		x := standardised(t, tab.file, tab.columns)
		want := golden.Kmeans[tab.name].(map[string]any)
		for _, c := range []struct {
			starts int
			seed   uint64
			above  float64
			flags  []string
		}{
			{10, 0, 0.01, nil},
			{10, 1, 0.01, nil},
			{30, 0, 0.001, nil},
			{10, 2, 0.01, []string{"init", kmeans.Parallel}},
			{10, 2, 0.02, []string{"batch", "512"}},
		} {
			t.Run(fmt.Sprintf("%s/%d/seed=%d%v", tab.name, c.starts, c.seed, c.flags), func(t *testing.T) {
				r := fit(t, x, algo.Env{Seed: c.seed}, append(c.flags, "k", "1..10", "n-init", strconv.Itoa(c.starts))...)
				curve := r.Tables[0]
				for i, k := range curve.Column("k").Ints {
					w := want[strconv.Itoa(int(k))].(map[string]any)
					inertia, distance := w["inertia"].(float64), w["distortion_mean_distance"].(float64)
					got := curve.Column("inertia").Floats[i]
					if got > inertia*(1+c.above) {
						t.Errorf("k=%d: inertia %.2f, want %.2f", k, got, inertia)
					}
					if d := curve.Column("mean_distance").Floats[i]; math.Abs(got/inertia-1) < 1e-9 && math.Abs(d/distance-1) > 1e-6 {
						t.Errorf("k=%d: mean distance %.9f, want %.9f at equal inertia", k, d, distance)
					}
				}
			})
		}
	}
}

// fit runs k-means with flags set to values.
func fit(t testing.TB, x *features.Matrix, env algo.Env, flags ...string) *algo.Result {
	t.Helper()
	r, err := tryFit(t, x, env, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tryFit(t testing.TB, x *features.Matrix, env algo.Env, flags ...string) (*algo.Result, error) {
	t.Helper()
	m := kmeans.Default()
	set(t, &m, flags...)
	return algo.Fit(context.Background(), &m, x, env)
}

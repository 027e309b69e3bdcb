package hbos

import (
	"fmt"
	"math"
	"path"
	"slices"
	"sort"
	"strings"
	"testing"

	"toolkit/features"
	"toolkit/internal/ref"

	"gonum.org/v1/gonum/mat"
)

// PyOD 3.6.7: HBOS(n_bins, tol=tol).fit(X), decision_scores_ of X and
// decision_function(Y).
func TestPyODBorders(t *testing.T) {
	x := []float64{0, 0, 0, 1, 2, 2, 3, 4, 7, 8}
	y := []float64{-5, -1.1, -1, -0.9, -0.5, 0, 0.5, 1.6, 2, 4, 5, 6, 6.4, 7, 8, 8.8, 8.9, 20}
	for _, c := range []struct {
		bins   Bins
		tol    float64
		fitted []float64
		scores []float64
	}{
		{5, 0.5,
			[]float64{1.5145731728297582, 1.5145731728297582, 1.5145731728297582, 1.5145731728297582, 1.7983661388303496, 1.7983661388303496, 1.7983661388303496, 2.6214883767462704, 2.1520030934450496, 2.1520030934450496},
			[]float64{3.321928094887362, 3.321928094887362, 3.321928094887362, 3.321928094887362, 1.5145731728297582, 1.5145731728297582, 1.5145731728297582, 1.5145731728297582, 1.7983661388303496, 2.6214883767462704, 3.321928094887362, 3.321928094887362, 3.321928094887362, 2.1520030934450496, 2.1520030934450496, 3.321928094887362, 3.321928094887362, 3.321928094887362}},
		{4, 0.25,
			[]float64{1.7369655941662059, 1.7369655941662059, 1.7369655941662059, 1.7369655941662059, 1.7369655941662059, 1.7369655941662059, 2.0, 2.0, 2.321928094887362, 2.321928094887362},
			[]float64{2.736965594166206, 2.736965594166206, 2.736965594166206, 2.736965594166206, 1.7369655941662059, 1.7369655941662059, 1.7369655941662059, 1.7369655941662059, 1.7369655941662059, 2.0, 2.736965594166206, 2.736965594166206, 2.321928094887362, 2.321928094887362, 2.321928094887362, 2.736965594166206, 2.736965594166206, 2.736965594166206}},
		{Auto, 0.5,
			slices.Repeat([]float64{2.15200309344505}, len(x)),
			slices.Repeat([]float64{2.15200309344505}, len(y))},
	} {
		r := fit(t, HBOS{PyOD, c.bins, 0.1, c.tol}, matrix(1, x...), 1)
		close(t, fmt.Sprintf("fit, %v bins", c.bins), r.Scores, c.fitted, 1e-14)
		close(t, fmt.Sprintf("apply, %v bins", c.bins), apply(t, r.Model, matrix(1, y...)).Scores, c.scores, 1e-14)
	}
	// A constant column: all values are on the border of the bins 4 and 5.
	r := fit(t, Default(), matrix(1, 7, 7, 7, 7, 7), 1)
	close(t, "constant", r.Scores, slices.Repeat([]float64{3.32192809}, 5), 1e-8)
	close(t, "constant, applied", apply(t, r.Model, matrix(1, 6.4, 6.5, 6.95, 7, 7.05, 7.6)).Scores,
		[]float64{3.32192809, 3.32192809, 3.32192809, 3.32192809, -3.33628339, 3.32192809}, 1e-8)
}

func close(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tol*max(1, math.Abs(want[i]))) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// The feature sets of the reference values, in the order of their columns.
var (
	setMin   = []string{"num_conns", "time_flow", "bytes_up", "bytes_dw"}
	setMax   = strings.Fields("src_port dst_port num_conns time_flow bytes_up bytes_dw state_closed state_closing state_connecting state_established state_new state_reset pvt_src_ip pvt_dst_ip port_80 port_8080 port_443 port_53 port_22 port_3306 port_5772 port_1194 proto_tcp")
	setPair8 = strings.Fields("bytes_up bytes_dw num_conns num_flows num_dst_port num_src_port tcp_conns udp_conns")
)

func reference(t *testing.T, file string, names []string) *features.Matrix {
	cols := ref.CSV(t, "reference/office10k/"+file)
	x := mat.NewDense(len(cols[names[0]]), len(names), nil)
	for j, name := range names {
		x.SetCol(j, ref.Floats(t, cols[name]))
	}
	return &features.Matrix{Names: names, X: x}
}

// A scaler is the means and population standard deviations of golden.json.
// Scores hang on their last bits: whole numbers come to lie on borders of
// bins, and rounding says on which side.
type scaler struct{ Mean, Std []float64 }

// standardise takes the mean from each column of x and divides by the
// standard deviation, but for a constant column.
func (s scaler) standardise(t *testing.T, x *mat.Dense) {
	for j, mean := range s.Mean {
		v := mat.Col(nil, j, x)
		var square float64
		for _, f := range v {
			square += (f - mean) * (f - mean)
		}
		if std := math.Sqrt(square / float64(len(v))); math.Abs(std-s.Std[j]) > 1e-12*std {
			t.Fatalf("standard deviation %v of column %d, want %v", s.Std[j], j, std)
		}
		std := s.Std[j]
		if std == 0 {
			std = 1
		}
		for i, f := range v {
			x.Set(i, j, (f-mean)/std)
		}
	}
}

// golden.json "hbos" and hbos_*.csv.gz of reference/office10k, by PyOD 3.6.7.
func TestPyODReference(t *testing.T) {
	type values struct {
		Bins          []int
		Sum, Min, Max float64
		Q, Top20      []float64
		Top20Rows     []int `json:"top20_rows"`
		Distinct      int   `json:"distinct_scores"`
	}
	var golden struct {
		HBOS   map[string]values
		Scaler map[string]scaler
	}
	ref.JSON(t, "reference/office10k/golden.json", &golden)
	seen := 0
	for _, set := range []struct {
		name, table, scores string
		columns             []string
	}{
		{"tuple_min", "flow_tuples.csv.gz", "hbos_flow_tuples.csv.gz", setMin},
		{"tuple_max", "flow_tuples.csv.gz", "hbos_flow_tuples.csv.gz", setMax},
		{"pair8", "ip_pairs_dense.csv.gz", "hbos_ip_pairs_dense.csv.gz", setPair8},
	} {
		for _, scale := range []string{"raw", "std"} {
			x := reference(t, set.table, set.columns)
			if scale == "std" {
				golden.Scaler[set.name].standardise(t, x.X)
			}
			for _, bins := range []Bins{10, Auto} {
				name := fmt.Sprintf("%s_%s_%s", set.name, scale, &bins)
				want, ok := golden.HBOS[name]
				if !ok {
					continue
				}
				seen++
				t.Run(name, func(t *testing.T) {
					r := fit(t, HBOS{PyOD, bins, 0.1, 0.5}, x, 2)
					for j, h := range r.Model.(*Model).hists {
						if len(h.low) != want.Bins[j] {
							t.Errorf("%d bins in %s, want %d", len(h.low), set.columns[j], want.Bins[j])
						}
					}
					sum := 0.0
					for _, s := range r.Scores {
						sum += s
					}
					close(t, "sum", []float64{sum}, []float64{want.Sum}, 1e-9)
					sorted := slices.Sorted(slices.Values(r.Scores))
					n := len(sorted)
					close(t, "range", []float64{sorted[0], sorted[n-1]}, []float64{want.Min, want.Max}, 1e-9)
					for k, p := range []float64{0.5, 0.9, 0.99, 0.999} { // numpy's linear quantiles
						at := p * float64(n-1)
						i := int(at)
						q := sorted[i] + (at-float64(i))*(sorted[min(i+1, n-1)]-sorted[i])
						close(t, fmt.Sprintf("quantile %v", p), []float64{q}, []float64{want.Q[k]}, 1e-9)
					}
					top := make([]float64, 20)
					for k, i := range want.Top20Rows {
						top[k] = r.Scores[i]
					}
					close(t, "top 20 by row", top, want.Top20, 1e-9)
					slices.Reverse(sorted)
					close(t, "top 20", sorted[:20], want.Top20, 1e-9)
					if col, ok := ref.CSV(t, "reference/office10k/"+set.scores)[set.name+"_"+scale]; ok && bins == 10 {
						close(t, "scores", r.Scores, ref.Floats(t, col), 1e-9)
					}
				})
			}
		}
	}
	if seen != len(golden.HBOS) {
		t.Errorf("%d of %d reference values used", seen, len(golden.HBOS))
	}
}

// AUROC of PyOD's HBOS on data sets of ADBench, scaled to 0..1 by the training
// rows, for the benchmark's three splits.
func TestADBench(t *testing.T) {
	for _, name := range strings.Fields("Cardiotocography Hepatitis InternetAds Ionosphere Lymphography Pima Stamps WBC WDBC WPBC breastw cardio glass vertebral yeast") {
		t.Run(name, func(t *testing.T) {
			var want struct {
				Seeds map[string]struct {
					Train, Test []int
					AUC         map[string]float64
				}
			}
			ref.JSON(t, path.Join("data/adbench/hbos_expected", name+".json.gz"), &want)
			cols := ref.CSV(t, path.Join("data/adbench", name+".csv.gz"))
			label := ref.Floats(t, cols["label"])
			d := len(cols) - 1
			x := mat.NewDense(len(label), d, nil)
			names := make([]string, d)
			for j := range d {
				names[j] = fmt.Sprintf("x%d", j)
				x.SetCol(j, ref.Floats(t, cols[names[j]]))
			}
			if len(want.Seeds) != 3 {
				t.Errorf("%d splits, want 3", len(want.Seeds))
			}
			for seed, split := range want.Seeds {
				train, test := minmax(x, split.Train, split.Test)
				r := fit(t, Default(), &features.Matrix{Names: names, X: train}, 2)
				scores := apply(t, r.Model, &features.Matrix{Names: names, X: test}).Scores
				truth := make([]bool, len(split.Test))
				for k, i := range split.Test {
					truth[k] = label[i] == 1
				}
				if got := auroc(scores, truth); math.Abs(got-split.AUC["HBOS"]) > 1e-12 {
					t.Errorf("split %s: AUROC %v, want %v", seed, got, split.AUC["HBOS"])
				}
			}
		})
	}
}

// minmax returns rows of x, scaled so that those of train are in 0..1, as
// scikit-learn's MinMaxScaler works it out.
func minmax(x *mat.Dense, train, test []int) (a, b *mat.Dense) {
	_, d := x.Dims()
	a, b = mat.NewDense(len(train), d, nil), mat.NewDense(len(test), d, nil)
	for j := range d {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, i := range train {
			lo, hi = min(lo, x.At(i, j)), max(hi, x.At(i, j))
		}
		width := hi - lo
		if width == 0 {
			width = 1
		}
		scale := 1 / width
		shift := -float64(lo * scale)
		for k, i := range train {
			a.Set(k, j, float64(x.At(i, j)*scale)+shift)
		}
		for k, i := range test {
			b.Set(k, j, float64(x.At(i, j)*scale)+shift)
		}
	}
	return a, b
}

// auroc is the chance that a true row has a higher score than another one,
// ties counting half.
func auroc(scores []float64, truth []bool) float64 {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return scores[order[a]] < scores[order[b]] })
	var ranks, pos float64
	for lo, hi := 0, 0; lo < len(order); lo = hi {
		for hi = lo; hi < len(order) && scores[order[hi]] == scores[order[lo]]; hi++ {
		}
		for _, i := range order[lo:hi] {
			if truth[i] {
				ranks += float64(lo+hi+1) / 2
				pos++
			}
		}
	}
	return (ranks - pos*(pos+1)/2) / (pos * (float64(len(scores)) - pos))
}

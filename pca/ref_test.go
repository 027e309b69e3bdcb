package pca

import (
	"math"
	"strings"
	"testing"

	"toolkit/features"
	"toolkit/internal/ref"

	"gonum.org/v1/gonum/mat"
)

const (
	tupleMin = "num_conns time_flow bytes_up bytes_dw"
	tupleMax = "src_port dst_port num_conns time_flow bytes_up bytes_dw " +
		"state_closed state_closing state_connecting state_established state_new state_reset pvt_src_ip pvt_dst_ip " +
		"port_80 port_8080 port_443 port_53 port_22 port_3306 port_5772 port_1194 proto_tcp"
	pair8 = "bytes_up bytes_dw num_conns num_flows num_dst_port num_src_port tcp_conns udp_conns"

	// The original program selects the two byte sums twice.
	pair10 = "bytes_up bytes_dw bytes_up bytes_dw num_conns num_flows num_dst_port num_src_port tcp_conns udp_conns"
)

// TestReference compares with scikit-learn's PCA(svd_solver="full").
func TestReference(t *testing.T) {
	var golden struct {
		PCA map[string]struct {
			ExplainedVariance []float64   `json:"explained_variance"`
			Ratio             []float64   `json:"ratio"`
			AbsComponents     [][]float64 `json:"abs_components"`
		}
	}
	ref.JSON(t, "reference/office10k/golden.json", &golden)
	for _, c := range []struct {
		name, file, columns string
		standardised        bool
	}{
		{"tuple_min_centred_n2", "flow_tuples.csv.gz", tupleMin, false},
		{"tuple_min_std_n4", "flow_tuples.csv.gz", tupleMin, true},
		{"tuple_max_std_n10", "flow_tuples.csv.gz", tupleMax, true},
		{"pair8_std_n6", "ip_pairs_dense.csv.gz", pair8, true},
		{"pair10_quirk_std_n6", "ip_pairs_dense.csv.gz", pair10, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, ok := golden.PCA[c.name]
			if !ok {
				t.Fatal("not in the reference")
			}
			x := columns(t, c.file, strings.Fields(c.columns))
			if c.standardised {
				standardise(x.X)
			}
			r, m := fit(t, x, "all")
			ratio := r.Tables[0].Column("ratio").Floats
			for k, v := range want.ExplainedVariance {
				if math.Abs(m.variance[k]-v) > 1e-12*v {
					t.Errorf("variance %d is %v, want %v", k, m.variance[k], v)
				}
				if math.Abs(ratio[k]-want.Ratio[k]) > 1e-12 {
					t.Errorf("ratio %d is %v, want %v", k, ratio[k], want.Ratio[k])
				}
				for j, a := range want.AbsComponents[k] {
					if math.Abs(math.Abs(m.components[k][j])-a) > 1e-9 {
						t.Errorf("component %d of column %d is %v, want ±%v", k, j, m.components[k][j], a)
					}
				}
			}
		})
	}
}

func columns(t *testing.T, file string, names []string) *features.Matrix {
	table := ref.CSV(t, "reference/office10k/"+file)
	x := mat.NewDense(len(table[names[0]]), len(names), nil)
	for j, name := range names {
		x.SetCol(j, ref.Floats(t, table[name]))
	}
	return &features.Matrix{Names: names, X: x}
}

// standardise scales the columns to mean 0 and population deviation 1,
// constant ones to 0.
func standardise(x *mat.Dense) {
	n, d := x.Dims()
	for j := range d {
		col := mat.Col(nil, j, x)
		var mean, squares float64
		for _, v := range col {
			mean += v / float64(n)
		}
		for _, v := range col {
			squares += (v - mean) * (v - mean) / float64(n)
		}
		for i, v := range col {
			if squares > 0 {
				x.Set(i, j, (v-mean)/math.Sqrt(squares))
			} else {
				x.Set(i, j, 0)
			}
		}
	}
}

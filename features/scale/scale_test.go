package scale

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/features"
	"toolkit/internal/ref"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func TestAlgorithms(t *testing.T) {
	if err := algo.Validate(Algorithms); err != nil {
		t.Error(err)
	}
	for _, a := range Algorithms {
		t.Run(a.Name, func(t *testing.T) { algotest.Run(t, a, algotest.Rows(2*rowsAtOnce+100)) })
	}
}

// The columns of the feature sets, as in the reference's golden.json.
var sets = map[string][2]string{
	"tuple_min": {"flow_tuples.csv.gz", "num_conns time_flow bytes_up bytes_dw"},
	"tuple_max": {"flow_tuples.csv.gz", "src_port dst_port num_conns time_flow bytes_up bytes_dw " +
		"state_closed state_closing state_connecting state_established state_new state_reset pvt_src_ip pvt_dst_ip " +
		"port_80 port_8080 port_443 port_53 port_22 port_3306 port_5772 port_1194 proto_tcp"},
	"pair8": {"ip_pairs_dense.csv.gz", "bytes_up bytes_dw num_conns num_flows num_dst_port num_src_port tcp_conns udp_conns"},
}

func TestStandardReference(t *testing.T) {
	var golden struct {
		Scaler map[string]struct{ Mean, Std []float64 }
	}
	ref.JSON(t, "reference/office10k/golden.json", &golden)
	if len(golden.Scaler) != len(sets) {
		t.Errorf("%d sets in the reference, want %d", len(golden.Scaler), len(sets))
	}
	for name, want := range golden.Scaler {
		table := ref.CSV(t, "reference/office10k/"+sets[name][0])
		var columns [][]float64
		for c := range strings.FieldsSeq(sets[name][1]) {
			columns = append(columns, ref.Floats(t, table[c]))
		}
		m := fit(t, Standard, columns, nil).Model.(*model)
		for j := range columns {
			if !near(m.center[j], want.Mean[j], 1e-12) {
				t.Errorf("%s: mean of column %d is %v, want %v", name, j, m.center[j], want.Mean[j])
			}
			// The reference has 0 for the deviation of a constant column, which is divided by 1.
			if s := want.Std[j]; !near(m.scale[j], s, 1e-12) && (s != 0 || m.scale[j] != 1) {
				t.Errorf("%s: standard deviation of column %d is %v, want %v", name, j, m.scale[j], s)
			}
		}
	}
}

func TestScalers(t *testing.T) {
	for _, c := range []struct {
		a            *algo.Algorithm
		values, want []float64
		weight       []float64
	}{
		// scikit-learn 1.9.1's scalers of the same names, fit_transform of the column.
		{Standard, []float64{1, 2, 4, 9}, []float64{-0.97332853, -0.64888568, 0, 1.62221421}, nil},
		{Standard, []float64{0.1, 0.1, 0.1}, []float64{0, 0, 0}, nil},
		{Robust, []float64{1, 2, 4, 9}, []float64{-0.57142857, -0.28571429, 0.28571429, 1.71428571}, nil},
		{Robust, []float64{5, 5, 5, 5, 9}, []float64{0, 0, 0, 0, 4}, nil},
		{MinMax, []float64{1, 2, 4, 9}, []float64{0, 0.125, 0.375, 1}, nil},
		{MinMax, []float64{7, 7}, []float64{0, 0}, nil},
		// The same of the rows repeated: 1 1 1 2 4 4.
		{Standard, []float64{1, 2, 4}, []float64{-0.86824314, -0.12403473, 1.36438208}, []float64{3, 1, 2}},
		{Robust, []float64{1, 2, 4}, []float64{-0.2, 0.2, 1}, []float64{3, 1, 2}},
		// numpy.log1p, with the sign put back.
		{Log1p, []float64{0, 9, -9, 99}, []float64{0, 2.30258509, -2.30258509, 4.60517019}, nil},
		{None, []float64{3, -1}, []float64{3, -1}, nil},
		// Shares below: of 1 is 0 and half of 1/4, and so on; of two equal ones both.
		{Quantile, []float64{9, 1, 4, 2}, []float64{0.875, 0.125, 0.625, 0.375}, nil},
		{Quantile, []float64{1, 2, 4}, []float64{0.25, 7. / 12, 5. / 6}, []float64{3, 1, 2}},
		{Quantile, []float64{7, 7}, []float64{0.5, 0.5}, nil},
		// scipy 1.17.1: norm.ppf of these shares.
		{Normal, []float64{9, 1, 4, 2}, []float64{1.1503493804, -1.1503493804, 0.3186393640, -0.3186393640}, nil},
	} {
		r := fit(t, c.a, [][]float64{c.values}, c.weight)
		for i, want := range c.want {
			if got := r.Coords.At(i, 0); math.Abs(got-want) > 5e-9 {
				t.Errorf("%s of %v with weights %v: row %d is %v, want %v", c.a.Name, c.values, c.weight, i, got, want)
			}
		}
	}
}

// Byte counts that share their first fourteen digits keep the others. The
// deviation of 0, 1, 2, 3, 4 is √2, whatever is added to them.
func TestStandardOfLargeCounts(t *testing.T) {
	var values []float64
	for i := range 10_000 {
		values = append(values, 1e15+float64(i%5))
	}
	m := fit(t, Standard, [][]float64{values}, nil).Model.(*model)
	if m.center[0] != 1e15+2 || !near(m.scale[0], math.Sqrt2, 1e-14) {
		t.Errorf("mean %v, deviation %v, want 1e15+2, √2", m.center[0], m.scale[0])
	}
}

// What float64 can't hold is refused, not made 0 or NaN.
func TestTooFarApart(t *testing.T) {
	x := &features.Matrix{Names: []string{"a", "b"}, X: mat.NewDense(4, 2, []float64{1, -1.5e308, 2, -1.5e308, 3, 1.5e308, 4, 1.5e308})}
	for _, a := range Algorithms {
		_, err := algo.Fit(context.Background(), a.New(), x, algo.Env{})
		if slices.Contains([]*algo.Algorithm{Log1p, Quantile, Normal, None}, a) {
			if err != nil {
				t.Errorf("%s: %v", a.Name, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), "column b") {
			t.Errorf("%s: error %v, want one of column b", a.Name, err)
		}
	}
}

func TestInvert(t *testing.T) {
	for _, a := range Algorithms {
		t.Run(a.Name, rapid.MakeCheck(func(t *rapid.T) {
			values := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 20).Draw(t, "values")
			r := fit(t, a, [][]float64{values}, nil)
			inv := r.Model.(algo.Inverter)
			span := slices.Max(values) - slices.Min(values)
			for i, v := range values {
				got := inv.Invert(0, r.Coords.At(i, 0))
				if math.Abs(got-v) > 1e-12*max(math.Abs(v), span) {
					t.Errorf("%v becomes %v and %v again", v, r.Coords.At(i, 0), got)
				}
			}
			for _, sign := range []int{-1, 1} {
				if got := inv.Invert(0, math.Inf(sign)); !math.IsInf(got, sign) {
					t.Errorf("%v becomes %v", math.Inf(sign), got)
				}
			}
		}))
	}
}

// A weight is that many rows, to the last digits, and for the median and the
// extremes exactly.
func TestWeights(t *testing.T) {
	for _, a := range Algorithms {
		t.Run(a.Name, rapid.MakeCheck(func(t *rapid.T) {
			values := rapid.SliceOfN(rapid.Float64Range(-1e3, 1e3), 1, 20).Draw(t, "values")
			weights := make([]float64, len(values))
			var repeated []float64
			for i, v := range values {
				w := rapid.IntRange(1, 5).Draw(t, "weight")
				weights[i] = float64(w)
				repeated = append(repeated, slices.Repeat([]float64{v}, w)...)
			}
			some, all := fit(t, a, [][]float64{values}, weights).Model, fit(t, a, [][]float64{repeated}, nil).Model
			if q, ok := some.(*quantileModel); ok {
				if want := all.(*quantileModel).points; !reflect.DeepEqual(q.points, want) {
					t.Errorf("weights: %v; repeated: %v", q.points, want)
				}
				return
			}
			got, want := some.(*model), all.(*model)
			tol := 0.0
			if a == Standard {
				tol = 1e-12
			}
			if !near(got.scale[0], want.scale[0], tol) || math.Abs(got.center[0]-want.center[0]) > tol*1e3 {
				t.Errorf("weights: %v, %v; repeated: %v, %v", got.center, got.scale, want.center, want.scale)
			}
		}))
	}
}

func TestNew(t *testing.T) {
	for _, c := range []struct {
		list string
		want string
	}{
		{"standard", "standard"},
		{"log1p,standard", "log1p standard"},
		{" log1p , robust ", "log1p robust"},
		{"none", ""},
	} {
		steps, err := New(c.list)
		if err != nil {
			t.Errorf("New(%q): %v", c.list, err)
		}
		var names []string
		for _, s := range steps {
			names = append(names, s.Algorithm.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("New(%q) has steps %q, want %q", c.list, got, c.want)
		}
	}
	for _, list := range []string{"", "log", "standard,", "Standard"} {
		_, err := New(list)
		if err == nil || !strings.Contains(err.Error(), "standard, robust, minmax, log1p, quantile, normal, none") {
			t.Errorf("New(%q): error %v, want one that lists the names", list, err)
		}
	}
}

func fit(t interface{ Fatal(...any) }, a *algo.Algorithm, columns [][]float64, weight []float64) *algo.Result {
	x := mat.NewDense(len(columns[0]), len(columns), nil)
	m := &features.Matrix{X: x, Weight: weight}
	for j, c := range columns {
		x.SetCol(j, c)
		m.Names = append(m.Names, fmt.Sprintf("f%d", j))
	}
	r, err := algo.Fit(context.Background(), a.New(), m, algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func near(got, want, tol float64) bool { return math.Abs(got-want) <= tol*math.Abs(want) }

func BenchmarkScale(b *testing.B) {
	for _, a := range Algorithms {
		for _, n := range []int{10_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("algo=%s/n=%dk/d=8", a.Name, n/1000), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 0))
				x := mat.NewDense(n, 8, nil)
				x.Apply(func(_, _ int, _ float64) float64 { return math.Exp(3 * r.NormFloat64()) }, x)
				m := &features.Matrix{Names: strings.Split("abcdefgh", ""), X: x}
				for b.Loop() {
					if _, err := algo.Fit(context.Background(), a.New(), m, algo.Env{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// Weights, repetition and order give the same bits: what is compared with a
// bound, as bins and neighbourhoods are, must not depend on them.
func TestStandardToTheBit(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	for range 200 {
		n := 2 + r.IntN(50)
		var values, weights, repeated []float64
		for range n {
			v, w := math.Trunc(math.Exp(20*r.Float64()))+r.Float64()*float64(r.IntN(2)), float64(1+r.IntN(1000))
			values, weights = append(values, v), append(weights, w)
			for range int(w) {
				repeated = append(repeated, v)
			}
		}
		r.Shuffle(len(repeated), func(i, j int) { repeated[i], repeated[j] = repeated[j], repeated[i] })
		a := fit(t, Standard, [][]float64{values}, weights).Model.State()
		b := fit(t, Standard, [][]float64{repeated}, nil).Model.State()
		for _, c := range []string{"center", "scale"} {
			if x, y := a.Column(c).Floats[0], b.Column(c).Floats[0]; x != y {
				t.Fatalf("%s of %v, weights %v: %v, of the repeated values %v", c, values, weights, x, y)
			}
		}
	}
}

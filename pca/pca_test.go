package pca

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func TestAlgorithm(t *testing.T) {
	algotest.Run(t, Algorithm, algotest.Set("components", "1"), algotest.Rows(3*chunkRows+100))
}

func TestAllComponents(t *testing.T) {
	algotest.Run(t, Algorithm, algotest.Set("components", "all"),
		algotest.Except("reasons", "nothing is left to explain when all components are kept"),
		algotest.Except("ranks outliers high", "all scores are 0 when all components are kept"))
}

// with returns the default method with other components.
func with(components string) *PCA {
	p := Default()
	p.Components = components
	return &p
}

type fataler interface{ Fatal(...any) }

func fit(t fataler, x *features.Matrix, components string) (*algo.Result, *model) {
	r, err := algo.Fit(context.Background(), with(components), x, algo.Env{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return r, r.Model.(*model)
}

func matrix(x *mat.Dense, weight []float64) *features.Matrix {
	_, d := x.Dims()
	m := &features.Matrix{X: x, Weight: weight}
	for j := range d {
		m.Names = append(m.Names, fmt.Sprintf("f%d", j))
	}
	return m
}

// rows makes a matrix of the rows.
func rows(rows ...[]float64) *features.Matrix {
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		x.SetRow(i, r)
	}
	return matrix(x, nil)
}

// The singular values of the centred table are the square roots of the
// variances times n − 1, and its right singular vectors the components.
func TestSVD(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(2, 40).Draw(t, "n"), rapid.IntRange(1, 8).Draw(t, "d")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		x := mat.NewDense(n, d, nil)
		x.Apply(func(_, j int, _ float64) float64 { return float64(j*j) + float64(1+j)*r.NormFloat64() }, x)
		res, m := fit(t, matrix(x, nil), "all")

		centred := mat.DenseCopyOf(x)
		for j := range d {
			col := mat.Col(nil, j, x)
			var mean float64
			for _, v := range col {
				mean += v / float64(n)
			}
			for i, v := range col {
				centred.Set(i, j, v-mean)
			}
		}
		var svd mat.SVD
		if !svd.Factorize(centred, mat.SVDThin) {
			t.Fatal("no SVD")
		}
		var v mat.Dense
		svd.VTo(&v)
		values := svd.Values(nil)
		for k, s := range values {
			if got, want := m.variance[k], s*s/float64(n-1); math.Abs(got-want) > 1e-12*m.variance[0] {
				t.Errorf("variance %d is %v, want %v", k, got, want)
			}
			gap := math.Inf(1) // to the nearest other singular value, which the vector depends on
			for l, o := range values {
				if l != k {
					gap = min(gap, math.Abs(s-o)/values[0])
				}
			}
			if gap < 1e-3 || s < 1e-3*values[0] {
				continue
			}
			dot := mat.Dot(mat.NewVecDense(d, m.components[k]), v.ColView(k))
			if math.Abs(math.Abs(dot)-1) > 1e-9 {
				t.Errorf("component %d is %v, want %v", k, m.components[k], mat.Col(nil, k, &v))
			}
		}
		for k := len(values); k < d; k++ { // fewer rows than columns
			if m.variance[k] > 1e-12*m.variance[0] {
				t.Errorf("variance %d of %d rows is %v, want 0", k, n, m.variance[k])
			}
		}

		// The coordinates on all components are the row turned, and no more.
		var back mat.Dense
		turn := mat.NewDense(d, d, nil)
		for k, c := range m.components {
			turn.SetRow(k, c)
		}
		back.Mul(res.Coords, turn)
		if !mat.EqualApprox(&back, centred, 1e-10) {
			t.Errorf("coordinates turned back are %v, want %v", mat.Formatted(&back), mat.Formatted(centred))
		}
	})
}

func TestWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.IntRange(1, 30).Draw(t, "n"), rapid.IntRange(1, 5).Draw(t, "d")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var once, repeated [][]float64
		var weight []float64
		for range n {
			row := make([]float64, d)
			for j := range row {
				row[j] = 100 + r.NormFloat64()
			}
			w := 1 + r.IntN(5)
			once, weight = append(once, row), append(weight, float64(w))
			repeated = append(repeated, slices.Repeat([][]float64{row}, w)...)
		}
		x := rows(once...)
		x.Weight = weight
		_, got := fit(t, x, "all")
		_, want := fit(t, rows(repeated...), "all")
		for k := range d {
			if math.Abs(got.variance[k]-want.variance[k]) > 1e-12*want.variance[0] || math.Abs(got.mean[k]-want.mean[k]) > 1e-12*100 {
				t.Errorf("%d: variance %v, mean %v; of rows repeated %v, %v", k, got.variance[k], got.mean[k], want.variance[k], want.mean[k])
			}
		}
	})
}

// hadamard is eight rows of 1 and −1 whose columns 1 to 7 are orthogonal and
// of mean 0: what is made of them has cross products that are known exactly.
func hadamard(i, j int) float64 {
	sign := 1.0
	for b := i & j; b > 0; b &= b - 1 {
		sign = -sign
	}
	return sign
}

func TestDifferentScales(t *testing.T) {
	var table [][]float64
	for i := range 8 {
		h1, h2, h3 := hadamard(i, 1), hadamard(i, 2), hadamard(i, 4)
		table = append(table, []float64{1e9 * (h1 + h3), h1, h1 + h2})
	}
	// What the first column leaves of the others' cross products is
	// 8·[½ ½; ½ 1½], with the eigenvalues 8·(1 ± √½), up to 1e-18 of them.
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}} {
		x := mat.NewDense(8, 3, nil)
		x.Apply(func(i, j int, _ float64) float64 { return table[i][order[j]] }, x)
		_, m := fit(t, matrix(x, nil), "all")
		for k, want := range []float64{16e18 / 7, 8 * (1 + math.Sqrt(0.5)) / 7, 8 * (1 - math.Sqrt(0.5)) / 7} {
			if math.Abs(m.variance[k]-want) > 1e-12*want {
				t.Errorf("columns %v: variance %d is %v, want %v", order, k, m.variance[k], want)
			}
		}
	}
}

func TestLargeMeans(t *testing.T) {
	var table [][]float64
	for i := range 2 * chunkRows { // in several chunks
		h1, h2 := hadamard(i%8, 1), hadamard(i%8, 2)
		table = append(table, []float64{1e15 + 2*h1, -1e12 + h1 + h2})
	}
	_, m := fit(t, rows(table...), "all")
	n := float64(len(table))
	// Cross products n·[4 2; 2 2], eigenvalues n·(3 ± √5).
	for k, want := range []float64{n * (3 + math.Sqrt(5)) / (n - 1), n * (3 - math.Sqrt(5)) / (n - 1)} {
		if math.Abs(m.variance[k]-want) > 1e-12*want {
			t.Errorf("variance %d is %v, want %v", k, m.variance[k], want)
		}
	}
	if m.mean[0] != 1e15 || m.mean[1] != -1e12 {
		t.Errorf("means %v, want 1e15, −1e12", m.mean)
	}
}

func TestSign(t *testing.T) {
	for _, c := range []struct{ in, want []float64 }{
		{[]float64{0.6, -0.8}, []float64{-0.6, 0.8}},
		{[]float64{-0.6, 0.8}, []float64{-0.6, 0.8}},
		{[]float64{-0.5, 0.5}, []float64{0.5, -0.5}},
		{[]float64{-0.5, 0.5 + 1e-12}, []float64{0.5, -0.5 - 1e-12}}, // equal but for rounding
		{[]float64{0, -1}, []float64{0, 1}},
	} {
		got := slices.Clone(c.in)
		orient(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%v becomes %v, want %v", c.in, got, c.want)
		}
	}
}

func TestDegenerate(t *testing.T) {
	for _, c := range []struct {
		what     string
		x        *features.Matrix
		variance []float64
		kept     int // by default
	}{
		{"one row", rows([]float64{1, 2, 3}), []float64{0, 0, 0}, 1},
		{"equal rows", rows([]float64{0.1, 2}, []float64{0.1, 2}, []float64{0.1, 2}), []float64{0, 0}, 1},
		{"a constant column", rows([]float64{5, 1}, []float64{5, 2}, []float64{5, 3}), []float64{1, 0}, 1},
		{"equal columns", rows([]float64{1, 1}, []float64{2, 2}, []float64{3, 3}), []float64{2, 0}, 1},
		{"fewer rows than columns", rows([]float64{1, 0, 0}, []float64{0, 1, 0}), []float64{1, 0, 0}, 1},
	} {
		r, m := fit(t, c.x, Default().Components)
		for k, want := range c.variance {
			if math.Abs(m.variance[k]-want) > 1e-14 {
				t.Errorf("%s: variances %v, want %v", c.what, m.variance, c.variance)
			}
		}
		if m.kept != c.kept {
			t.Errorf("%s: %d components kept, want %d", c.what, m.kept, c.kept)
		}
		for i, s := range r.Scores {
			if s > 1e-14 {
				t.Errorf("%s: score of row %d is %v, want 0", c.what, i, s)
			}
		}
	}
	_, err := algo.Fit(context.Background(), with("all"), rows([]float64{0, 1e200}, []float64{1, -1e200}), algo.Env{})
	if err == nil || !strings.Contains(err.Error(), "column f1") {
		t.Errorf("squares beyond float64: error %v, want one of column f1", err)
	}
}

func TestComponents(t *testing.T) {
	for _, bad := range []string{"", "0", "-1", "1.5", "0.0", "NaN", "-0.5", "some", "1e3"} {
		var p *algo.ParamError
		if err := with(bad).Check(); !errors.As(err, &p) || p.Name != "components" {
			t.Errorf("--components %q: error %v, want a ParamError", bad, err)
		}
	}
	// Variances 9, 4, 1, 0 along the columns: 9/14, 13/14, 1, 1 of them all.
	x := mat.NewDense(8, 4, nil)
	for i := range 8 {
		x.SetRow(i, []float64{hadamard(i, 1), 3 * hadamard(i, 2), 0, 2 * hadamard(i, 4)})
	}
	for _, c := range []struct {
		components string
		kept       int
	}{{"1", 1}, {"4", 4}, {"all", 4}, {"0.01", 1}, {"0.64", 1}, {"0.65", 2}, {"0.92", 2}, {"0.93", 3}, {"0.999999", 3}} {
		r, m := fit(t, matrix(x, nil), c.components)
		if _, p := r.Coords.Dims(); m.kept != c.kept || p != c.kept || len(r.Axes) != c.kept || r.Axes[p-1] != fmt.Sprintf("pc%d", p) {
			t.Errorf("--components %s: %d kept, %d coordinates, axes %v, want %d", c.components, m.kept, p, r.Axes, c.kept)
		}
	}
	var p *algo.ParamError
	_, err := algo.Fit(context.Background(), with("5"), matrix(x, nil), algo.Env{})
	if !errors.As(err, &p) || !strings.Contains(err.Error(), "at most 4") {
		t.Errorf("5 components of 4 columns: error %v, want a ParamError", err)
	}
}

func TestTables(t *testing.T) {
	x := mat.NewDense(8, 2, nil)
	for i := range 8 {
		x.SetRow(i, []float64{hadamard(i, 1), 2 * hadamard(i, 2)})
	}
	r, _ := fit(t, matrix(x, nil), "1")
	var got []string
	for _, table := range r.Tables {
		for i := range table.Len() {
			row := table.Name
			for _, c := range table.Columns {
				value := c.String(i)
				if c.Type == features.Float {
					value = fmt.Sprintf("%.12g", c.Floats[i])
				}
				row += " " + c.Name + "=" + value
			}
			got = append(got, row)
		}
	}
	for _, s := range r.Stats {
		got = append(got, fmt.Sprintf("%s=%.12g", s.Name, s.Value))
	}
	want := []string{
		fmt.Sprintf("variance component=pc1 explained_variance=%.12g ratio=0.8 cumulative=0.8 kept=true", 32./7),
		fmt.Sprintf("variance component=pc2 explained_variance=%.12g ratio=0.2 cumulative=1 kept=false", 8./7),
		"loadings column=f0 pc1=0",
		"loadings column=f1 pc1=1",
		"components=1",
		"explained_variance_ratio=0.8",
		fmt.Sprintf("total_variance=%.12g", 40./7),
		// One variance v is left: v times the square of a normal quantile by
		// the formula's cube root.
		fmt.Sprintf("q_limit=%.12g", 8./7*math.Pow(1+3.090232306167813*math.Sqrt(2./9)-2./9, 3)),
		"q_above_limit_ratio=0",
		// scipy 1.17.1: norm.ppf(0.999) above, and 63/56·f.ppf(0.999, 1, 7).
		fmt.Sprintf("t2_limit=%.12g", 63./56*29.245193359441753),
		"t2_above_limit_ratio=0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Rows on the line y = 2x, and what is said of one that is off it.
func TestScoreAndReasons(t *testing.T) {
	var line [][]float64
	for i := range 101 {
		line = append(line, []float64{float64(i), 2 * float64(i), 7})
	}
	r, m := fit(t, rows(line...), "1")
	for i, s := range r.Scores {
		if s > 1e-12 {
			t.Errorf("row %d on the line has score %v", i, s)
		}
	}
	// (50, 100) is on it; (−2, 1)/√5 is square to it.
	x := rows([]float64{50 - 2, 100 + 1, 7}, []float64{50 - 2, 100 + 1, 7 + 10})
	a, err := m.Apply(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{math.Sqrt(5), math.Sqrt(105)} {
		if math.Abs(a.Scores[i]-want) > 1e-12 {
			t.Errorf("score of row %d is %v, want %v", i, a.Scores[i], want)
		}
		if math.Abs(a.Coords.At(i, 0)) > 1e-12 {
			t.Errorf("pc1 of row %d is %v, want 0", i, a.Coords.At(i, 0))
		}
	}
	reasons := m.Explain(x, 1)
	want := []struct {
		column                  string
		value, ordinary, weight float64
	}{{"f2", 17, 7, 100. / 105}, {"f0", 48, 50, 4. / 105}, {"f1", 101, 100, 1. / 105}}
	for k, r := range reasons {
		w := want[k]
		// The line is met to the last digits, and leaves no deviation to allow for.
		if r.Column != w.column || r.Value != w.value || math.Abs(r.Weight-w.weight) > 1e-12 ||
			math.Abs(r.Low-w.ordinary) > 1e-6 || math.Abs(r.High-w.ordinary) > 1e-6 {
			t.Errorf("reason %d is %+v, want %+v", k, r, w)
		}
	}
	if len(reasons) != len(want) {
		t.Errorf("reasons %v, want %d", reasons, len(want))
	}
	_, m = fit(t, rows(line...), "all")
	if reasons := m.Explain(x, 1); reasons != nil {
		t.Errorf("reasons %v though all components are kept", reasons)
	}
}

// Ordinary is three standard deviations wide on each side.
func TestReasonsAllowForDeviation(t *testing.T) {
	x := mat.NewDense(8, 2, nil)
	for i := range 8 {
		x.SetRow(i, []float64{100 * hadamard(i, 1), 5 + 2*hadamard(i, 2)})
	}
	_, m := fit(t, matrix(x, nil), "1")
	got := m.Explain(rows([]float64{30, 25}), 0)[0]
	width := 3 * math.Sqrt(8*4./7)
	if got.Column != "f1" || math.Abs(got.Low-(5-width)) > 1e-12 || math.Abs(got.High-(5+width)) > 1e-12 {
		t.Errorf("got %+v, want f1 in 5 ± %v", got, width)
	}
}

// What is said of coordinates is said of the columns that they are made of.
func TestAttribute(t *testing.T) {
	x := mat.NewDense(8, 3, nil)
	for i := range 8 {
		x.SetRow(i, []float64{10 + 3*hadamard(i, 1), 5 + 2*hadamard(i, 2), hadamard(i, 4)})
	}
	_, m := fit(t, matrix(x, nil), "2") // along the first and the second column
	row := rows([]float64{40, 25, 9})
	width := func(deviation float64) float64 { return 3 * math.Sqrt(8./7) * deviation }
	for _, c := range []struct {
		reasons []algo.Reason
		want    []algo.Reason
	}{
		{[]algo.Reason{{Column: "pc2", Weight: 0.75}, {Column: "pc1", Weight: 0.25}}, []algo.Reason{
			{Column: "f1", Value: 25, Low: 5 - width(2), High: 5 + width(2), Weight: 0.75},
			{Column: "f0", Value: 40, Low: 10 - width(3), High: 10 + width(3), Weight: 0.25}}},
		{[]algo.Reason{{Column: "pc1"}, {Column: "elsewhere"}}, []algo.Reason{
			{Column: "f0", Value: 40, Low: 10 - width(3), High: 10 + width(3)}}},
		{nil, nil},
	} {
		got := m.Attribute(row, 0, c.reasons)
		for k, r := range got {
			if k >= len(c.want) || r.Column != c.want[k].Column || r.Value != c.want[k].Value || math.Abs(r.Weight-c.want[k].Weight) > 1e-12 ||
				math.Abs(r.Low-c.want[k].Low) > 1e-12 || math.Abs(r.High-c.want[k].High) > 1e-12 {
				t.Errorf("%v: got %+v, want %+v", c.reasons, got, c.want)
				break
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%v: got %+v, want %+v", c.reasons, got, c.want)
		}
	}

	// pc1 is the diagonal: of two columns that go together, only the one that
	// takes the row to where it is is a reason.
	var line [][]float64
	for i := range 11 {
		line = append(line, []float64{float64(i), float64(i)})
	}
	_, m = fit(t, rows(line...), "1")
	if got := m.Attribute(rows([]float64{50, 4}), 0, []algo.Reason{{Column: "pc1", Weight: 1}}); len(got) != 1 || got[0].Column != "f0" || got[0].Weight != 1 {
		t.Errorf("got %+v, want f0 alone", got)
	}
}

func TestLoad(t *testing.T) {
	_, m := fit(t, rows([]float64{1, 2}, []float64{3, 5}, []float64{4, 4}), "1")
	for what, spoil := range map[string]func(*features.Table){
		"no mean":        func(t *features.Table) { t.Column("mean").Name = "median" },
		"no component":   func(t *features.Table) { t.Columns = t.Columns[:4] },
		"no names":       func(t *features.Table) { t.Columns = t.Columns[1:] },
		"wrong type":     func(t *features.Table) { t.Column("mean").Type = features.Int },
		"no product":     func(t *features.Table) { t.Column("cross2").Name = "crossed" },
		"kept none":      func(t *features.Table) { t.Meta["kept"] = "0" },
		"kept too many":  func(t *features.Table) { t.Meta["kept"] = "3" },
		"more than all":  func(t *features.Table) { t.Meta["computed"] = "3" },
		"no metadata":    func(t *features.Table) { t.Meta = nil },
		"kept no number": func(t *features.Table) { t.Meta["kept"] = "all" },
		"no solver":      func(t *features.Table) { t.Meta["solver"] = "guess" },
		"no limit":       func(t *features.Table) { delete(t.Meta, "q_limit") },
	} {
		state := m.State()
		spoil(state)
		if got, err := load(state); err == nil {
			t.Errorf("%s: model %v, want an error", what, got)
		}
	}
}

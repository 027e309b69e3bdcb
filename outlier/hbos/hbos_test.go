package hbos

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

	"gonum.org/v1/gonum/mat"
)

func TestAlgorithm(t *testing.T) { algotest.Run(t, Algorithm, exempt(PyOD)...) }

// exempt is what a mode can't do.
func exempt(m Mode) []algotest.Option {
	switch m {
	case PyOD:
		return []algotest.Option{algotest.Except("scale of the data", "PyOD adds alpha to densities, which have the unit 1/column")}
	case Dynamic:
		return []algotest.Option{algotest.Except("learns on", "bins of equal content depend on all values")}
	}
	return nil
}

func TestAlgorithmInOtherModes(t *testing.T) {
	for _, mode := range []Mode{PyOD, Static, Dynamic} {
		for _, bins := range []string{"10", autoText} {
			t.Run(fmt.Sprintf("%s/%s", mode, bins), func(t *testing.T) {
				algotest.Run(t, Algorithm, append(exempt(mode), algotest.Set("mode", string(mode)), algotest.Set("bins", bins))...)
			})
		}
	}
}

// variants are parameters that between them run all of the code.
var variants = []HBOS{
	{PyOD, 10, 0.1, 0.5}, {PyOD, Auto, 0.1, 0.5}, {PyOD, 7, 0.9, 0},
	{Static, 10, 0.1, 0.5}, {Static, Auto, 0.1, 0.5},
	{Dynamic, 10, 0.1, 0.5}, {Dynamic, Auto, 0.1, 0.5},
}

func fit(t testing.TB, h HBOS, x *features.Matrix, workers int) *algo.Result {
	t.Helper()
	r, err := algo.Fit(context.Background(), &h, x, algo.Env{Workers: workers})
	if err != nil {
		t.Fatalf("%+v: %v", h, err)
	}
	return r
}

func apply(t testing.TB, m algo.Model, x *features.Matrix) *algo.Result {
	t.Helper()
	r, err := algo.Apply(context.Background(), m, x)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// matrix returns a matrix of those rows with columns named a, b, ….
func matrix(d int, data ...float64) *features.Matrix {
	x := &features.Matrix{X: mat.NewDense(len(data)/d, d, data)}
	for j := range d {
		x.Names = append(x.Names, string(rune('a'+j)))
	}
	return x
}

// traffic returns n rows of d ≤ 26 columns in the manner of flow tables: one
// column of reals, then whole numbers with heavy tails and many zeros.
func traffic(n, d int, seed uint64) *features.Matrix {
	r := rand.New(rand.NewPCG(seed, 0))
	data := make([]float64, n*d)
	for i := range n {
		if r.IntN(3) == 0 {
			continue
		}
		data[i*d] = r.NormFloat64()
		for j := 1; j < d; j++ {
			data[i*d+j] = math.Floor(math.Exp(float64(j) * r.ExpFloat64()))
		}
	}
	return matrix(d, data...)
}

// pick returns the given rows of x.
func pick(x *features.Matrix, rows []int) *features.Matrix {
	_, d := x.Dims()
	data := make([]float64, 0, len(rows)*d)
	for _, i := range rows {
		data = append(data, x.X.RawRowView(i)...)
	}
	return matrix(d, data...)
}

// same compares scores, shares and bins to the bit; rows[k] of want is row k
// of got.
func same(t *testing.T, h HBOS, got, want *algo.Result, rows []int) {
	t.Helper()
	if !reflect.DeepEqual(got.Model.State(), want.Model.State()) {
		t.Errorf("%+v: bins differ", h)
	}
	for k, i := range rows {
		if got.Scores[k] != want.Scores[i] {
			t.Fatalf("%+v: score of row %d is %v, of row %d %v", h, k, got.Scores[k], i, want.Scores[i])
		}
		for j, c := range got.Columns {
			if c.Floats[k] != want.Columns[j].Floats[i] {
				t.Fatalf("%+v: %s of row %d is %v, of row %d %v", h, c.Name, k, c.Floats[k], i, want.Columns[j].Floats[i])
			}
		}
	}
}

func TestWeightsAreRepetitions(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		x := traffic(1+r.IntN(200), 3, seed)
		n, _ := x.Dims()
		var copies []int
		for i := range n {
			w := 1 + r.IntN(5)*r.IntN(20)
			x.Weight = append(x.Weight, float64(w))
			copies = append(copies, slices.Repeat([]int{i}, w)...)
		}
		for _, h := range variants {
			same(t, h, fit(t, h, pick(x, copies), 2), fit(t, h, x, 2), copies)
		}
	}
}

func TestOrderOfRows(t *testing.T) {
	for seed := range uint64(10) {
		x := traffic(300, 4, seed)
		perm := rand.New(rand.NewPCG(seed, 2)).Perm(300)
		for _, h := range variants {
			same(t, h, fit(t, h, pick(x, perm), 2), fit(t, h, x, 2), perm)
		}
	}
}

// Several chunks of rows, with weights whose sums are rounded.
func TestWorkers(t *testing.T) {
	x := traffic(3*chunkRows+17, 3, 1)
	n, _ := x.Dims()
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
		x.Weight = append(x.Weight, 0.1+float64(i%7)/3)
	}
	for _, h := range variants {
		same(t, h, fit(t, h, x, 8), fit(t, h, x, 1), rows)
	}
}

func TestScoreIsSumOfShares(t *testing.T) {
	x := traffic(500, 20, 3)
	for _, h := range variants {
		r := fit(t, h, x, 2)
		for i, score := range r.Scores {
			var sum float64
			for _, c := range r.Columns {
				sum += c.Floats[i]
			}
			if math.Abs(sum-score) > 1e-13*(1+math.Abs(score)) {
				t.Fatalf("%+v: score %v, sum of shares %v", h, score, sum)
			}
		}
	}
}

// Rows with the same shares in another order of columns are ties.
func TestTies(t *testing.T) {
	x := traffic(400, 1, 5)
	data := make([]float64, 0, 400*9)
	for i := range 400 {
		v, odd := x.X.At(i, 0), float64(i%2)
		data = append(data, v, 1-odd, v/3, odd, 1-odd, odd, 0.1, odd, 1-odd)
	}
	y := matrix(9, data...)
	mirror := make([]float64, 0, len(data))
	for i := range 400 {
		row := slices.Clone(y.X.RawRowView(i))
		slices.Reverse(row)
		mirror = append(mirror, row...)
	}
	a, b := fit(t, Default(), y, 1), fit(t, Default(), matrix(9, mirror...), 1)
	for i := range a.Scores {
		if math.Abs(a.Scores[i]-b.Scores[i]) > 1e-15*math.Abs(a.Scores[i]) {
			t.Fatalf("row %d: score %v, with the columns reversed %v", i, a.Scores[i], b.Scores[i])
		}
	}
}

func TestExtremeValues(t *testing.T) {
	big, tiny := math.MaxFloat64, math.SmallestNonzeroFloat64
	for _, data := range [][]float64{
		{0}, {big}, {-big}, {tiny}, {1e300, 1e300, 1e300}, {1 << 60, 1<<60 + 256}, {0, tiny}, {0, tiny, 3 * tiny},
		{0, big}, {-big / 2, big / 2}, {1, math.Nextafter(1, 2)}, {1, math.Nextafter(1, 2), 5}, {0, 1e-310, 1}, {0, tiny, big},
		{math.Copysign(0, -1), 0, 1}, {1, 1, 1, 1}, {-1e15, 1e-15, 1e15},
	} {
		x := matrix(1, data...)
		n := len(data)
		var rows []int
		for i := range n {
			rows = append(rows, n-1-i)
		}
		for _, h := range variants {
			r := fit(t, h, x, 1)
			for i, s := range r.Scores {
				if math.IsNaN(s) || math.IsInf(s, 0) {
					t.Errorf("%+v of %v: score %v", h, data[i], s)
				}
			}
			same(t, h, fit(t, h, pick(x, rows), 1), r, rows)
			if again := apply(t, r.Model, x); !slices.Equal(again.Scores, r.Scores) {
				t.Errorf("%+v of %v: scores %v, applied %v", h, data, r.Scores, again.Scores)
			}
			for _, s := range apply(t, r.Model, matrix(1, -big, -1, -tiny, 0, tiny, 0.5, 7, big)).Scores {
				if math.IsNaN(s) || math.IsInf(s, 0) {
					t.Errorf("%+v of %v: score of another value %v", h, data, s)
				}
			}
		}
	}
	for _, h := range variants {
		_, err := algo.Fit(context.Background(), &h, matrix(1, -big, big), algo.Env{})
		if err == nil || !strings.Contains(err.Error(), "column a") {
			t.Errorf("%+v of too wide a range: error %v", h, err)
		}
	}
}

func TestConstantColumn(t *testing.T) {
	with, without := traffic(100, 2, 4), traffic(100, 2, 4)
	data := make([]float64, 0, 300)
	for i := range 100 {
		data = append(data, with.X.At(i, 0), 7, with.X.At(i, 1))
	}
	for _, h := range variants {
		r, want := fit(t, h, matrix(3, data...), 1), fit(t, h, without, 1)
		c := r.Columns[1].Floats[0]
		if h.Mode != PyOD && c != 0 {
			t.Errorf("%+v: share of a constant column is %v, want 0", h, c)
		}
		for i := range r.Scores {
			if math.Abs(r.Scores[i]-want.Scores[i]-c) > 1e-12 {
				t.Fatalf("%+v: a constant column changes scores by %v and %v", h, c, r.Scores[i]-want.Scores[i])
			}
			for _, reason := range r.Model.(*Model).Explain(matrix(3, data...), i) {
				if reason.Column == "b" {
					t.Fatalf("%+v: a constant column is a reason: %v", h, reason)
				}
			}
		}
		if len(r.Warnings) == 0 || !strings.Contains(r.Warnings[0].Error(), "in b:") {
			t.Errorf("%+v: warnings %v, want one of column b", h, r.Warnings)
		}
	}
}

func TestWarnings(t *testing.T) {
	whole := make([]float64, 0, 110)
	for i := range 110 {
		whole = append(whole, float64(i%11)) // 0 to 10 in 10 bins: each value is a border
	}
	for _, c := range []struct {
		h    HBOS
		x    *features.Matrix
		want string
	}{
		{Default(), matrix(1, whole...), "border of two bins"},
		{HBOS{Static, 10, 0.1, 0.5}, matrix(1, whole...), ""},
		{HBOS{PyOD, 7, 0.1, 0.5}, matrix(1, whole...), ""},
		{HBOS{Static, 10, 0.1, 0.5}, matrix(1, 1, math.Nextafter(1, 2)), "column a has too narrow a range"},
	} {
		r := fit(t, c.h, c.x, 1)
		if got := fmt.Sprint(r.Warnings); (len(r.Warnings) > 0) != (c.want != "") || !strings.Contains(got, c.want) {
			t.Errorf("%+v: warnings %s, want %q", c.h, got, c.want)
		}
	}
}

func TestBins(t *testing.T) {
	r := fit(t, Default(), traffic(200, 3, 9), 1)
	bins := r.Tables[0]
	if bins.Name != "bins" || bins.Len() != 30 {
		t.Fatalf("table %s of %d rows, want bins of 30", bins.Name, bins.Len())
	}
	var samples, scored float64
	for i := range bins.Len() {
		samples += bins.Column("samples").Floats[i]
		scored += bins.Column("scored").Floats[i]
		if got, want := bins.Column("column").String(i), string("abc"[i/10]); got != want {
			t.Errorf("bin %d is of column %s, want %s", i, got, want)
		}
	}
	if samples != 600 || scored != 600 {
		t.Errorf("%v samples, %v scored, want 600", samples, scored)
	}
	if v, ok := r.Stat("bins"); !ok || v != 30 {
		t.Errorf("stat bins = %v, want 30", v)
	}
	if v, _ := r.Stat("max_score"); v != slices.Max(r.Scores) {
		t.Errorf("stat max_score = %v, want %v", v, slices.Max(r.Scores))
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		bins string
		want Bins
		err  bool
	}{{"auto", Auto, false}, {"12", 12, false}, {"0", 10, true}, {"many", 10, true}, {"1.5", 10, true}} {
		h := Default()
		if err := h.Bins.Set(c.bins); (err != nil) != c.err || h.Bins != c.want {
			t.Errorf("--bins %s: %d, error %v", c.bins, h.Bins, err)
		}
	}
	for _, h := range []HBOS{{"exact", 10, 0.1, 0.5}, {PyOD, 1, 0.1, 0.5}, {PyOD, -3, 0.1, 0.5}, {PyOD, mostBins + 1, 0.1, 0.5}, {PyOD, 10, 0, 0.5}, {PyOD, 10, 1, 0.5}, {PyOD, 10, 0.1, -0.1}, {PyOD, 10, 0.1, math.NaN()}} {
		if h.Check() == nil {
			t.Errorf("%+v is accepted", h)
		}
	}
}

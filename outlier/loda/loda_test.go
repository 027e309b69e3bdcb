package loda

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

func TestContract(t *testing.T) { algotest.Run(t, Algorithm, algotest.Rows(20_000)) }

var names = strings.Fields("a b c d e f g h i j k l m n o p")

// normal returns n rows of d independent normal columns.
func normal(r *rand.Rand, n, d int) *features.Matrix {
	x := mat.NewDense(n, d, nil)
	x.Apply(func(_, _ int, _ float64) float64 { return r.NormFloat64() }, x)
	return &features.Matrix{Names: names[:d], X: x}
}

func fit(t *testing.T, l LODA, x *features.Matrix) *algo.Result {
	t.Helper()
	r, err := algo.Fit(context.Background(), &l, x, algo.Env{Seed: 1, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func apply(t *testing.T, m algo.Model, x *features.Matrix) []float64 {
	t.Helper()
	r, err := algo.Apply(context.Background(), m, x)
	if err != nil {
		t.Fatal(err)
	}
	return r.Scores
}

// part returns some rows of x.
func part(x *features.Matrix, rows []int) *features.Matrix {
	_, d := x.Dims()
	y := &features.Matrix{Names: x.Names, X: mat.NewDense(len(rows), d, nil)}
	for k, i := range rows {
		y.X.SetRow(k, x.X.RawRowView(i))
		y.Weight = append(y.Weight, x.W(i))
	}
	return y
}

// Scores are the mean of −ln of the part of the samples in the same bin,
// counted row by row.
func TestSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		n, d := 1+r.IntN(40), 1+r.IntN(10)
		x := normal(r, n, d)
		x.Weight = make([]float64, n)
		for i := range n {
			x.Weight[i] = float64(1 + r.IntN(3))
			for j := range d {
				x.X.Set(i, j, math.Round(2*x.X.At(i, j)))
			}
		}
		l := LODA{Projections: 1 + r.IntN(20), Bins: 2 + r.IntN(9)}
		res := fit(t, l, x)
		want := make([]float64, n)
		for _, dir := range res.Model.(*Model).directions {
			if len(dir.columns) != int(math.Sqrt(float64(d))) || !slices.IsSorted(dir.columns) {
				t.Fatalf("direction of %d columns: %v", d, dir.columns)
			}
			at := make([]float64, n)
			for i := range at {
				for k, j := range dir.columns {
					at[i] += dir.weights[k] * x.X.At(i, j)
				}
			}
			lo, hi := slices.Min(at), slices.Max(at)
			bin := make([]int, n)
			for i, v := range at {
				if lo < hi {
					bin[i] = min(int((v-lo)*(float64(l.Bins)/(hi-lo))), l.Bins-1)
				}
			}
			for i := range at {
				var same float64
				for k := range at {
					if bin[k] == bin[i] {
						same += x.W(k)
					}
				}
				want[i] -= math.Log(same/x.Samples()) / float64(l.Projections)
			}
		}
		for i, s := range res.Scores {
			if math.Abs(s-want[i]) > 1e-12*(1+want[i]) {
				t.Fatalf("%d×%d, %+v: score of row %d is %v, want %v", n, d, l, i, s, want[i])
			}
		}
	}
}

// Updates give the model of all rows together, in whatever order and parts, if
// the first rows have the extremes.
func TestUpdate(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	l := LODA{Projections: 30, Bins: 7}
	for range 20 {
		x := normal(r, 100, 5)
		x.Weight = make([]float64, 100)
		for i := range x.Weight {
			x.Weight[i] = float64(1 + r.IntN(5))
		}
		all := fit(t, l, x).Model.(*Model)
		extreme := map[int]bool{}
		for _, d := range all.directions {
			v := make([]float64, 100)
			d.project(v, x, 0)
			extreme[slices.Index(v, slices.Min(v))] = true
			extreme[slices.Index(v, slices.Max(v))] = true
		}
		var first, others []int
		for i := range 100 {
			if extreme[i] {
				first = append(first, i)
			} else {
				others = append(others, i)
			}
		}
		r.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
		m := fit(t, l, part(x, first)).Model.(*Model)
		for block := range slices.Chunk(others, 1+r.IntN(40)) {
			if err := m.Update(t.Context(), part(x, block)); err != nil {
				t.Fatal(err)
			}
		}
		if a, b := apply(t, all, x), apply(t, m, x); !slices.Equal(a, b) {
			t.Fatalf("scores %v, want %v", b[:5], a[:5])
		}
	}
}

// Values beyond the first range are strange until they have been learned, and
// are kept in the state.
func TestStrays(t *testing.T) {
	x := normal(rand.New(rand.NewPCG(3, 3)), 200, 4)
	m := fit(t, Default(), x).Model.(*Model)
	far := &features.Matrix{Names: x.Names, X: mat.NewDense(2, 4, []float64{50, -40, 30, 60, 1e300, 1e300, -1e300, 1e300}), Weight: []float64{100, 1}}
	before := apply(t, m, far)
	if want := math.Log(200 / 0.5); math.Abs(before[0]-want) > 0.5 || before[1] > want {
		t.Errorf("scores %v of what has not been seen, want near %v", before, want)
	}
	if err := m.Update(t.Context(), far); err != nil {
		t.Fatal(err)
	}
	after := apply(t, m, far)
	if !(after[0] < 2 && after[1] > 4) {
		t.Errorf("scores %v after 100 samples of the first, 1 of the other", after)
	}
	var file bytes.Buffer
	if err := m.State().WriteArrow(&file); err != nil {
		t.Fatal(err)
	}
	table, err := features.ReadArrow(bytes.NewReader(file.Bytes()), int64(file.Len()), "loda")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := load(table)
	if err != nil {
		t.Fatal(err)
	}
	if again := apply(t, loaded, far); !slices.Equal(again, after) {
		t.Errorf("scores %v after Load, want %v", again, after)
	}
}

// Rows can be judged while others are learned.
func TestUpdateWhileReading(t *testing.T) {
	x := normal(rand.New(rand.NewPCG(4, 4)), 300, 4)
	m := fit(t, LODA{Projections: 20, Bins: 5}, x).Model.(*Model)
	before := apply(t, m, x)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := m.Update(t.Context(), x); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() { m.Explain(x, 7); m.State() })
		wg.Go(func() { apply(t, m, x) })
	}
	wg.Wait()
	for i, s := range apply(t, m, x) { // each row four times: the same parts
		if math.Abs(s-before[i]) > 1e-12 {
			t.Fatalf("score of row %d is %v, was %v", i, s, before[i])
		}
	}
}

// The column that is out of the ordinary is the first reason.
func TestExplain(t *testing.T) {
	for j := range 9 {
		x := normal(rand.New(rand.NewPCG(5, uint64(j))), 500, 9)
		x.X.Set(17, j, 9)
		reasons := fit(t, LODA{Projections: 300, Bins: 20}, x).Model.(*Model).Explain(x, 17)
		if len(reasons) == 0 || reasons[0].Column != names[j] {
			t.Errorf("reasons %v, want %s first", reasons, names[j])
			continue
		}
		if r := reasons[0]; r.Value != 9 || math.Abs(r.Low+1.645) > 0.3 || math.Abs(r.High-1.645) > 0.3 {
			t.Errorf("reason %+v, want 9 beside -1.6 to 1.6", r)
		}
	}
}

func TestWarnsOfUnusedColumns(t *testing.T) {
	x := normal(rand.New(rand.NewPCG(6, 6)), 20, 16)
	if w := fit(t, LODA{Projections: 1, Bins: 5}, x).Warnings; len(w) != 1 || !strings.Contains(w[0].Error(), "none of the directions") {
		t.Errorf("warnings %v", w)
	}
	if w := fit(t, Default(), x).Warnings; w != nil {
		t.Errorf("warnings %v", w)
	}
}

func TestRefuses(t *testing.T) {
	x := normal(rand.New(rand.NewPCG(7, 7)), 20, 4)
	m := fit(t, Default(), x).Model.(*Model)
	other := *x
	other.Names = names[1:5]
	if _, err := m.Apply(t.Context(), &other); err == nil {
		t.Error("Apply takes other columns")
	}
	if m.Update(t.Context(), &other) == nil {
		t.Error("Update takes other columns")
	}
	huge := normal(rand.New(rand.NewPCG(7, 8)), 20, 4)
	huge.X.Scale(1e308/4, huge.X)
	l := Default()
	if _, err := algo.Fit(t.Context(), &l, huge, algo.Env{}); err == nil || !strings.Contains(err.Error(), "scale") {
		t.Errorf("huge values: error %v", err)
	}
	f := func(what string, spoil func(*features.Table)) {
		s := m.State()
		spoil(s)
		if _, err := load(s); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	f("no names", func(s *features.Table) { s.Meta = nil })
	f("no column", func(s *features.Table) { s.Columns = s.Columns[:stateOutside] })
	f("column number", func(s *features.Table) { s.Columns[stateColumns].Items[0].Ints[3] = 4 })
	f("no samples", func(s *features.Table) { s.Columns[stateSamples].Floats[0] = 0 })
	f("no range", func(s *features.Table) { s.Columns[stateHigh].Floats[0] = s.Columns[stateLow].Floats[0] })
	f("items of another type", func(s *features.Table) { s.Columns[stateColumns].Items[0] = s.Columns[stateWeights].Items[0] })
}

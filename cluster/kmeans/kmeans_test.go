package kmeans_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/cluster/kmeans"
	"toolkit/features"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func TestAlgorithm(t *testing.T) { algotest.Run(t, kmeans.Algorithm, algotest.Set("n-init", "4")) }

func TestAlgorithmFromRandomRows(t *testing.T) {
	algotest.Run(t, kmeans.Algorithm, algotest.Set("init", kmeans.Random), algotest.Set("n-init", "3"))
}

func TestAlgorithmFromCandidates(t *testing.T) {
	algotest.Run(t, kmeans.Algorithm, algotest.Set("init", kmeans.Parallel), algotest.Set("n-init", "3"))
}

func TestAlgorithmChooses(t *testing.T) {
	const why = "it takes so many clusters that outliers have their own"
	outliers := algotest.Except("ranks outliers high", why)
	for rule, opts := range map[string][]algotest.Option{kmeans.Silhouette: {outliers}, kmeans.Gap: {outliers, algotest.Rows(120), algotest.Set("max-iter", "5")}, kmeans.XMeans: {outliers}} {
		t.Run(rule, func(t *testing.T) {
			algotest.Run(t, kmeans.Algorithm, append(opts, algotest.Set("choose", rule), algotest.Set("n-init", "1"))...)
		})
	}
}

// Batches smaller than the tables of the kit.
func TestAlgorithmByBatches(t *testing.T) {
	algotest.Run(t, kmeans.Algorithm, algotest.Set("batch", "8"))
}

func set(t testing.TB, m *kmeans.Method, flags ...string) {
	t.Helper()
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	m.Flags(fs)
	for i := 0; i < len(flags); i += 2 {
		if err := fs.Set(flags[i], flags[i+1]); err != nil {
			t.Fatal(err)
		}
	}
}

// matrix returns rows of equal length as a matrix.
func matrix(rows ...[]float64) *features.Matrix {
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, row := range rows {
		x.SetRow(i, row)
	}
	return &features.Matrix{Names: strings.Split("abcdefgh", "")[:len(rows[0])], X: x}
}

// take returns the given rows of x, with their weights.
func take(x *features.Matrix, rows []int) *features.Matrix {
	_, d := x.Dims()
	y := &features.Matrix{Names: x.Names, X: mat.NewDense(len(rows), d, nil)}
	for k, i := range rows {
		y.X.SetRow(k, x.X.RawRowView(i))
		if x.Weight != nil {
			y.Weight = append(y.Weight, x.Weight[i])
		}
	}
	return y
}

func inertia(r *algo.Result) float64 {
	v, _ := r.Stat("inertia")
	return v
}

// lattice draws rows of small whole numbers: many are equal, many as near to
// one centre as to another.
func lattice(t *rapid.T) *features.Matrix {
	n, d := rapid.IntRange(1, 40).Draw(t, "n"), rapid.IntRange(1, 3).Draw(t, "d")
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, d)
		for j := range rows[i] {
			rows[i][j] = float64(rapid.IntRange(-2, 3).Draw(t, "x"))
		}
	}
	x := matrix(rows...)
	for range n {
		x.Weight = append(x.Weight, float64(rapid.IntRange(1, 4).Draw(t, "w")))
	}
	return x
}

// oneOf draws a number of clusters that x has rows for, and a way to begin.
func oneOf(t *rapid.T, x *features.Matrix) []string {
	n, _ := x.Dims()
	k := kmeans.K{Min: rapid.IntRange(1, n).Draw(t, "k")}
	k.Max = k.Min
	return []string{"k", k.String(), "n-init", "2", "init", rapid.SampledFrom([]string{kmeans.PlusPlus, kmeans.Random, kmeans.Parallel}).Draw(t, "init"),
		"batch", rapid.SampledFrom([]string{"0", "1", "2"}).Draw(t, "batch")}
}

func TestWeightsAreRepetitions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := lattice(rt)
		flags := oneOf(rt, x)
		var copies []int
		for i, w := range x.Weight {
			for range int(w) {
				copies = append(copies, i)
			}
		}
		y := take(x, copies)
		y.Weight = nil
		a, b := fit(t, x, algo.Env{}, flags...), fit(t, y, algo.Env{}, flags...)
		if !reflect.DeepEqual(a.Stats, b.Stats) || !reflect.DeepEqual(a.Tables, b.Tables) {
			rt.Fatalf("%v %v, of repeated rows %v %v", a.Stats, a.Tables, b.Stats, b.Tables)
		}
		for k, i := range copies {
			if a.Labels[i] != b.Labels[k] || a.Scores[i] != b.Scores[k] {
				rt.Fatalf("row %d: label %d score %v, repeated %d %v", i, a.Labels[i], a.Scores[i], b.Labels[k], b.Scores[k])
			}
		}
	})
}

func TestOrderOfRows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := lattice(rt)
		n, _ := x.Dims()
		flags := oneOf(rt, x)
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 0)).Perm(n)
		a, b := fit(t, x, algo.Env{}, flags...), fit(t, take(x, order), algo.Env{}, flags...)
		if inertia(a) != inertia(b) {
			rt.Fatalf("inertia %v, shuffled %v", inertia(a), inertia(b))
		}
		to := map[int32]int32{}
		for k, i := range order {
			if l, ok := to[a.Labels[i]]; ok && l != b.Labels[k] {
				rt.Fatalf("labels %v, shuffled %v", a.Labels, b.Labels)
			}
			to[a.Labels[i]] = b.Labels[k]
			if a.Scores[i] != b.Scores[k] {
				rt.Fatalf("row %d: score %v, shuffled %v", i, a.Scores[i], b.Scores[k])
			}
		}
		if len(to) != len(a.Model.State().Column("cluster").Ints) {
			rt.Fatalf("labels %v, shuffled %v", a.Labels, b.Labels)
		}
	})
}

// Without a tolerance k-means ends where each row is at its nearest centre and
// each centre at the mean of its rows, worked out here in the plainest way.
func TestEndsAtFixedPoint(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := lattice(rt)
		n, d := x.Dims()
		r := fit(t, x, algo.Env{}, append(oneOf(rt, x), "tol", "0", "batch", "0")...)
		state := r.Model.State()
		k := state.Len()
		if found, _ := r.Stat("clusters"); int(found) != k {
			rt.Fatalf("%v clusters of %d", found, k)
		}
		sum := 0.0
		mean, weight := make([][]float64, k), make([]float64, k)
		for c := range mean {
			mean[c] = make([]float64, d)
		}
		for i := range n {
			best, own := math.Inf(1), 0.0
			for c := range k {
				var sq float64
				for j := range d {
					sq += math.Pow(x.X.At(i, j)-state.Columns[2+j].Floats[c], 2)
				}
				best = min(best, sq)
				if int32(c) == r.Labels[i] {
					own = sq
				}
			}
			if own > best+1e-12 || math.Abs(math.Sqrt(own)-r.Scores[i]) > 1e-12 {
				rt.Fatalf("row %d of cluster %d: squared distance %v, score %v, to the nearest centre %v", i, r.Labels[i], own, r.Scores[i], best)
			}
			sum += x.Weight[i] * own
			weight[r.Labels[i]] += x.Weight[i]
			for j := range d {
				mean[r.Labels[i]][j] += x.Weight[i] * x.X.At(i, j)
			}
		}
		if math.Abs(sum-inertia(r)) > 1e-9 {
			rt.Fatalf("inertia %v, want %v", inertia(r), sum)
		}
		for c := range k {
			if state.Column("samples").Floats[c] != weight[c] {
				rt.Fatalf("cluster %d: %v samples, want %v", c, state.Column("samples").Floats[c], weight[c])
			}
			for j := range d {
				if got, want := state.Columns[2+j].Floats[c], mean[c][j]/weight[c]; math.Abs(got-want) > 1e-12 {
					rt.Fatalf("cluster %d, column %d: centre %v, mean %v", c, j, got, want)
				}
			}
		}
	})
}

// Several chunks of rows, several starts: whatever is shared out is put
// together the same way.
func TestWorkers(t *testing.T) {
	x := heavy(5000, 3, 1)
	for _, flags := range [][]string{{"k", "2..5", "n-init", "3"}, {"k", "7", "n-init", "1"}, {"k", "7", "init", kmeans.Random, "n-init", "2"},
		{"k", "7", "init", kmeans.Parallel, "n-init", "2"}, {"k", "2..5", "n-init", "2", "batch", "100", "choose", kmeans.Silhouette}, {"k", "2..5", "n-init", "1", "choose", kmeans.XMeans}} {
		one := fit(t, x, algo.Env{Seed: 5, Workers: 1}, flags...)
		for _, workers := range []int{2, 8} {
			r := fit(t, x, algo.Env{Seed: 5, Workers: workers}, flags...)
			if !reflect.DeepEqual(r.Labels, one.Labels) || !reflect.DeepEqual(r.Scores, one.Scores) || !reflect.DeepEqual(r.Stats, one.Stats) || !reflect.DeepEqual(r.Tables, one.Tables) {
				t.Errorf("%v: %d workers: %v, one: %v", flags, workers, r.Stats, one.Stats)
			}
		}
	}
}

// heavy returns rows like those of flow tables: heavy tails, kinds of rows,
// many zeros.
func heavy(n, d int, seed uint64) *features.Matrix {
	rng := rand.New(rand.NewPCG(seed, 0))
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, d)
		kind := rng.IntN(8)
		for j := range rows[i] {
			if kind > 0 {
				rows[i][j] = math.Exp(float64((kind*(j+3))%5) + 0.3*rng.NormFloat64())
			}
		}
	}
	return matrix(rows...)
}

func TestFewDistinctRows(t *testing.T) {
	two := matrix([]float64{3, 1}, []float64{0, 2}, []float64{3, 1}, []float64{3, 1})
	for _, c := range []struct {
		what     string
		x        *features.Matrix
		k        string
		labels   []int32
		warnings int
	}{
		{"fewer distinct rows than k", two, "3", []int32{0, 1, 0, 0}, 1},
		{"as many distinct rows as k", two, "2", []int32{0, 1, 0, 0}, 0},
		{"fewer distinct rows than the range", two, "2..4", []int32{0, 1, 0, 0}, 1},
		{"all rows equal", matrix([]float64{0.1}, []float64{0.1}, []float64{0.1}), "auto", []int32{0, 0, 0}, 0},
		{"all rows equal, k 2", matrix([]float64{0.1}, []float64{0.1}, []float64{0.1}), "2", []int32{0, 0, 0}, 1},
		{"one row", matrix([]float64{7, 8}), "auto", []int32{0}, 0},
		{"one row, k 1", matrix([]float64{7, 8}), "1", []int32{0}, 0},
	} {
		r := fit(t, c.x, algo.Env{}, "k", c.k)
		if !slices.Equal(r.Labels, c.labels) || len(r.Warnings) != c.warnings {
			t.Errorf("%s: labels %v, warnings %v", c.what, r.Labels, r.Warnings)
		}
		// A centre of equal rows is that row, without rounding.
		if inertia(r) != 0 || slices.Max(r.Scores) != 0 {
			t.Errorf("%s: inertia %v, scores %v, want 0", c.what, inertia(r), r.Scores)
		}
	}
}

func TestTooFewRows(t *testing.T) {
	x := matrix([]float64{1}, []float64{2}, []float64{4})
	var bad *algo.ParamError
	if _, err := tryFit(t, x, algo.Env{}, "k", "4"); !errors.As(err, &bad) || bad.Name != "k" || !strings.Contains(err.Error(), "--k is 4, want at most 3,") {
		t.Errorf("4 clusters of 3 rows: error %v", err)
	}
	x.Weight = []float64{1, 2, 1}
	if r := fit(t, x, algo.Env{}, "k", "4"); len(r.Warnings) != 1 || inertia(r) != 0 {
		t.Errorf("4 clusters of 3 rows that stand for 4: inertia %v, warnings %v", inertia(r), r.Warnings)
	}
}

func TestOverflow(t *testing.T) {
	x := matrix([]float64{-1e200}, []float64{1e200}, []float64{0})
	if r, err := tryFit(t, x, algo.Env{}); err == nil {
		t.Errorf("squares of 1e200: %v", r.Stats)
	}
	x = matrix([]float64{1e300}, []float64{1e300}, []float64{1e300 - 1e290})
	if _, err := tryFit(t, x, algo.Env{}); err == nil {
		t.Error("squares of 1e290: no error")
	}
}

func TestK(t *testing.T) {
	for text, want := range map[string]kmeans.K{"auto": {}, "3": {Min: 3, Max: 3}, "2..12": {Min: 2, Max: 12}} {
		var k kmeans.K
		if err := k.Set(text); err != nil || k != want || k.String() != text {
			t.Errorf("%s: %#v %v, error %v", text, k, k, err)
		}
	}
	for _, text := range []string{"", "x", "2..", "..3", "2...3", "1.5", "0", "0..0", "1..2..3"} {
		if k := new(kmeans.K); k.Set(text) == nil {
			t.Errorf("%q is taken as %v", text, k)
		}
	}
	for _, k := range []kmeans.K{{Min: -1, Max: -1}, {Min: 0, Max: 3}, {Min: 5, Max: 2}} {
		m := kmeans.Default()
		m.K = k
		var bad *algo.ParamError
		if err := m.Check(); !errors.As(err, &bad) || bad.Name != "k" {
			t.Errorf("%v: error %v", k, err)
		}
	}
}

func TestCheck(t *testing.T) {
	for name, change := range map[string]func(*kmeans.Method){
		"n-init":   func(m *kmeans.Method) { m.NInit = 0 },
		"max-iter": func(m *kmeans.Method) { m.MaxIter = 0 },
		"tol":      func(m *kmeans.Method) { m.Tol = -1 },
		"init":     func(m *kmeans.Method) { m.Init = "guess" },
		"choose":   func(m *kmeans.Method) { m.Choose = "guess" },
		"batch":    func(m *kmeans.Method) { m.Choose, m.Batch = kmeans.XMeans, 5 },
	} {
		m := kmeans.Default()
		change(&m)
		var bad *algo.ParamError
		if err := m.Check(); !errors.As(err, &bad) || bad.Name != name {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestElbow(t *testing.T) {
	x, truth := algotest.Blobs(200, 2, 1)
	r := fit(t, x, algo.Env{}, "k", "1..6")
	if !slices.Equal(r.Labels, truth) {
		t.Errorf("labels are not the blobs'")
	}
	curve := r.Tables[0]
	if curve.Name != "elbow" || !slices.Equal(curve.Column("k").Ints, []int64{1, 2, 3, 4, 5, 6}) || !slices.Equal(curve.Column("chosen").Ints, []int64{0, 0, 1, 0, 0, 0}) {
		t.Errorf("elbow %v chosen %v", curve.Column("k").Ints, curve.Column("chosen").Ints)
	}
	// A row of the curve is what a run of that k alone gives.
	for i, k := range []string{"1", "2", "3", "4", "5", "6"} {
		if alone := fit(t, x, algo.Env{}, "k", k); inertia(alone) != curve.Column("inertia").Floats[i] || len(alone.Tables) != 1 {
			t.Errorf("k=%s: inertia %v, in the range %v", k, inertia(alone), curve.Column("inertia").Floats[i])
		}
	}
	if r := fit(t, x, algo.Env{}, "k", "3..4"); len(r.Warnings) != 1 || slices.Max(r.Labels) != 2 {
		t.Errorf("two points have no elbow: warnings %v", r.Warnings)
	}
}

func TestNotConverged(t *testing.T) {
	if r := fit(t, heavy(2000, 3, 2), algo.Env{}, "k", "5", "max-iter", "1"); len(r.Warnings) != 1 {
		t.Errorf("one iteration: warnings %v", r.Warnings)
	}
}

func TestExplain(t *testing.T) {
	x := matrix([]float64{0, 0}, []float64{6, 8})
	r := fit(t, x, algo.Env{}, "k", "1") // centre 3, 4
	got := r.Model.(algo.Explainer).Explain(x, 1)
	want := []algo.Reason{{Column: "b", Value: 8, Low: 4, High: 4, Weight: 0.64}, {Column: "a", Value: 6, Low: 3, High: 3, Weight: 0.36}}
	if !slices.Equal(got, want) || r.Scores[1] != 5 {
		t.Errorf("%v, score %v", got, r.Scores[1])
	}
}

func TestApplyRefuses(t *testing.T) {
	m := fit(t, matrix([]float64{0, 0}, []float64{6, 8}), algo.Env{}).Model
	for what, x := range map[string]*features.Matrix{"another width": matrix([]float64{1}), "overflow": matrix([]float64{1e200, 0})} {
		if _, err := m.Apply(t.Context(), x); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

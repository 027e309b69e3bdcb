package iforest

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

func TestAlgorithm(t *testing.T) {
	algotest.Run(t, Algorithm)
	t.Run("small sample", func(t *testing.T) {
		algotest.Run(t, Algorithm, algotest.Set("sample", "50"), algotest.Set("trees", "200"))
	})
}

// The kit's strange matrices have one column, which is none too many for one
// column a split only.
func TestExtended(t *testing.T) {
	algotest.Run(t, Algorithm, algotest.Set("extension", "1"),
		algotest.Except("small and strange matrices", "a matrix of one column has no planes"))
}

func fit(t testing.TB, f IForest, x *features.Matrix, env algo.Env) *algo.Result {
	t.Helper()
	r, err := algo.Fit(context.Background(), &f, x, env)
	if err != nil {
		t.Fatalf("%+v: %v", f, err)
	}
	return r
}

// small returns a table of few values, so that rows repeat.
func small(r *rand.Rand, n, d int) *features.Matrix {
	x := &features.Matrix{X: mat.NewDense(n, d, nil)}
	for j := range d {
		x.Names = append(x.Names, string(rune('a'+j)))
	}
	for i := range n {
		for j := range d {
			x.X.Set(i, j, float64(r.IntN(6)-2)*float64(1+r.IntN(2)))
		}
	}
	return x
}

// Weights, repetition, order and workers make no difference of a bit.
func TestWeightsAreRepetitions(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := 1 + r.IntN(4)
		x := small(r, 1+r.IntN(60), d)
		n, _ := x.Dims()
		var copies []int
		for i := range n {
			w := 1 + r.IntN(3)*r.IntN(40)
			x.Weight = append(x.Weight, float64(w))
			for range w {
				copies = append(copies, i)
			}
		}
		r.Shuffle(len(copies), func(a, b int) { copies[a], copies[b] = copies[b], copies[a] })
		y := &features.Matrix{Names: x.Names, X: mat.NewDense(len(copies), d, nil)}
		for k, i := range copies {
			y.X.SetRow(k, x.X.RawRowView(i))
		}
		f := IForest{Trees: 1 + r.IntN(20), Sample: 2 + r.IntN(300), Extension: r.IntN(d)}
		a := fit(t, f, x, algo.Env{Seed: seed, Workers: 1})
		b := fit(t, f, y, algo.Env{Seed: seed, Workers: 3})
		if !reflect.DeepEqual(a.Model, b.Model) {
			t.Fatalf("seed %d: %+v grows other trees from weights than from copies", seed, f)
		}
		for k, i := range copies {
			if a.Scores[i] != b.Scores[k] {
				t.Fatalf("seed %d: %+v scores row %d %v by weights, %v by copies", seed, f, i, a.Scores[i], b.Scores[k])
			}
		}
		again, err := b.Model.Apply(context.Background(), y)
		if err != nil || !slices.Equal(again.Scores, b.Scores) {
			t.Fatalf("seed %d: Apply gives other scores than Fit, error %v", seed, err)
		}
	}
}

// Trees are what the paper says: each node's samples are those of its
// children, leaves are alone, all equal, or at the depth limit, and stand for
// their depth + c(samples).
func TestTrees(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		d := 1 + r.IntN(4)
		x := small(r, 2+r.IntN(300), d)
		f := IForest{Trees: 5, Sample: 2 + r.IntN(200), Extension: r.IntN(d)}
		m := fit(t, f, x, algo.Env{Seed: seed}).Model.(*Model)
		n, _ := x.Dims()
		if want := min(n, f.Sample); m.sample != want {
			t.Fatalf("sample %d, want %d", m.sample, want)
		}
		limit := int(math.Ceil(math.Log2(float64(m.sample))))
		for _, tree := range m.forest.Trees() {
			if tree.Nodes[0].Samples != float64(m.sample) {
				t.Fatalf("%v samples at the root, want %d", tree.Nodes[0].Samples, m.sample)
			}
			depth := make([]int, len(tree.Nodes))
			for i, node := range tree.Nodes {
				if node.Left == 0 {
					if want := float64(depth[i]) + meanPath(int(node.Samples)); node.Value != want || depth[i] > limit {
						t.Fatalf("leaf of %v samples at depth %d of %d: path %v, want %v", node.Samples, depth[i], limit, node.Value, want)
					}
					continue
				}
				a, b := tree.Nodes[node.Left], tree.Nodes[node.Left+1]
				if a.Samples+b.Samples != node.Samples || f.Extension == 0 && min(a.Samples, b.Samples) == 0 {
					t.Fatalf("%v samples are split into %v and %v", node.Samples, a.Samples, b.Samples)
				}
				if terms := int(node.Last - node.First); terms > f.Extension+1 {
					t.Fatalf("split of %d columns, extension %d", terms, f.Extension)
				}
				for _, term := range tree.Terms[node.First:node.Last] {
					left, right := term.Range[0], term.Range[1]
					if f.Extension == 0 && !(left.High <= node.Split && node.Split < right.Low) {
						t.Fatalf("split %v of %v and %v", node.Split, left, right)
					}
				}
				depth[node.Left], depth[node.Left+1] = depth[i]+1, depth[i]+1
			}
		}
	}
}

// All sets of 3 of 6 numbers are drawn about equally often.
func TestDraw(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	const draws = 20_000
	times := map[string]float64{}
	for range draws {
		set := draw(r, 6, 3)
		if len(set) != 3 || !(0 <= set[0] && set[0] < set[1] && set[1] < set[2] && set[2] < 6) {
			t.Fatalf("drew %v", set)
		}
		times[fmt.Sprint(set)]++
	}
	var chi2 float64
	for _, n := range times {
		chi2 += (n - draws/20.) * (n - draws/20.) / (draws / 20.)
	}
	// 43.8 is the 0.999 quantile of χ² with 19 degrees of freedom.
	if len(times) != 20 || chi2 > 43.8 {
		t.Errorf("%d of 20 sets, χ² %.1f", len(times), chi2)
	}
	if set := draw(r, 5, 5); !slices.Equal(set, []int64{0, 1, 2, 3, 4}) {
		t.Errorf("all of 5 are %v", set)
	}
}

// c(n) against the exact harmonic numbers, which its approximation is
// 1/(2(n-1)) short of (Euler, Maclaurin), and the value that Liu et al. give
// for subsamples of 256: 10.24.
func TestMeanPath(t *testing.T) {
	var harmonic float64
	for n := 3; n < 1000; n++ {
		harmonic = 0
		for i := 1; i < n; i++ {
			harmonic += 1 / float64(i)
		}
		exact := 2*harmonic - 2*float64(n-1)/float64(n)
		if got := meanPath(n); !(got < exact && exact-got < 1/float64(n-1)) {
			t.Fatalf("c(%d) is %v, exactly %v", n, got, exact)
		}
	}
	if math.Abs(meanPath(256)-10.24) > 0.01 || meanPath(0) != 0 || meanPath(1) != 0 || meanPath(2) != 1 {
		t.Errorf("c(256) = %v, c(0) = %v, c(1) = %v, c(2) = %v", meanPath(256), meanPath(0), meanPath(1), meanPath(2))
	}
}

// Weights below 1 are samples too, as many as they sum to.
func TestFractionalWeights(t *testing.T) {
	x := small(rand.New(rand.NewPCG(1, 0)), 100, 2)
	x.Weight = slices.Repeat([]float64{0.25}, 100)
	m := fit(t, Default(), x, algo.Env{}).Model.(*Model)
	if m.sample != 25 {
		t.Errorf("sample of %d, want 25", m.sample)
	}
	x.Weight = slices.Repeat([]float64{0.001}, 100)
	r := fit(t, Default(), x, algo.Env{})
	if r.Scores[0] != 0.5 || r.Model.(*Model).sample != 1 {
		t.Errorf("score %v from a sample of %d, want 0.5 from one", r.Scores[0], r.Model.(*Model).sample)
	}
}

func TestEqualRows(t *testing.T) {
	x := &features.Matrix{Names: []string{"a"}, X: mat.NewDense(300, 1, slices.Repeat([]float64{7}, 300))}
	r := fit(t, Default(), x, algo.Env{})
	if math.Abs(r.Scores[0]-0.5) > 1e-12 || r.Scores[299] != r.Scores[0] || len(r.Warnings) != 1 {
		t.Errorf("score %v, warnings %v; want 0.5 and a warning", r.Scores[0], r.Warnings)
	}
}

// The column that a row is strange in is the first reason, and its range that
// of the others.
func TestExplain(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	x := &features.Matrix{Names: []string{"a", "b", "c"}, X: mat.NewDense(500, 3, nil)}
	for i := range 500 {
		a := 10 * float64(r.IntN(2)) // a and b go together
		x.X.SetRow(i, []float64{a + r.NormFloat64(), a + r.NormFloat64(), r.NormFloat64()})
	}
	x.X.SetRow(0, []float64{0, 0, 20})
	x.X.SetRow(1, []float64{10, 0, 0})                               // strange together only
	for extension, weight := range map[int]float64{0: 0.9, 2: 0.6} { // a plane is of other columns too
		f := Default()
		f.Extension = extension
		m := fit(t, f, x, algo.Env{Seed: 1}).Model.(*Model)
		first := m.Explain(x, 0)[0]
		if first.Column != "c" || first.Weight < weight || first.High < 1 || first.High > 4 || first.Low < -4 || first.Low > -1 {
			t.Errorf("extension %d: reason %+v, want c above about 3", extension, first)
		}
		var both float64
		for _, reason := range m.Explain(x, 1) {
			if reason.Column != "c" {
				both += reason.Weight
			}
		}
		if both < weight {
			t.Errorf("extension %d: weight of a and b is %v, reasons %v", extension, both, m.Explain(x, 1))
		}
	}
}

// Two clusters at (0,10) and (10,0): splits of one column see ghosts of them
// at (0,0) and (10,10), planes don't (Hariri et al., figure 3).
func TestGhosts(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	x := &features.Matrix{Names: []string{"a", "b"}, X: mat.NewDense(1000, 2, nil)}
	for i := range 1000 {
		a := 10 * float64(i%2)
		x.X.SetRow(i, []float64{a + r.NormFloat64(), 10 - a + r.NormFloat64()})
	}
	ghosts := &features.Matrix{Names: x.Names, X: mat.NewDense(2, 2, []float64{0, 0, 10, 10})}
	share := func(extension int) (least float64) { // of the rows that are less strange than a ghost
		f := Default()
		f.Extension = extension
		fitted := fit(t, f, x, algo.Env{Seed: 1})
		applied, err := fitted.Model.Apply(context.Background(), ghosts)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range fitted.Scores {
			if s < slices.Min(applied.Scores) {
				least += 1. / 1000
			}
		}
		return least
	}
	if standard, extended := share(0), share(1); extended < 0.99 || standard >= extended {
		t.Errorf("%v of the rows are less strange than ghosts, with planes %v; want all with planes only", standard, extended)
	}
}

// The largest numbers have no finite ranges and sums, but scores and reasons.
func TestHugeValues(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 0))
	x := &features.Matrix{Names: []string{"a", "b", "c"}, X: mat.NewDense(60, 3, nil)}
	x.X.Apply(func(int, int, float64) float64 { return float64(r.IntN(5)-2) / 2 * math.MaxFloat64 }, x.X)
	for extension := range 3 {
		f := Default()
		f.Extension = extension
		fitted := fit(t, f, x, algo.Env{Seed: 1})
		for i, s := range fitted.Scores {
			if !(s > 0 && s < 1) {
				t.Fatalf("extension %d: row %d scores %v", extension, i, s)
			}
			var sum float64
			for _, reason := range fitted.Model.(*Model).Explain(x, i) {
				if !(reason.Low <= reason.High) {
					t.Fatalf("extension %d: row %d has the reason %+v", extension, i, reason)
				}
				sum += reason.Weight
			}
			if sum != 0 && math.Abs(sum-1) > 1e-9 {
				t.Fatalf("extension %d: weights of row %d sum to %v", extension, i, sum)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	x := small(rand.New(rand.NewPCG(5, 0)), 20, 2)
	f := Default()
	f.Extension = 2
	if _, err := algo.Fit(context.Background(), &f, x, algo.Env{}); err == nil || !strings.Contains(err.Error(), "--extension is 2, want 0 to 1") {
		t.Errorf("extension 2 of 2 columns: error %v", err)
	}
	for _, f := range []IForest{{0, 256, 0}, {100, 1, 0}, {100, 256, -1}} {
		if err := f.Check(); err == nil {
			t.Errorf("%+v passes", f)
		}
	}
	m := fit(t, Default(), x, algo.Env{}).Model
	if _, err := m.Apply(context.Background(), small(rand.New(rand.NewPCG(5, 0)), 20, 3)); err == nil {
		t.Error("Apply to other columns gives no error")
	}
	state := m.State()
	state.Meta[metaSample] = "none"
	if _, err := load(state); err == nil || !strings.Contains(err.Error(), metaSample) {
		t.Errorf("model without sample: error %v", err)
	}
}

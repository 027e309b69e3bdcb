package ward

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/features"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
)

func TestAlgorithm(t *testing.T) { algotest.Run(t, Algorithm, algotest.Set("k", "3")) }

func TestAlgorithmAuto(t *testing.T) {
	why := "with auto, rows far from all others are a cluster of their own, at whose centre they are"
	algotest.Run(t, Algorithm, algotest.Except("ranks outliers high", why), algotest.Except("reasons", why))
}

func TestAlgorithmGroups(t *testing.T) {
	algotest.Run(t, Algorithm, algotest.Set("k", "3"), algotest.Set("max-rows", "50"))
}

func matrix(rows [][]float64) *features.Matrix {
	m := &features.Matrix{X: mat.NewDense(len(rows), len(rows[0]), nil)}
	for i, r := range rows {
		m.X.SetRow(i, r)
	}
	for j := range rows[0] {
		m.Names = append(m.Names, fmt.Sprintf("f%d", j))
	}
	return m
}

func fit(t *testing.T, m Method, x *features.Matrix) *algo.Result {
	t.Helper()
	r, err := algo.Fit(context.Background(), &m, x, algo.Env{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func renumber(labels []int32) []int32 {
	to := map[int32]int32{}
	out := make([]int32, len(labels))
	for i, l := range labels {
		if _, ok := to[l]; !ok {
			to[l] = int32(len(to))
		}
		out[i] = to[l]
	}
	return out
}

func close(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-9*max(1, want[i]) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// testdata/sklearn.json is made by internal/ref/gen_ward.py and names the versions.
func TestSklearn(t *testing.T) {
	text, err := os.ReadFile("testdata/sklearn.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Cases []struct {
			Kind    string
			X       [][]float64
			Heights []float64
			Labels  []struct {
				K      int
				Labels []int32
			}
		}
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if len(want.Cases) < 15 {
		t.Fatalf("%d cases", len(want.Cases))
	}
	for i, c := range want.Cases {
		name := fmt.Sprintf("case %d, %s of %d×%d", i, c.Kind, len(c.X), len(c.X[0]))
		for _, l := range c.Labels {
			r := fit(t, Method{K: Clusters(l.K), MaxRows: 1000}, matrix(c.X))
			close(t, name+": heights", r.Tables[0].Column("height").Floats, c.Heights)
			if !slices.Equal(r.Labels, renumber(l.Labels)) {
				t.Errorf("%s, k = %d: labels %v, want %v", name, l.K, r.Labels, renumber(l.Labels))
			}
		}
	}
}

// slowHeights merges the nearest two of all clusters, again and again, and says
// the heights, the last first, and the labels with k clusters left.
func slowHeights(x *features.Matrix, k int) (heights []float64, labels []int32) {
	n, _ := x.Dims()
	sets := make([][]int, n)
	for i := range sets {
		sets[i] = []int{i}
	}
	spread := func(rows ...int) (s float64) { // sum of squares about the centre
		_, d := x.Dims()
		for j := range d {
			var w, sum float64
			for _, i := range rows {
				w, sum = w+x.W(i), sum+x.W(i)*x.X.At(i, j)
			}
			for _, i := range rows {
				s += x.W(i) * (x.X.At(i, j) - sum/w) * (x.X.At(i, j) - sum/w)
			}
		}
		return s
	}
	name := func() {
		labels = make([]int32, n)
		for l, set := range sets {
			for _, i := range set {
				labels[i] = int32(l)
			}
		}
	}
	for {
		if len(sets) == k {
			name()
		}
		if len(sets) == 1 {
			break
		}
		a, b, least := 0, 0, math.Inf(1)
		for p := range sets {
			for q := range p {
				if v := spread(append(slices.Clone(sets[p]), sets[q]...)...) - spread(sets[p]...) - spread(sets[q]...); v < least {
					a, b, least = q, p, v
				}
			}
		}
		heights = append(heights, math.Sqrt(2*max(0, least)))
		sets[a] = append(sets[a], sets[b]...)
		sets = slices.Delete(sets, b, b+1)
	}
	slices.Reverse(heights)
	return heights, renumber(labels)
}

func TestAgainstDefinition(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		n, d := 2+r.IntN(20), 1+r.IntN(4)
		var rows [][]float64
		for range n {
			row := make([]float64, d)
			for j := range row {
				row[j] = math.Exp(r.NormFloat64())
			}
			rows = append(rows, row)
		}
		x := matrix(rows)
		if seed%2 == 0 {
			for range n {
				x.Weight = append(x.Weight, 0.5+float64(r.IntN(4)))
			}
		}
		k := 1 + r.IntN(n)
		heights, labels := slowHeights(x, k)
		got := fit(t, Method{K: Clusters(k), MaxRows: 100}, x)
		close(t, fmt.Sprintf("seed %d: heights", seed), got.Tables[0].Column("height").Floats, heights)
		if !slices.Equal(got.Labels, labels) {
			t.Fatalf("seed %d, k = %d: labels %v, want %v", seed, k, got.Labels, labels)
		}
	}
}

// Repeated and shuffled rows are merged as weighted ones are.
func TestRowOrderAndWeights(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 2))
		n := 1 + r.IntN(60)
		var rows, copies [][]float64
		var from []int
		x := &features.Matrix{}
		for i := range n {
			row := []float64{float64(r.IntN(6)), float64(r.IntN(6)), float64(r.IntN(2))}
			rows = append(rows, row)
			x.Weight = append(x.Weight, float64(1+r.IntN(3)))
			for range int(x.Weight[i]) {
				from = append(from, i)
			}
		}
		weighted := matrix(rows)
		weighted.Weight = x.Weight
		r.Shuffle(len(from), func(a, b int) { from[a], from[b] = from[b], from[a] })
		m := Method{K: Clusters(r.IntN(4)), MaxRows: []int{10, 1000}[seed%2]}
		got := fit(t, m, weighted)
		var labels []int32
		var scores []float64
		for _, i := range from {
			copies, labels, scores = append(copies, rows[i]), append(labels, got.Labels[i]), append(scores, got.Scores[i])
		}
		again := fit(t, m, matrix(copies))
		if !slices.Equal(again.Labels, renumber(labels)) || !slices.Equal(again.Scores, scores) {
			t.Fatalf("seed %d: repeated and shuffled rows differ from weighted ones", seed)
		}
		for j, c := range got.Tables[0].Columns {
			if !slices.Equal(c.Floats, again.Tables[0].Columns[j].Floats) {
				t.Fatalf("seed %d: %s of repeated rows differs from that of weighted ones", seed, c.Name)
			}
		}
	}
}

// Groups are as many as asked for, hold all samples, and change the last mergers
// of clusters that lie apart little.
func TestGroups(t *testing.T) {
	x, truth := algotest.Blobs(3000, 4, 1)
	exact := fit(t, Method{K: 3, MaxRows: 3000}, x)
	r := fit(t, Method{K: 3, MaxRows: 200}, x)
	if g, _ := r.Stat("groups"); g < 190 || g > 200 {
		t.Errorf("%v groups, want 200", g)
	}
	if len(r.Warnings) != 1 || len(exact.Warnings) != 0 {
		t.Errorf("warnings %v of groups, %v of rows", r.Warnings, exact.Warnings)
	}
	if !slices.Equal(r.Labels, truth) || !slices.Equal(exact.Labels, truth) {
		t.Errorf("blobs are not found")
	}
	a, b := r.Tables[0], exact.Tables[0]
	for i := range 2 {
		if got, want := a.Column("height").Floats[i], b.Column("height").Floats[i]; math.Abs(got/want-1) > 1e-3 {
			t.Errorf("height %d of groups is %v, of rows %v", i, got, want)
		}
	}
	if a.Column("larger").Floats[0]+a.Column("smaller").Floats[0] != 3000 || b.Len() != drawn {
		t.Errorf("the last merger is of %v and %v samples; %d mergers", a.Column("larger").Floats[0], a.Column("smaller").Floats[0], b.Len())
	}
}

func TestAuto(t *testing.T) {
	for _, c := range []struct {
		heights []float64 // ascending
		want    int
	}{
		{nil, 1},
		{[]float64{0}, 1},
		{[]float64{3}, 2},
		{[]float64{1, 1.5, 9, 10}, 3},
		{[]float64{0, 0, 1, 2}, 3},
		{[]float64{1, 2, 4, 8}, 2},
	} {
		var all []merger
		for _, h := range c.heights {
			all = append(all, merger{height: h})
		}
		if got := greatestStep(all); got != c.want {
			t.Errorf("heights %v: %d clusters, want %d", c.heights, got, c.want)
		}
	}
	x, truth := algotest.Blobs(300, 4, 2)
	if r := fit(t, Default(), x); !slices.Equal(r.Labels, truth) {
		t.Errorf("auto takes %v clusters", r.Stats[0].Value)
	}
}

func TestParameters(t *testing.T) {
	m := Default()
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	m.Flags(fs)
	var bad *algo.ParamError
	for _, text := range []string{"0", "-1", "few"} {
		if err := fs.Set("k", text); !errors.As(err, &bad) || bad.Name != "k" {
			t.Errorf("--k %s: error %v", text, err)
		}
	}
	if err := (&Method{K: -1, MaxRows: 2}).Check(); !errors.As(err, &bad) || bad.Name != "k" {
		t.Errorf("k −1: Check returns %v", err)
	}
	if err := (&Method{MaxRows: 1}).Check(); !errors.As(err, &bad) || bad.Name != "max-rows" {
		t.Errorf("max-rows 1: Check returns %v", err)
	}
	// More clusters than distinct rows are as many as there are rows.
	if r := fit(t, Method{K: 9, MaxRows: 100}, matrix([][]float64{{1}, {2}, {1}})); !slices.Equal(r.Labels, []int32{0, 1, 0}) {
		t.Errorf("labels %v", r.Labels)
	}
}

// What is said stays finite where squares do not.
func TestHuge(t *testing.T) {
	x := matrix([][]float64{{0}, {1e200}, {-1.7e308}, {1.7e308}, {1.6e308}, {2}})
	for _, m := range []Method{{K: Auto, MaxRows: 100}, {K: 2, MaxRows: 3}, {K: 3, MaxRows: 100}} {
		r := fit(t, m, x)
		for i, s := range r.Scores {
			if math.IsNaN(s) || math.IsInf(s, 0) {
				t.Errorf("%+v: row %d scores %v", m, i, s)
			}
		}
		for _, s := range r.Stats {
			if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
				t.Errorf("%+v: %s is %v", m, s.Name, s.Value)
			}
		}
	}
}

// Bytes must not be above what Fit allocates in all, nor far below it.
func TestBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var rows [][]float64
	for range 4000 {
		rows = append(rows, []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), r.NormFloat64()})
	}
	for _, most := range []int{500, 4000} {
		x, m := matrix(rows), Method{K: 5, MaxRows: most}
		bytes := float64(m.Bytes(len(rows), len(rows), 4, 2))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		fit(t, m, x)
		runtime.ReadMemStats(&after)
		all := float64(after.TotalAlloc - before.TotalAlloc)
		if share := bytes / all; share < 0.2 || share > 1 {
			t.Errorf("max-rows %d: Bytes is %.2f MB, %.2f of all that is allocated", most, bytes/1e6, share)
		}
	}
}

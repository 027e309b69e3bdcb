package stability

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

func TestRankCorrelation(t *testing.T) {
	// scipy.stats.spearmanr([1, 2, 2, 4], [3, 1, 4, 4]).statistic is 0.5.
	if r := rankCorrelation([]float64{1, 2, 2, 4}, []float64{3, 1, 4, 4}); math.Abs(r-0.5) > 1e-15 {
		t.Errorf("rank correlation %v, want 0.5", r)
	}
	if r := rankCorrelation([]float64{1, 1}, []float64{1, 2}); !math.IsNaN(r) {
		t.Errorf("of a constant: %v", r)
	}
}

func TestCompare(t *testing.T) {
	a := &Verdict{Flagged: []bool{true, true, false, false}, Scores: []float64{4, 3, 2, 1}}
	b := &Verdict{Flagged: []bool{true, false, true, false}, Labels: []int32{0, 0, 0, 0}}
	if got := Compare(a, b, []float64{3, 1, 1, 9}); got.Flagged != 0.6 || !math.IsNaN(got.Labels) || !math.IsNaN(got.Scores) {
		t.Errorf("%+v, want 3 of 5 samples flagged by both, and nothing else to compare", got)
	}
	if got := Compare(a, a, nil); got.Flagged != 1 || got.Scores != 1 {
		t.Errorf("with itself: %+v", got)
	}
}

func TestWindows(t *testing.T) {
	f := func(time []int64, n int, want ...[]int) {
		t.Helper()
		if got := windows(time, n); !reflect.DeepEqual(got, want) {
			t.Errorf("%v in %d: %v, want %v", time, n, got, want)
		}
	}
	f([]int64{30, 10, 20, 40}, 2, []int{1, 2}, []int{0, 3})
	f([]int64{5, 5, 5, 9}, 2, []int{0, 1, 2}, []int{3})
	f([]int64{1, 2}, 3, []int{0}, []int{1})
	f([]int64{5, 5, 5}, 2) // one time is no two windows
	f(nil, 2)
	f([]int64{1, 2}, 1)
}

// rows is a matrix of the numbers from 0 to n.
func rows(n int) *features.Matrix {
	x := mat.NewDense(n, 1, nil)
	for i := range n {
		x.Set(i, 0, float64(i))
	}
	return &features.Matrix{Names: []string{"v"}, X: x}
}

// A method that scores a row by its value is the same on any part; one that
// scores by the distance to the mean of what it has seen is not, on windows.
func TestMeasure(t *testing.T) {
	const n = 100
	x := rows(n)
	time := make([]int64, n)
	for i := range time {
		time[i] = int64(i)
	}
	o := Options{Seeds: 2, Subsamples: 3, Share: 0.5, Windows: 4, Time: time, Env: algo.Env{Seed: 1}}
	seeds := map[uint64]bool{}
	var sizes []int
	value := func(_ context.Context, x *features.Matrix, env algo.Env) (*Verdict, error) {
		seeds[env.Seed] = true
		m, _ := x.Dims()
		sizes = append(sizes, m)
		v := &Verdict{}
		for i := range m {
			v.Scores = append(v.Scores, x.X.At(i, 0))
		}
		return v, nil
	}
	whole, _ := value(t.Context(), x, o.Env)
	seeds, sizes = map[uint64]bool{}, nil
	s, err := Measure(t.Context(), x, whole, value, o)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{100, 100, 50, 50, 50, 25, 25, 25, 25}; !slices.Equal(sizes, want) {
		t.Errorf("fits of %v rows, want %v", sizes, want)
	}
	if len(seeds) != 3 {
		t.Errorf("%d seeds, want two others and its own", len(seeds))
	}
	for _, as := range [][]Agreement{s.Seeds, s.Subsamples, s.Windows} {
		if mean, least := Mean(as, Agreement.Value); mean != 1 || least != 1 {
			t.Errorf("scores that are values: agreement %v, at least %v, want 1", mean, least)
		}
	}

	distance := func(ctx context.Context, x *features.Matrix, env algo.Env) (*Verdict, error) {
		v, _ := value(ctx, x, env)
		m := mat.Sum(x.X) / float64(len(v.Scores))
		for i := range v.Scores {
			v.Scores[i] = math.Abs(v.Scores[i] - m)
		}
		return v, nil
	}
	whole, _ = distance(t.Context(), x, o.Env)
	if s, err = Measure(t.Context(), x, whole, distance, o); err != nil {
		t.Fatal(err)
	}
	if mean, least := Mean(s.Windows, Agreement.Value); math.Abs(mean) > 0.1 || least > 0.1 {
		t.Errorf("distances to the window's own mean: agreement %v, at least %v, want about 0", mean, least)
	}

	refuses := func(context.Context, *features.Matrix, algo.Env) (*Verdict, error) {
		return nil, &algo.ParamError{Name: "k", Value: 500, Want: "fewer"}
	}
	o.Seeds = 0
	if s, err = Measure(t.Context(), x, whole, refuses, o); err != nil || s.Refused != 7 {
		t.Errorf("%+v, %v: want seven fits refused and no error", s, err)
	}
	if mean, _ := Mean(s.Windows, Agreement.Value); !math.IsNaN(mean) {
		t.Errorf("agreement of nothing is %v", mean)
	}
}

package scale

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// apply returns what a model makes of the values of its only column.
func apply(t *testing.T, m algo.Model, values ...float64) []float64 {
	t.Helper()
	r, err := algo.Apply(context.Background(), m, &features.Matrix{Names: []string{"f0"}, X: mat.NewDense(len(values), 1, values)})
	if err != nil {
		t.Fatal(err)
	}
	return mat.Col(nil, 0, r.Coords)
}

// Values between those learned from are interpolated, and others the
// outermost, of which there is no bound.
func TestQuantileOfOtherValues(t *testing.T) {
	m := fit(t, Quantile, [][]float64{{0, 10, 20, 20}}, nil).Model
	if got, want := apply(t, m, -5, 0, 5, 12, 20, 99), []float64{0.125, 0.125, 0.25, 0.45, 0.75, 0.75}; !slices.EqualFunc(got, want, func(a, b float64) bool { return near(a, b, 1e-14) }) {
		t.Errorf("got %v, want %v", got, want)
	}
	inv := m.(algo.Inverter)
	for _, c := range [][2]float64{{0.1, math.Inf(-1)}, {0.125, 0}, {0.25, 5}, {0.75, 20}, {0.8, math.Inf(1)}} {
		if got := inv.Invert(0, c[0]); got != c[1] {
			t.Errorf("%v is of the value %v, want %v", c[0], got, c[1])
		}
	}
}

// Of many values as many points are kept as are allowed, the outermost among
// them, and no value is far from its rank.
func TestQuantileOfManyValues(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	const n = 50_000
	values := make([]float64, n)
	for i := range values {
		values[i] = math.Exp(4 * r.NormFloat64())
		if i%3 == 0 {
			values[i] = 1 // a third of all are equal
		}
	}
	res := fit(t, Quantile, [][]float64{values}, nil)
	p := res.Model.(*quantileModel).points[0]
	if len(p.value) != maxPoints || p.value[0] != slices.Min(values) || p.value[maxPoints-1] != slices.Max(values) {
		t.Errorf("%d points from %v to %v", len(p.value), p.value[0], p.value[len(p.value)-1])
	}
	sorted := slices.Sorted(slices.Values(values))
	for i := 0; i < n; i += 97 {
		below, _ := slices.BinarySearch(sorted, values[i])
		above, _ := slices.BinarySearch(sorted, math.Nextafter(values[i], math.Inf(1)))
		want := float64(below+above) / 2 / n
		if got := res.Coords.At(i, 0); math.Abs(got-want) > 1.5/maxPoints && values[i] != 1 || values[i] == 1 && math.Abs(got-want) > 1e-12 {
			t.Errorf("%v becomes %v, want about %v", values[i], got, want)
		}
	}
}

func TestQuantileLoad(t *testing.T) {
	for what, spoil := range map[string]func(*features.Table){
		"no value":     func(t *features.Table) { t.Column("value").Name = "worth" },
		"wrong type":   func(t *features.Table) { t.Column("coordinate").Type = features.Int },
		"a gap":        func(t *features.Table) { t.Column("number").Ints[2] = 4 },
		"out of order": func(t *features.Table) { t.Column("value").Floats[0] = 1e9 },
	} {
		state := fit(t, Quantile, [][]float64{{1, 2, 3}}, nil).Model.State()
		spoil(state)
		if got, err := Quantile.Load(state); err == nil {
			t.Errorf("%s: model %v, want an error", what, got)
		}
	}
}

package dbscan

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestKnee(t *testing.T) {
	for _, c := range []struct {
		distance, samples []float64
		want              float64
	}{
		{nil, nil, 1},
		{[]float64{0.25}, []float64{7}, 0.25},
		{[]float64{4, 2}, []float64{1, 9}, 2}, // depths 0 and 1−1/8
		// Depths 0, 1−1/19−1/9 and 1−2/19−0.
		{[]float64{10, 2, 1}, []float64{1, 2, 20}, 1},
		// Depths 0, 1−1/19−1/9 and 1−4/19−0.
		{[]float64{10, 2, 1}, []float64{1, 4, 20}, 2},
		// A straight line, and one bent the other way.
		{[]float64{5, 4, 3, 2, 1}, []float64{1, 2, 3, 4, 5}, 5},
		{[]float64{3, 2.5, 1}, []float64{2, 4, 5}, 3},
	} {
		if got := (&curve{c.distance, c.samples}).knee(); got != c.want {
			t.Errorf("knee of %v, %v is %v, want %v", c.distance, c.samples, got, c.want)
		}
	}
}

func TestCurve(t *testing.T) {
	// Rows without a k-distance and rows with enough copies are left out.
	c := newCurve([]float64{4, 0, 9, math.Inf(1), 4, 1}, []float64{2, 50, 1, 70, 3, 5})
	if !slices.Equal(c.distance, []float64{3, 2, 1}) || !slices.Equal(c.samples, []float64{1, 6, 11}) {
		t.Errorf("curve %v, %v", c.distance, c.samples)
	}
	d2, weight := make([]float64, 5000), make([]float64, 5000)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range d2 {
		d2[i], weight[i] = r.Float64(), 2
	}
	c = newCurve(d2, weight)
	tab := c.table(0.5, 3)
	samples, distance := tab.Columns[0].Floats, tab.Columns[1].Floats
	if len(samples) != 1000 || samples[0] != 2 || samples[999] != 10000 || distance[0] != c.distance[0] || distance[999] != c.distance[4999] {
		t.Errorf("thinned to %d points from %v, %v to %v, %v", len(samples), samples[0], distance[0], samples[999], distance[999])
	}
	if tab.Meta["eps"] != "0.5" {
		t.Errorf("Meta %v", tab.Meta)
	}
}

// The root of a square rounded down must not leave out the row it came from.
func TestWithin(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for i := range 10000 {
		d2 := float64(i)
		if i > 1000 {
			d2 = math.Exp(20 * r.NormFloat64())
		}
		if eps := within(d2); eps*eps < d2 || eps > math.Sqrt(d2)*(1+1e-15) {
			t.Fatalf("within(%v) = %v", d2, eps)
		}
	}
}

package spectral

import (
	"context"
	"testing"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// A forecast counts the parts that a fit finds, and with as many as clusters no
// search for eigenvectors.
func TestForecast(t *testing.T) {
	x := mat.NewDense(300, 1, nil)
	for i := range 300 {
		x.Set(i, 0, float64(i)/50+1000*float64(i%3))
	}
	for _, c := range []struct {
		gamma string
		k     int
		parts float64
	}{{"1", 2, 3}, {"1", 3, 3}, {"1", 5, 3}, {"1e-9", 2, 1}} {
		m := Default()
		m.K = c.k
		if err := (*gamma)(&m).Set(c.gamma); err != nil {
			t.Fatal(err)
		}
		table := &features.Matrix{Names: []string{"x"}, X: x}
		r, err := algo.Fit(context.Background(), &m, table, algo.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if found, _ := r.Stat("components"); found != c.parts {
			t.Fatalf("gamma %s: the graph has %v parts, want %v", c.gamma, found, c.parts)
		}
		collapsed := features.Collapse(table)
		parts, err := m.parts(context.Background(), collapsed, algo.Env{})
		if err != nil || float64(parts) != c.parts {
			t.Errorf("gamma %s: %d parts forecast, error %v, want %v", c.gamma, parts, err, c.parts)
		}
		passes, err := m.passes(context.Background(), collapsed, algo.Env{})
		if err != nil || (passes == 2) != (parts >= c.k) {
			t.Errorf("gamma %s, k %d: %v passes, error %v", c.gamma, c.k, passes, err)
		}
		if s, ok, err := m.Seconds(context.Background(), table, algo.Env{}); !ok || err != nil || !(s > 0) {
			t.Errorf("%v seconds, %v, error %v", s, ok, err)
		}
	}
	m := Default()
	m.Affinity = KNN
	if _, ok, err := m.Seconds(context.Background(), &features.Matrix{Names: []string{"x"}, X: x}, algo.Env{}); ok || err != nil {
		t.Errorf("of nearest neighbours: %v, error %v", ok, err)
	}
}

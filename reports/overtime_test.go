package reports

import (
	"math"
	"testing"

	"toolkit/explain"

	"pgregory.net/rapid"
)

// Kolmogorov and Smirnov's distance is the greatest difference, at any value,
// of the shares at or below it.
func TestKolmogorov(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) []float64 {
			return rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 8), func(i int) float64 { return float64(i) }), 1, 30).Draw(t, name)
		}
		a, b := draw("a"), draw("b")
		below := func(of []float64, v float64) float64 {
			n := 0.0
			for _, x := range of {
				if x <= v {
					n++
				}
			}
			return n / float64(len(of))
		}
		want := 0.0
		for v := range 9 {
			want = max(want, math.Abs(below(a, float64(v))-below(b, float64(v))))
		}
		if got := kolmogorov(explain.OrdinaryOfValues(a), explain.OrdinaryOfValues(b)); math.Abs(got-want) > 1e-12 {
			t.Fatalf("distance %v, want %v", got, want)
		}
	})
}

// A tail's curve gives the share of the values that are at least as large.
func TestTail(t *testing.T) {
	v := []float64{1, 1, 2, 8, 8, 8, 100, 1000}
	s := ccdf("x", First, explain.OrdinaryOfValues(v))
	for k, x := range s.X {
		n := 0.0
		for _, y := range v {
			if y >= x {
				n++
			}
		}
		if want := n / float64(len(v)); math.Abs(s.Y[k]-want) > 1e-12 {
			t.Errorf("share at %v is %v, want %v", x, s.Y[k], want)
		}
	}
	if len(s.X) != 5 {
		t.Errorf("%d points, want one a value", len(s.X))
	}
}

// Untangling keeps every edge between the same two names.
func TestUntangle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := &Graph{Left: []string{"a", "b", "c", "d"}, Right: []string{"v", "w", "x", "y", "z"}}
		want := map[[2]string]float64{}
		for k := range rapid.IntRange(0, 12).Draw(t, "edges") {
			e := Edge{rapid.IntRange(0, 3).Draw(t, "from"), rapid.IntRange(0, 4).Draw(t, "to"), float64(k + 1)}
			g.Edges = append(g.Edges, e)
			want[[2]string{g.Left[e.From], g.Right[e.To]}] += e.Weight
		}
		g.untangle()
		got := map[[2]string]float64{}
		for _, e := range g.Edges {
			got[[2]string{g.Left[e.From], g.Right[e.To]}] += e.Weight
		}
		if len(got) != len(want) {
			t.Fatalf("%v, want %v", got, want)
		}
		for k, w := range want {
			if got[k] != w {
				t.Fatalf("%v, want %v", got, want)
			}
		}
	})
}

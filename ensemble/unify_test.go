package ensemble

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// skewed returns scores of which the last twentieth is far off, with ties.
func skewed(r *rand.Rand, n int) (scores []float64, anomalous []bool) {
	for i := range n {
		s := math.Round(r.ExpFloat64()*4) / 4
		if i >= n-n/20 {
			s = 12 + 2*r.NormFloat64()
		}
		scores = append(scores, s)
		anomalous = append(anomalous, i >= n-n/20)
	}
	return scores, anomalous
}

// A calibration is in 0…1, never decreases, and keeps NaN, whatever it was
// learned from.
func TestMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	many, _ := skewed(r, 500)
	for name, scores := range map[string][]float64{
		"skewed": many, "none": nil, "one": {3}, "equal": {2, 2, 2, 2, 2}, "two values": {0, 0, 0, 0, 1, 1},
		"infinite": {1, 2, 3, math.Inf(1), math.Inf(-1), 4}, "with NaN": {math.NaN(), 1, 5, 2, 2, 9}, "huge": {1e300, -1e300, 0, 5, 1},
	} {
		for _, u := range Unifiers {
			c := u.Fit(scores, nil)
			if !math.IsNaN(c(math.NaN())) {
				t.Errorf("%s of %s: NaN becomes %v", u.Name, name, c(math.NaN()))
			}
			last := 0.0
			for _, s := range append(finite(scores), math.Inf(1)) {
				p := c(s)
				if !(p >= last && p <= 1) {
					t.Errorf("%s of %s: probability %v at %v, after %v", u.Name, name, p, s, last)
				}
				last = p
			}
		}
	}
}

// Numbers by hand, from the formulas.
func TestScales(t *testing.T) {
	scores := []float64{0, 1, 2, 5} // mean 2, variance 3.5
	for _, c := range []struct {
		name  string
		of    Calibration
		score float64
		want  float64
	}{
		{"gaussian", Gaussian(scores), 5, math.Erf(3 / math.Sqrt(7))},
		{"gaussian", Gaussian(scores), 2, 0},
		{"ranks", Ranks(scores), 1, 1.5 / 4},
		{"ranks", Ranks(scores), 1.5, 2.0 / 4},
		{"tail", Tail(scores, nil), 5, 0.75},
		{"tail", Tail(scores, nil), 2, 0.5},
		{"tail", Tail(scores, nil), 0, 0},
		{"tail of pairs", Tail([]float64{0, 1, 7, 2, 9}, []int32{0, 1, 1, 0, 1}), 7, 0.5},
		{"tail of pairs", Tail([]float64{0, 1, 7, 2, 9}, []int32{0, 1, 1, 0, 1}), 2, 0},
	} {
		if got := c.of(c.score); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s(%v) = %v, want %v", c.name, c.score, got, c.want)
		}
	}
	// Exponential scores: gamma scaling then is 1 − exp(−(s−μ)/μ) beyond μ.
	r := rand.New(rand.NewPCG(2, 2))
	var expo []float64
	for range 200_000 {
		expo = append(expo, r.ExpFloat64())
	}
	c := Gamma(expo)
	for _, s := range []float64{1.5, 2, 4} {
		if got, want := c(s), 1-math.Exp(1-s); math.Abs(got-want) > 0.01 {
			t.Errorf("gamma of exponential scores at %v: %v, want %v", s, got, want)
		}
	}
}

// Where scores are of the mixture's own kind, its probabilities are true.
func TestMixtureRecovers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	scores, anomalous := skewed(r, 20_000)
	p := Mixture(scores).Apply(scores)
	if b := Brier(p, anomalous); b > 0.01 {
		t.Errorf("Brier score %v", b)
	}
	if sum := mean(p); math.Abs(sum-0.05) > 0.01 {
		t.Errorf("mean probability %v, want 0.05", sum)
	}
}

// slowIsotonic averages the worst violation away until there is none.
func slowIsotonic(scores []float64, y []bool) []float64 {
	values := slices.Compact(finite(scores))
	fit, n := make([]float64, len(values)), make([]float64, len(values))
	for i, s := range scores {
		k := slices.Index(values, s)
		n[k]++
		if y[i] {
			fit[k]++
		}
	}
	for k := range fit {
		fit[k] /= n[k]
	}
	// Minimax formula: max over a ≤ k of min over b ≥ k of the mean of a…b.
	out := make([]float64, len(values))
	for k := range values {
		best := math.Inf(-1)
		for a := 0; a <= k; a++ {
			least := math.Inf(1)
			for b := k; b < len(values); b++ {
				var sum, w float64
				for j := a; j <= b; j++ {
					sum, w = sum+fit[j]*n[j], w+n[j]
				}
				least = min(least, sum/w)
			}
			best = max(best, least)
		}
		out[k] = best
	}
	return out
}

func TestIsotonic(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 100 {
		var scores []float64
		var y []bool
		for range 1 + r.IntN(25) {
			s := float64(r.IntN(10))
			scores, y = append(scores, s), append(y, r.Float64() < s/12)
		}
		c := Isotonic(scores, y)
		for k, want := range slowIsotonic(scores, y) {
			s := slices.Compact(finite(scores))[k]
			if got := c(s); math.Abs(got-want) > 1e-12 {
				t.Fatalf("isotonic at %v: %v, want %v (scores %v, labels %v)", s, got, want, scores, y)
			}
		}
	}
}

// At its optimum the derivatives of the likelihood are 0, or against the bound
// where a weight is at it; rows that count twice are as good as rows that are
// there twice.
func TestLogisticOptimum(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var x, y, weight, twiceX, twiceY []float64
	for i := range 400 {
		row := []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
		v := 0.0
		if r.Float64() < sigmoid(2*row[0]+row[1]-row[2]+0.5) {
			v = 1
		}
		x, y, weight = append(x, row...), append(y, v), append(weight, 1+float64(i%2))
		for range 1 + i%2 {
			twiceX, twiceY = append(twiceX, row...), append(twiceY, v)
		}
	}
	w := logistic(x, 3, y, weight, nil, nil, 0.5)
	if w[0] < 1 || w[1] < 0.5 || w[2] != 0 {
		t.Errorf("weights %v", w)
	}
	for a := range 4 {
		g := 0.0
		if a < 3 {
			g = 0.5 * w[a]
		}
		for i := range y {
			row := append(slices.Clone(x[3*i:3*i+3]), 1)
			g += weight[i] * (sigmoid(dot(row, w)) - y[i]) * row[a]
		}
		if math.Abs(g) > 1e-3 && !(w[a] == 0 && g > 0) {
			t.Errorf("derivative %d is %v", a, g)
		}
	}
	for a, v := range logistic(twiceX, 3, twiceY, nil, nil, nil, 0.5) {
		if math.Abs(v-w[a]) > 1e-4 {
			t.Errorf("weight %d is %v with rows that count twice, %v with rows twice", a, w[a], v)
		}
	}
}

func TestPlatt(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	var scores []float64
	var y []bool
	for range 20_000 {
		s := 3 + 2*r.NormFloat64()
		scores, y = append(scores, s), append(y, r.Float64() < sigmoid(1.5*s-4))
	}
	c := Platt(scores, y)
	for _, s := range []float64{0, 2, 4} {
		if got, want := c(s), sigmoid(1.5*s-4); math.Abs(got-want) > 0.03 {
			t.Errorf("Platt(%v) = %v, want %v", s, got, want)
		}
	}
	if c := Platt([]float64{1, 2, 3, 4}, []bool{true, true, false, false}); c(4) < c(1) {
		t.Error("the calibration decreases")
	}
}

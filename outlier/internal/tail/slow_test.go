package tail_test

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// slowShare is a value's share by counting, as PyOD's formulas have it, and the
// sign of the skewness in exact fractions.
func slowShare(name string, v float64, column, weight []float64) float64 {
	var all, left, right float64
	sum, square := new(big.Rat), new(big.Rat)
	total := new(big.Rat)
	for i, u := range column {
		all += weight[i]
		if u <= v {
			left += weight[i]
		}
		if u >= v {
			right += weight[i]
		}
		total.Add(total, rat(weight[i]))
		sum.Add(sum, new(big.Rat).Mul(rat(weight[i]), rat(u)))
	}
	mean := sum.Quo(sum, total)
	cube := new(big.Rat)
	for i, u := range column {
		d := new(big.Rat).Sub(rat(u), mean)
		square.Mul(d, d)
		cube.Add(cube, d.Mul(d, square).Mul(d, rat(weight[i])))
	}
	if left == 0 {
		left, all = 1, all+1
		right = all
	} else if right == 0 {
		right, all = 1, all+1
		left = all
	}
	l, r, skew := -math.Log(left/all), -math.Log(right/all), float64(cube.Sign())
	chosen := -l*sign(skew-1) + r*sign(skew+1)
	if name == "ecod" {
		return max(l, r, chosen)
	}
	return max(chosen, (l+r)/2)
}

func rat(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// Small tables of few different values, many equal, symmetric or constant.
func TestSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 500 {
		n, d, values := 1+r.IntN(12), 1+r.IntN(3), 1+r.IntN(6)
		draw := func(n int) *features.Matrix {
			x := mat.NewDense(n, d, nil)
			x.Apply(func(int, int, float64) float64 { return float64(r.IntN(values))/4 - 0.5 }, x)
			return &features.Matrix{Names: []string{"a", "b", "c"}[:d], X: x}
		}
		old, new := draw(n), draw(3)
		new.X.Set(0, 0, 100)
		new.X.Set(1, 0, -100)
		for range n {
			old.Weight = append(old.Weight, float64(1+r.IntN(3)))
		}
		for _, a := range both {
			first := fit(t, a, old)
			applied, err := algo.Apply(context.Background(), first.Model, new)
			if err != nil {
				t.Fatal(err)
			}
			check := func(x *features.Matrix, got []float64) {
			rows:
				for i, s := range got {
					var want float64
					for j := range d {
						v, column := x.X.At(i, j), mat.Col(nil, j, old.X)
						if x == new && between(v, column) {
							continue rows // of other tails: TestTails
						}
						want += slowShare(a.Name, v, column, old.Weight)
					}
					if math.Abs(s-want) > 1e-12 {
						t.Fatalf("%s: row %d of %v, learned from %v with weights %v: score %v, want %v",
							a, i, mat.Formatted(x.X), mat.Formatted(old.X), old.Weight, s, want)
					}
				}
			}
			check(old, first.Scores)
			check(new, applied.Scores)
		}
	}
}

// between tells whether v is none of the values, but within their range.
func between(v float64, values []float64) bool {
	below, above := false, false
	for _, u := range values {
		if u == v {
			return false
		}
		below, above = below || u < v, above || u > v
	}
	return below && above
}

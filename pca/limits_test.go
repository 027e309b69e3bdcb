package pca

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"

	"gonum.org/v1/gonum/mat"
)

func near(got, want, tol float64) bool { return math.Abs(got-want) <= tol*math.Abs(want) }

// Whitened coordinates, q, t2 and the limits are those of scikit-learn and
// scipy (internal/ref/gen_pca.py).
func TestLimitsReference(t *testing.T) {
	data, err := os.ReadFile("testdata/pca.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		X     [][]float64
		Cases []struct {
			Components json.Number
			Alpha      float64
			AbsWhite   [][]float64 `json:"abs_white"`
			Q, T2      []float64
			QLimit     float64 `json:"q_limit"`
			T2Limit    float64 `json:"t2_limit"`
		}
		Limits []struct {
			Variances []float64
			Alpha     float64
			QLimit    float64 `json:"q_limit"`
		}
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	for _, c := range golden.Cases {
		p := with(c.Components.String())
		p.Alpha, p.Whiten = c.Alpha, true
		r, err := algo.Fit(context.Background(), p, rows(golden.X...), algo.Env{})
		if err != nil {
			t.Fatal(err)
		}
		q, t2 := r.Columns[0].Floats, r.Columns[1].Floats
		var aboveQ, aboveT2 float64
		for i := range golden.X {
			if !near(q[i], c.Q[i], 1e-9) || !near(t2[i], c.T2[i], 1e-9) || !near(r.Scores[i], math.Sqrt(c.Q[i]), 1e-9) {
				t.Errorf("%s components, row %d: q %v, t2 %v, score %v, want %v, %v and the root of q", c.Components, i, q[i], t2[i], r.Scores[i], c.Q[i], c.T2[i])
			}
			for k, want := range c.AbsWhite[i] {
				if got := math.Abs(r.Coords.At(i, k)); math.Abs(got-want) > 1e-9 {
					t.Errorf("%s components, row %d: coordinate %d is ±%v, want ±%v", c.Components, i, k, got, want)
				}
			}
			if c.Q[i] > c.QLimit {
				aboveQ++
			}
			if c.T2[i] > c.T2Limit {
				aboveT2++
			}
		}
		n := float64(len(golden.X))
		for name, want := range map[string]float64{"q_limit": c.QLimit, "t2_limit": c.T2Limit, "q_above_limit_ratio": aboveQ / n, "t2_above_limit_ratio": aboveT2 / n} {
			if got, ok := r.Stat(name); !ok || !near(got, want, 1e-7) {
				t.Errorf("%s components: %s is %v, want %v", c.Components, name, got, want)
			}
		}
	}
	for _, c := range golden.Limits {
		if got := limitQ(c.Variances, c.Alpha); !near(got, c.QLimit, 1e-9) {
			t.Errorf("limit of q for variances %v, alpha %v is %v, want %v", c.Variances, c.Alpha, got, c.QLimit)
		}
	}
}

// Of normal rows a share of about alpha is above the limits.
func TestLimitsOfNormalRows(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	x := mat.NewDense(20_000, 6, nil)
	x.Apply(func(_, j int, _ float64) float64 { return float64(1+j) * r.NormFloat64() }, x)
	p := with("3")
	p.Alpha = 0.05
	res, err := algo.Fit(context.Background(), p, matrix(x, nil), algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"q_above_limit_ratio", "t2_above_limit_ratio"} {
		// A binomial share of 20,000 has a standard deviation of 0.0015.
		if got, _ := res.Stat(name); math.Abs(got-0.05) > 0.006 {
			t.Errorf("%s is %v, want about 0.05", name, got)
		}
	}
}

// Components that are but rounding count nothing, and rows in the plane are
// not above the limit of q.
func TestRounding(t *testing.T) {
	var plane [][]float64
	for i := range 50 {
		a, b := math.Sin(float64(i)), math.Cos(1.7*float64(i))
		plane = append(plane, []float64{a + b, a - b, 1e3 + a/3, b * math.Pi})
	}
	p := with("3")
	p.Whiten = true
	r, err := algo.Fit(context.Background(), p, rows(plane...), algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range plane {
		if v := r.Coords.At(i, 2); v != 0 {
			t.Errorf("row %d: pc3 is %v, want 0, as the rows lie in a plane", i, v)
		}
		if c := r.Coords.RawRowView(i); !near(r.Columns[1].Floats[i], c[0]*c[0]+c[1]*c[1], 1e-12) {
			t.Errorf("row %d: t2 is %v of the coordinates %v", i, r.Columns[1].Floats[i], c)
		}
	}
	if share, ok := r.Stat("q_above_limit_ratio"); !ok || share != 0 {
		t.Errorf("a share of %v is above the limit of q, want none", share)
	}
}

func TestWhitenContract(t *testing.T) {
	algotest.Run(t, Algorithm, algotest.Set("components", "1"), algotest.Set("whiten", "true"))
}

func TestShareLeavesAResidual(t *testing.T) {
	for d := 1; d <= 4; d++ {
		r := rand.New(rand.NewPCG(1, 0))
		x := mat.NewDense(100, d, nil)
		x.Apply(func(int, int, float64) float64 { return r.NormFloat64() }, x)
		_, m := fit(t, matrix(x, nil), "0.9999")
		if want := max(d-1, 1); m.kept != want {
			t.Errorf("%d columns: %d components kept, want %d", d, m.kept, want)
		}
	}
}

// Scores are distances also where their squares are beyond float64.
func TestSquaresBeyondFloat(t *testing.T) {
	_, m := fit(t, rows([]float64{0, 0}, []float64{1, 0}, []float64{2, 0}), "1")
	r, err := m.Apply(context.Background(), rows([]float64{1, 3e200}, []float64{1, 3e-200}, []float64{1, 3}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{3e200, 3e-200, 3}; !near(r.Scores[0], want[0], 1e-15) || !near(r.Scores[1], want[1], 1e-15) || r.Scores[2] != want[2] {
		t.Errorf("scores %v, want %v", r.Scores, want)
	}
	if q, want := r.Columns[0].Floats, []float64{math.MaxFloat64, 0, 9}; q[0] != want[0] || q[1] != want[1] || q[2] != want[2] {
		t.Errorf("q %v, want %v", q, want)
	}
}

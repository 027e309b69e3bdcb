package pca

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/features"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

func TestRandomizedContract(t *testing.T) {
	algotest.Run(t, Algorithm, algotest.Set("components", "1"), algotest.Set("solver", randomized), algotest.Rows(chunkRows+100),
		algotest.Except("learns on", "the cross products of all columns would be too many"))
}

// lowRank returns n rows of d columns, spread along rank directions of
// variances that fall by a half each, and noise.
func lowRank(n, d, rank int, noise float64) *features.Matrix {
	r := rand.New(rand.NewPCG(4, 0))
	a, b := mat.NewDense(n, rank, nil), mat.NewDense(rank, d, nil)
	a.Apply(func(_, k int, _ float64) float64 { return math.Pow(2, -float64(k)/2) * r.NormFloat64() }, a)
	b.Apply(func(int, int, float64) float64 { return r.NormFloat64() }, b)
	x := mat.NewDense(n, d, nil)
	x.Mul(a, b)
	x.Apply(func(_, j int, v float64) float64 { return 100*float64(j%3) + v + noise*r.NormFloat64() }, x)
	return matrix(x, nil)
}

func solve(t *testing.T, x *features.Matrix, components, solver string) (*algo.Result, *model) {
	p := with(components)
	p.Solver = solver
	r, err := algo.Fit(context.Background(), p, x, algo.Env{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return r, r.Model.(*model)
}

// The randomized solver finds what the exact one does.
func TestRandomized(t *testing.T) {
	x := lowRank(500, 120, 20, 0.05)
	for i := range 500 {
		x.Weight = append(x.Weight, float64(1+i%3))
	}
	for _, components := range []string{"5", "0.9"} {
		re, exactly := solve(t, x, components, exact)
		rr, randomly := solve(t, x, components, randomized)
		if randomly.sums != nil || exactly.sums == nil {
			t.Fatal("the solvers are not those asked for")
		}
		if exactly.kept != randomly.kept || !near(randomly.total, exactly.total, 1e-12) {
			t.Errorf("%s: %d components kept of variance %v, want %d of %v", components, randomly.kept, randomly.total, exactly.kept, exactly.total)
		}
		for k := range exactly.kept {
			if !near(randomly.variance[k], exactly.variance[k], 1e-8) {
				t.Errorf("%s: variance %d is %v, want %v", components, k, randomly.variance[k], exactly.variance[k])
			}
			if dot := floats.Dot(randomly.components[k], exactly.components[k]); math.Abs(dot-1) > 1e-7 {
				t.Errorf("%s: component %d has the cosine %v with the exact one", components, k, dot)
			}
		}
		for i := range 500 {
			if !near(rr.Scores[i], re.Scores[i], 1e-4) || !near(rr.Columns[1].Floats[i], re.Columns[1].Floats[i], 1e-3) {
				t.Errorf("%s: row %d has score %v, t2 %v, want %v, %v", components, i, rr.Scores[i], rr.Columns[1].Floats[i], re.Scores[i], re.Columns[1].Floats[i])
			}
		}
		for j := range exactly.rest {
			if !near(randomly.rest[j], exactly.rest[j], 1e-4) {
				t.Errorf("%s: variance of column %d off the plane is %v, want %v", components, j, randomly.rest[j], exactly.rest[j])
			}
		}
		// Variances that it does not know are taken to be equal.
		if !near(randomly.limitQ, exactly.limitQ, 0.02) {
			t.Errorf("%s: limit of q is %v, want about %v", components, randomly.limitQ, exactly.limitQ)
		}
	}
}

// Fewer directions than asked for, and no variance at all.
func TestRandomizedDegenerate(t *testing.T) {
	_, m := solve(t, lowRank(300, 40, 2, 0), "8", randomized)
	_, want := solve(t, lowRank(300, 40, 2, 0), "8", exact)
	for k := range m.kept {
		if math.Abs(m.variance[k]-want.variance[k]) > 1e-9*want.variance[0] || !near(floats.Norm(m.components[k], 2), 1, 1e-12) {
			t.Errorf("variance %d is %v, want %v, along %v", k, m.variance[k], want.variance[k], m.components[k])
		}
	}
	equal := mat.NewDense(5, 30, nil)
	equal.Apply(func(_, j int, _ float64) float64 { return 0.1 * float64(j) }, equal)
	r, _ := solve(t, matrix(equal, nil), "3", randomized)
	for i, s := range r.Scores {
		if s > 1e-14 {
			t.Errorf("equal rows: score of row %d is %v", i, s)
		}
	}
}

func TestSolverChosen(t *testing.T) {
	for _, c := range []struct {
		solver, components string
		d, want            int
	}{
		{auto, "5", wide, 0}, {auto, "5", wide + 1, 5 + oversample}, {auto, "0.9", wide + 1, shareRank + oversample},
		{auto, "all", 2 * wide, 0}, {auto, "1000", 2 * wide, 0}, {exact, "5", 2 * wide, 0},
		{randomized, "5", 100, 5 + oversample}, {randomized, "5", 8, 8},
	} {
		p := with(c.components)
		p.Solver = c.solver
		if got := p.sketched(c.d); got != c.want {
			t.Errorf("--solver %s --components %s, %d columns: %d directions, want %d", c.solver, c.components, c.d, got, c.want)
		}
	}
	for name, p := range map[string]*PCA{
		"solver":     {Components: "1", Solver: "svd", Alpha: 0.1},
		"components": {Components: "all", Solver: randomized, Alpha: 0.1},
		"alpha":      {Components: "1", Solver: auto, Alpha: 1},
	} {
		var bad *algo.ParamError
		if err := p.Check(); !errors.As(err, &bad) || bad.Name != name {
			t.Errorf("%+v: error %v, want a ParamError of --%s", p, err, name)
		}
	}
	r, _ := solve(t, lowRank(250, 200, 10, 30), "0.99", randomized)
	if len(r.Warnings) != 1 {
		t.Errorf("warnings %v, want one of a share that was not reached", r.Warnings)
	}
}

package kmeans

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// idle returns data of n distinct rows with long tails, and one of zeros that
// is 86 % of the samples, as of pairs of addresses in time bins of which most
// are idle.
func idle(n int, seed uint64) *features.Matrix {
	rng := rand.New(rand.NewPCG(seed, 0))
	const d = 4
	x := &features.Matrix{Names: make([]string, d), X: mat.NewDense(n+1, d, nil), Weight: []float64{6 * float64(n)}}
	for i := 1; i <= n; i++ {
		kind := float64(rng.IntN(6))
		for j := range d {
			x.X.Set(i, j, math.Exp(kind/2+float64((i*j)%3)/2+0.7*rng.NormFloat64()))
		}
		x.Weight = append(x.Weight, 1)
	}
	return x
}

// A sample weighs on average what all rows do, has the size asked for, and
// each row at most once, that of most of the weight always.
func TestPlan(t *testing.T) {
	a, err := newData(features.Collapse(idle(3000, 1)))
	if err != nil {
		t.Fatal(err)
	}
	p := a.plan(200)
	rng := rand.New(rand.NewPCG(2, 0))
	const draws = 400
	var sum, sq, ones float64
	for range draws {
		rows, weight := p.draw(rng)
		if n := len(rows); n < 199 || n > 201 { // the chances summed up are rounded
			t.Fatalf("%d rows, want 200", n)
		}
		seen := map[int]bool{}
		total := 0.0
		for b, i := range rows {
			if seen[i] {
				t.Fatalf("row %d is twice in a sample", i)
			}
			seen[i] = true
			if a.w[i] > 1 {
				ones += weight[b]
			}
			total += weight[b]
		}
		sum += total
		sq += (total - a.total) * (total - a.total)
	}
	if want := draws * 6 * 3000.; ones != want {
		t.Errorf("the row of most of the weight weighs %v in all samples, want %v", ones, want)
	}
	// Five standard errors of the mean.
	if off := math.Abs(sum/draws - a.total); off > 5*math.Sqrt(sq)/draws {
		t.Errorf("samples weigh %v on average, want %v", sum/draws, a.total)
	}
	if rows, _ := a.plan(a.n + 5).draw(rng); len(rows) != a.n {
		t.Errorf("a sample of more rows than there are has %d of %d", len(rows), a.n)
	}
}

// Batches come within 2 % of the inertia that all rows reach, although most
// samples are one row.
func TestBatches(t *testing.T) {
	for seed := range uint64(2) {
		x := idle(8000, seed)
		inertia := func(batch int) float64 {
			m := Default()
			m.K, m.NInit, m.Batch = K{8, 8}, 3, batch
			r, err := algo.Fit(context.Background(), &m, x, algo.Env{Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			v, _ := r.Stat("inertia")
			return v
		}
		all := inertia(0)
		for _, batch := range []int{64, 256} {
			if got := inertia(batch); got > 1.02*all {
				t.Errorf("seed %d, batches of %d: inertia %v, of all rows %v", seed, batch, got, all)
			}
		}
		if got := inertia(1001); got != all {
			t.Errorf("seed %d: inertia of a sample of all rows is %v, want %v", seed, got, all)
		}
	}
}

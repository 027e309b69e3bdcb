package kmeans

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// After attract each row is with its nearest candidate.
func TestAttract(t *testing.T) {
	for seed := range uint64(20) {
		a := testData(t, 2500, 2, int(seed%2)*40, seed)
		r := newRun(a, 3, newCrew(1))
		for i := range r.upper {
			r.upper[i] = math.Inf(1)
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		candidates := rng.Perm(a.n)[:60]
		for from := 0; from < 60; from += 20 {
			r.attract(candidates[:from+20], from)
			var sum float64
			for i := range a.n {
				least := math.Inf(1)
				for _, c := range candidates[:from+20] {
					least = min(least, sqDist(a.row(i), a.row(c)))
				}
				if own := sqDist(a.row(i), a.row(candidates[r.label[i]])); own != least || r.upper[i] != least {
					t.Fatalf("row %d is at %v of its candidate, bound %v, the nearest is at %v", i, own, r.upper[i], least)
				}
				sum += a.w[i] * least
			}
			var mass float64
			for _, m := range r.mass {
				mass += m
			}
			if math.Abs(mass-sum) > 1e-9*sum {
				t.Fatalf("inertia %v, want %v", mass, sum)
			}
		}
	}
}

// The centres of k-means|| are as good as those of k-means++.
func TestSeedParallel(t *testing.T) {
	a := testData(t, 4000, 3, 0, 1)
	var plus, parallel float64
	for seed := range uint64(10) {
		for sum, place := range map[*float64]func(*run, context.Context, *rand.Rand) error{&plus: (*run).seedPlusPlus, &parallel: (*run).seedParallel} {
			r := newRun(a, 20, newCrew(1))
			if err := place(r, context.Background(), rand.New(rand.NewPCG(seed, 0))); err != nil {
				t.Fatal(err)
			}
			r.measure(&fit{k: 20, centres: r.centres})
			inertia, _ := r.quality()
			*sum += inertia
		}
	}
	if parallel > 1.1*plus {
		t.Errorf("inertia of ten starts %v, of k-means++ %v", parallel, plus)
	}
}

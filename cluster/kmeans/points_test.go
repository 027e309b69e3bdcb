package kmeans

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// somePoints are k points of d columns and a row, often of small whole numbers,
// so that many distances tie.
func somePoints(rng *rand.Rand, k, d int) (p *points, x, row []float64) {
	value := rng.NormFloat64
	if rng.IntN(2) == 0 {
		value = func() float64 { return float64(rng.IntN(3)) }
	}
	x, row = make([]float64, k*d), make([]float64, d)
	for i := range x {
		x[i] = value()
	}
	for j := range row {
		row[j] = value()
	}
	p = newPoints(k, d)
	p.setAll(x)
	return p, x, row
}

// The nearest and the second are those of measuring every point.
func TestNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for range 3000 {
		k, d := 1+rng.IntN(20), 1+rng.IntN(30)
		p, x, row := somePoints(rng, k, d)
		var dist []float64
		for c := range k {
			dist = append(dist, sqDist(row, x[c*d:(c+1)*d]))
		}
		want := slices.Index(dist, slices.Min(dist))
		d1 := dist[want]
		slices.Sort(dist)
		d2 := append(dist, math.Inf(1))[1]
		if b, s1, s2 := p.nearest(row); b != want || s1 != d1 || s2 != d2 {
			t.Fatalf("k=%d d=%d: %d at %v, next at %v; want %d, %v and %v", k, d, b, s1, s2, want, d1, d2)
		}
	}
}

// Whatever true bounds are known, the nearest point is the same, and no other
// is nearer than the bounds say.
func TestNearestBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 0))
	for range 3000 {
		k, d := 1+rng.IntN(20), 1+rng.IntN(30)
		p, x, row := somePoints(rng, k, d)
		far, drift := make([]float64, blocks(k)*lanes), make([]float64, blocks(k)*lanes)
		for c := range k {
			drift[c] = rng.Float64()
			far[c] = drift[c] + rng.Float64()*math.Sqrt(sqDist(row, x[c*d:(c+1)*d]))
		}
		want, d1, d2 := p.nearest(row)
		limit := math.Sqrt(sqDist(row, x[rng.IntN(k)*d:][:d])) + 1e-9
		again := slices.Clone(far)
		b, s1, s2, beyond := p.nearestBounded(row, far, drift, limit)
		if b != want || s1 != d1 || min(math.Sqrt(s2), beyond) > math.Sqrt(d2)+1e-12 {
			t.Fatalf("k=%d d=%d: %d at %v, next at %v or beyond %v; want %d, %v and %v", k, d, b, s1, s2, beyond, want, d1, d2)
		}
		for c := range k {
			if dist := math.Sqrt(sqDist(row, x[c*d:(c+1)*d])); far[c]-drift[c] > dist+1e-12 {
				t.Fatalf("k=%d d=%d: point %d is at %v, bound %v", k, d, c, dist, far[c]-drift[c])
			}
		}
		var r ranking
		p.nearestBoundedGo(row, again, drift, limit, &r)
		b2, t1, t2 := r.first()
		if b2 != b || t1 != s1 || t2 != s2 || slices.Min(r.beyond[:]) != beyond || !slices.Equal(again, far) {
			t.Fatalf("k=%d d=%d: in Go %d at %v, next at %v, want %d, %v, %v", k, d, b2, t1, t2, b, s1, s2)
		}
	}
}

// The path in Go is the same to the last bit.
func TestPointsInGo(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	for range 1000 {
		k, d, n := 1+rng.IntN(20), 1+rng.IntN(30), 1+rng.IntN(50)
		p, _, row := somePoints(rng, k, d)
		b, d1, d2 := p.nearest(row)
		var r ranking
		p.nearestGo(row, &r)
		if g, g1, g2 := r.first(); g != b || g1 != d1 || g2 != d2 {
			t.Fatalf("k=%d d=%d: %d at %v, next at %v; in Go %d, %v, %v", k, d, b, d1, d2, g, g1, g2)
		}

		_, rows, _ := somePoints(rng, n, d)
		upper, w, label, reach := make([]float64, n), make([]float64, n), make([]int32, n), make([]float64, 3)
		for i := range n {
			upper[i], w[i], label[i] = rng.ExpFloat64(), rng.ExpFloat64(), int32(rng.IntN(3))
			reach[i%3] = rng.Float64()
		}
		upper[0] = math.Inf(1)
		var sums, sumsGo [lanes]float64
		rest := pots(rows, d, upper, w, label, reach, p.block(0), &sums)
		if restGo := potsGo(rows, d, upper, w, label, reach, p.block(0), &sumsGo); rest != restGo || sums != sumsGo {
			t.Fatalf("n=%d d=%d: %v and %v, in Go %v and %v", n, d, sums, rest, sumsGo, restGo)
		}
	}
}

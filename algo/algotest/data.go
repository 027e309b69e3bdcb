package algotest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// Blobs returns n rows of d columns around three centres, and the centre of
// each, numbered by first row. Centre c is 10·c in all columns; the standard
// deviation is 1.
func Blobs(n, d int, seed uint64) (*features.Matrix, []int32) {
	r := rand.New(rand.NewPCG(seed, 0))
	x, truth := mat.NewDense(n, d, nil), make([]int32, n)
	for i := range n {
		truth[i] = int32(r.IntN(3))
		for j := range d {
			x.Set(i, j, 10*float64(truth[i])+r.NormFloat64())
		}
	}
	return matrix(x), renumber(truth)
}

// counts returns n rows that look like counts of traffic: whole numbers, heavy
// tails, many equal rows.
func counts(n, d int, seed uint64) *features.Matrix {
	r := rand.New(rand.NewPCG(seed, 1))
	x := mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d {
			x.Set(i, j, math.Floor(math.Exp(float64(j+1)/float64(d)*r.NormFloat64())))
		}
	}
	return matrix(x)
}

// withOutliers returns blobs with a few rows whose columns contradict each other:
// each is beyond the lowest blob or beyond the highest, and not all on the
// same side. planted[i] tells which rows they are.
func withOutliers(n, d int, seed uint64) (x *features.Matrix, planted []bool) {
	x, _ = Blobs(n, d, seed)
	r := rand.New(rand.NewPCG(seed, 2))
	planted = make([]bool, n)
	for i := 25; i < n; i += 50 {
		planted[i] = true
		low := r.IntN(d) // one low, its neighbour high, the others either
		for j := range d {
			v := -6 - 2*r.Float64()
			if j == (low+1)%d || j != low && r.IntN(2) == 0 {
				v = 26 + 2*r.Float64()
			}
			x.X.Set(i, j, v)
		}
	}
	return x, planted
}

// rows returns the rows of x in the given order, without weights.
func rows(x *features.Matrix, order []int) *features.Matrix {
	_, d := x.Dims()
	y := mat.NewDense(len(order), d, nil)
	for k, i := range order {
		y.SetRow(k, x.X.RawRowView(i))
	}
	return matrix(y)
}

// matrix names the columns of x f0, f1, ….
func matrix(x *mat.Dense) *features.Matrix {
	_, d := x.Dims()
	m := &features.Matrix{X: x}
	for j := range d {
		m.Names = append(m.Names, fmt.Sprintf("f%d", j))
	}
	return m
}

// renumber returns the labels numbered by first row, noise as it is.
func renumber(labels []int32) []int32 {
	to := map[int32]int32{}
	out := slices.Clone(labels)
	for i, l := range labels {
		if l < 0 {
			continue
		}
		if _, ok := to[l]; !ok {
			to[l] = int32(len(to))
		}
		out[i] = to[l]
	}
	return out
}

// ari returns the adjusted Rand index of two labellings (Hubert & Arabie 1985).
func ari(a, b []int32) float64 {
	cells, as, bs := map[[2]int32]float64{}, map[int32]float64{}, map[int32]float64{}
	for i := range a {
		cells[[2]int32{a[i], b[i]}]++
		as[a[i]]++
		bs[b[i]]++
	}
	n := float64(len(a))
	both, pa, pb, all := pairs(cells), pairs(as), pairs(bs), n*(n-1)/2
	if pa == all && pb == all {
		return 1
	}
	chance := pa * pb / all
	return (both - chance) / ((pa+pb)/2 - chance)
}

// pairs counts the pairs of equal members in groups of the given sizes. The
// sum is of whole numbers, so that the order of the map doesn't matter.
func pairs[K comparable](sizes map[K]float64) float64 {
	var s float64
	for _, n := range sizes {
		s += n * (n - 1) / 2
	}
	return s
}

// auroc returns the probability that a positive row has a higher score than
// another, equal ones counting half.
func auroc(scores []float64, positive []bool) float64 {
	var wins, all float64
	for i, p := range positive {
		for j, q := range positive {
			if !p || q {
				continue
			}
			all++
			switch {
			case scores[i] > scores[j]:
				wins++
			case scores[i] == scores[j]:
				wins += 0.5
			}
		}
	}
	return wins / all
}

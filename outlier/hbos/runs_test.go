package hbos

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// Runs, written out again, are the rows with their weights, in a matrix of its own
// or within a wider one.
func TestRuns(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 8))
		n, d := 1+r.IntN(3*blockRows), 1+r.IntN(4)
		wide := mat.NewDense(n, d+2, nil)
		for i := range n {
			wide.RawRowView(i)[d] = float64(i) // of no column of x
			if i > 0 && r.IntN(10) < int(seed)%10 {
				copy(wide.RawRowView(i)[:d], wide.RawRowView(i - 1)[:d])
				continue
			}
			for j := range d {
				wide.Set(i, j, []float64{0, 1, 2, math.NaN()}[r.IntN(3+int(seed)%2)])
			}
		}
		x := &features.Matrix{X: wide.Slice(0, n, 0, d).(*mat.Dense)}
		if seed%3 == 0 {
			for range n {
				x.Weight = append(x.Weight, float64(1+r.IntN(5)))
			}
		}
		rows := 0
		var weight float64
		of := newRuns(x)
		for lo := 0; lo < n; lo += blockRows {
			of.find(x, lo)
		}
		for c := range chunks(x, 2*blockRows) {
			of.each(x, c, 2*blockRows, func(b *block) {
				if b.lo != rows {
					t.Fatalf("seed %d: a block begins at row %d, want %d", seed, b.lo, rows)
				}
				numbers := make([]float64, b.n)
				for k := range numbers {
					numbers[k] = float64(k)
					w := 1.0
					if b.weight != nil {
						w = b.weight[k]
					}
					weight += w
				}
				of := numbers
				if b.ends != nil {
					of = make([]float64, b.hi-b.lo)
					spread(of, numbers, b.ends)
				}
				for i, k := range of {
					for j := range d {
						got, want := b.column(j)[int(k)*b.stride], x.X.At(b.lo+i, j)
						if got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
							t.Fatalf("seed %d: row %d is %v in column %d, want %v", seed, b.lo+i, got, j, want)
						}
					}
				}
				if len(b.column(d-1)) != (b.n-1)*b.stride+1 || !slices.IsSorted(of) {
					t.Fatalf("seed %d: column of %d values for %d runs", seed, len(b.column(d-1)), b.n)
				}
				rows = b.hi
			})
		}
		if rows != n || weight != x.Samples() {
			t.Fatalf("seed %d: %d rows that weigh %v, want %d, %v", seed, rows, weight, n, x.Samples())
		}
	}
}

// Rows that come in runs are scored as in any other order.
func TestRunsScored(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	var order []int
	x := traffic(40, 3, 1)
	for range 3000 {
		order = append(order, r.IntN(40))
	}
	mixed := pick(x, order)
	sorted := slices.Sorted(slices.Values(order))
	together := pick(x, sorted)
	for _, h := range []HBOS{{PyOD, 10, 0.1, 0.5}, {Static, 300, 0.1, 0.5}, {Dynamic, 5, 0.1, 0.5}} {
		a, b := fit(t, h, mixed, 2), fit(t, h, together, 1)
		of := make(map[int]float64)
		for i, row := range order {
			of[row] = a.Scores[i]
		}
		for i, row := range sorted {
			if b.Scores[i] != of[row] {
				t.Fatalf("%s: row %d has the score %v in a run, %v alone", fmt.Sprint(h), row, b.Scores[i], of[row])
			}
		}
	}
}

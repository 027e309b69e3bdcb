package spectral_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"toolkit/cluster/spectral"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// whole returns the eigenvalues of D^-½·W·D^-½ for all samples, each written
// out, in descending order; affinity is of two samples, that of one to itself
// being left out.
func whole(x *features.Matrix, affinity func(a, b []float64) float64) []float64 {
	var rows [][]float64
	n, _ := x.Dims()
	for i := range n {
		for range int(x.W(i)) {
			rows = append(rows, x.X.RawRowView(i))
		}
	}
	w := mat.NewSymDense(len(rows), nil)
	degree := make([]float64, len(rows))
	for i, a := range rows {
		for j, b := range rows {
			if i != j {
				w.SetSym(i, j, affinity(a, b))
				degree[i] += w.At(i, j)
			}
		}
	}
	for i := range rows {
		for j := range i {
			if v := w.At(i, j); v > 0 {
				w.SetSym(i, j, v/math.Sqrt(degree[i])/math.Sqrt(degree[j]))
			}
		}
	}
	var e mat.EigenSym
	if !e.Factorize(w, false) {
		panic("no eigenvalues")
	}
	values := e.Values(nil)
	slices.Reverse(values)
	return values
}

func gaussian(gamma float64) func(a, b []float64) float64 {
	return func(a, b []float64) float64 {
		d2 := 0.0
		for k := range a {
			d2 += (a[k] - b[k]) * (a[k] - b[k])
		}
		return math.Exp(-gamma * d2)
	}
}

// table returns rows of one of several kinds: lattices with many copies,
// rows on a line, clusters, far outliers.
func table(r *rand.Rand, n int) *features.Matrix {
	d, kind, spread := 1+r.IntN(3), r.IntN(4), math.Exp(r.NormFloat64())
	x := &features.Matrix{X: mat.NewDense(n, d, nil)}
	for j := range d {
		x.Names = append(x.Names, fmt.Sprint("c", j))
	}
	for i := range n {
		for j := range d {
			v := spread * r.NormFloat64()
			switch kind {
			case 0:
				v = math.Round(v)
			case 1:
				v = float64(i) * spread / 4 * float64(1-j%2)
			case 2:
				v += float64(4 * (i % 3))
			case 3:
				if r.IntN(20) == 0 {
					v *= 100
				}
			}
			x.X.Set(i, j, v)
		}
		x.Weight = append(x.Weight, float64(1+r.IntN(3)))
	}
	return x
}

// The eigenvalues of distinct rows are those of all samples.
func TestAllSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 0))
	for trial := range 150 {
		x := table(r, 2+r.IntN(30))
		m := spectral.Default()
		m.K, m.Gamma = 1+r.IntN(4), math.Exp(r.NormFloat64()-1)
		got := fit(t, m, x, 1).Tables[0].Column("eigenvalue").Floats
		want := whole(x, gaussian(m.Gamma))
		for i, v := range got {
			// Below 0 there may be differences of copies between them.
			if want[i] > 0.01 && math.Abs(v-want[i]) > 1e-12 {
				t.Fatalf("trial %d, gamma %v: eigenvalue %d is %v, want %v of %v", trial, m.Gamma, i, v, want[i], want)
			}
		}
	}
}

// Local scales are the distances to the seventh distinct row, the median is
// that of all distances between distinct rows.
func TestScales(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 0))
	for trial := range 40 {
		x := table(r, 4+r.IntN(30))
		distinct := features.Collapse(x)
		n, _ := distinct.Dims()
		square := func(a, b []float64) float64 {
			d2 := 0.0
			for k := range a {
				d2 += (a[k] - b[k]) * (a[k] - b[k])
			}
			return d2
		}
		var pairs []float64
		for i := range n {
			for j := range i {
				pairs = append(pairs, square(distinct.X.RawRowView(i), distinct.X.RawRowView(j)))
			}
		}
		if len(pairs) == 0 {
			continue
		}
		slices.Sort(pairs)
		sigma := func(a []float64) float64 {
			var to []float64
			for i := range n {
				to = append(to, square(a, distinct.X.RawRowView(i)))
			}
			slices.Sort(to)
			return math.Sqrt(to[min(7, n-1)])
		}
		for scale, affinity := range map[string]func(a, b []float64) float64{
			spectral.Median: gaussian(1 / (2 * pairs[len(pairs)/2])),
			spectral.Local:  func(a, b []float64) float64 { return math.Exp(-square(a, b) / (sigma(a) * sigma(b))) },
		} {
			m := spectral.Default()
			m.K, m.Scale = 3, scale
			want := whole(x, affinity)
			for i, v := range fit(t, m, x, 1).Tables[0].Column("eigenvalue").Floats {
				if want[i] > 0.01 && math.Abs(v-want[i]) > 1e-12 {
					t.Fatalf("trial %d, gamma %s: eigenvalue %d is %v, want %v", trial, scale, i, v, want[i])
				}
			}
		}
	}
}

// The search gives what taking all of the matrix apart gives: above 256
// distinct rows it is a search.
func TestSearch(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 0))
	for trial := range 8 {
		x := table(r, 300+r.IntN(100))
		x.Weight = nil
		m := spectral.Default()
		m.K, m.Gamma = 2+r.IntN(12), math.Exp(2*r.NormFloat64())
		res := fit(t, m, x, 2)
		got := res.Tables[0].Column("eigenvalue").Floats
		want := whole(x, gaussian(m.Gamma))
		for i, v := range got {
			if want[i] > 0.01 && math.Abs(v-want[i]) > 1e-10 {
				t.Errorf("trial %d, gamma %v, %v products: eigenvalue %d is %v, want %v", trial, m.Gamma, stat(t, res, "products"), i, v, want[i])
			}
		}
	}
}

// neighbours returns the affinity of samples by their n nearest ones, itself
// counted, where no distances are equal but those of copies, of which no row
// has more than n−1.
func neighbours(x *features.Matrix, n int) func(a, b []float64) float64 {
	rows, _ := x.Dims()
	reach := func(a []float64) (d2 float64) {
		type row struct{ d2, w float64 }
		var all []row
		for i := range rows {
			all = append(all, row{-math.Log(gaussian(1)(a, x.X.RawRowView(i))), x.W(i)})
		}
		slices.SortFunc(all, func(a, b row) int {
			if a.d2 < b.d2 {
				return -1
			}
			return 1
		})
		left := float64(n)
		for _, r := range all {
			if left -= r.w; left <= 0 {
				return r.d2
			}
		}
		return math.Inf(1)
	}
	share := func(a, b []float64) float64 {
		r, d2 := reach(a), -math.Log(gaussian(1)(a, b))
		if d2 < r {
			return 0.5
		} else if d2 > r {
			return 0
		}
		before, at := 0.0, 0.0
		for i := range rows {
			switch v := -math.Log(gaussian(1)(a, x.X.RawRowView(i))); {
			case v < r:
				before += x.W(i)
			case v == r:
				at += x.W(i)
			}
		}
		return min(1, (float64(n)-before)/at) / 2
	}
	return func(a, b []float64) float64 { return share(a, b) + share(b, a) }
}

// The graph of nearest neighbours is that of all samples.
func TestNeighbours(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 0))
	for trial := range 40 {
		x := &features.Matrix{Names: []string{"x", "y"}, X: mat.NewDense(20, 2, nil)}
		for i := range 20 {
			x.X.Set(i, 0, r.NormFloat64())
			x.X.Set(i, 1, r.NormFloat64())
			x.Weight = append(x.Weight, float64(1+r.IntN(3)))
		}
		m := spectral.Default()
		m.Affinity, m.K, m.Neighbors = spectral.KNN, 3, 4+r.IntN(5)
		got := fit(t, m, x, 1).Tables[0].Column("eigenvalue").Floats
		want := whole(x, neighbours(x, m.Neighbors))
		for i, v := range got {
			if want[i] > 0.01 && math.Abs(v-want[i]) > 1e-12 {
				t.Fatalf("trial %d, %d neighbours: eigenvalue %d is %v, want %v", trial, m.Neighbors, i, v, want[i])
			}
		}
	}
}

// With a landmark at each row, and all near to all, two rows are joined by way
// of any third: the matrix is that of all affinities, squared.
func TestLandmarks(t *testing.T) {
	x := &features.Matrix{Names: []string{"x", "y"}, X: mat.NewDense(30, 2, nil)}
	for r, i := rand.New(rand.NewPCG(14, 0)), 0; i < 30; i++ {
		x.X.SetRow(i, []float64{r.NormFloat64(), r.NormFloat64()})
	}
	m := spectral.Default()
	m.K, m.Gamma, m.Landmarks, m.Neighbors = 4, 0.2, 30, 30
	got := fit(t, m, x, 1).Tables[0].Column("eigenvalue").Floats
	n, _ := x.Dims()
	b := mat.NewDense(n, n, nil) // D^-½·B of the rows
	affinity := gaussian(m.Gamma)
	for i := range n {
		sum := 0.0
		for j := range n {
			b.Set(i, j, affinity(x.X.RawRowView(i), x.X.RawRowView(j)))
			sum += b.At(i, j)
		}
		for j := range n {
			b.Set(i, j, b.At(i, j)/math.Sqrt(sum))
		}
	}
	var w mat.SymDense
	w.SymOuterK(1, b.T())
	degree := make([]float64, n)
	for i := range n {
		for j := range n {
			degree[i] += w.At(i, j)
		}
	}
	for i := range n {
		for j := range i + 1 {
			w.SetSym(i, j, w.At(i, j)/math.Sqrt(degree[i]*degree[j]))
		}
	}
	var e mat.EigenSym
	e.Factorize(&w, false)
	want := e.Values(nil)
	slices.Reverse(want)
	for i, v := range got {
		if math.Abs(v-want[i]) > 1e-12 {
			t.Errorf("eigenvalue %d is %v, want %v", i, v, want[i])
		}
	}
}

package spectral_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/cluster/spectral"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// part returns rows lo to hi-1 of x.
func part(x *features.Matrix, lo, hi int) *features.Matrix {
	_, d := x.Dims()
	return &features.Matrix{Names: x.Names, X: x.X.Slice(lo, hi, 0, d).(*mat.Dense)}
}

// Rows that a model has not seen get the clusters that they would have had.
func TestHeldOut(t *testing.T) {
	for name, set := range map[string]func(*spectral.Method){
		"rbf":         func(m *spectral.Method) { m.Gamma = 0.1 },
		"local":       func(m *spectral.Method) { m.Scale = spectral.Local; m.Assign = spectral.KMeans },
		"knn":         func(m *spectral.Method) { m.Affinity = spectral.KNN; m.Assign = spectral.ClusterQR },
		"landmarks":   func(m *spectral.Method) { m.Scale, m.Landmarks = spectral.Median, 50 },
		"many parts":  func(m *spectral.Method) { m.Gamma = 3 },
		"qr of parts": func(m *spectral.Method) { m.Gamma = 3; m.Assign = spectral.ClusterQR },
	} {
		t.Run(name, func(t *testing.T) {
			x, truth := algotest.Blobs(400, 3, 2)
			m := spectral.Default()
			m.K = 3
			set(&m)
			r, err := algo.Fit(context.Background(), &m, part(x, 0, 300), algo.Env{})
			if err != nil {
				t.Fatal(err)
			}
			applied, err := r.Model.Apply(context.Background(), part(x, 300, 400))
			if err != nil {
				t.Fatal(err)
			}
			// The blobs' labels by those of the rows learned from, which are
			// whole blobs here.
			of := map[int32]int32{}
			for i, l := range r.Labels {
				if was, ok := of[truth[i]]; ok && was != l {
					t.Fatal("the blobs are not the clusters")
				}
				of[truth[i]] = l
			}
			for i, l := range applied.Labels {
				if want := of[truth[300+i]]; l != want {
					t.Errorf("row %d is of cluster %d, want %d", 300+i, l, want)
				}
			}
		})
	}
}

// Coordinates of a row that was not learned from are the means of those that
// were, by affinity and samples, over the eigenvalue: worked out anew from what
// the result tells.
func TestNystrom(t *testing.T) {
	x, _ := algotest.Blobs(120, 2, 3)
	for i := range 120 {
		x.Weight = append(x.Weight, float64(1+i%4))
	}
	m := spectral.Default()
	m.K, m.Gamma = 4, 0.05
	r, err := algo.Fit(context.Background(), &m, x, algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	values := r.Tables[slices.IndexFunc(r.Tables, func(t *features.Table) bool { return t.Name == "eigenvalues" })].Column("eigenvalue").Floats
	others := [][]float64{{0.5, 0.2}, {14, 15}, {31, -2}}
	y := &features.Matrix{Names: x.Names, X: mat.NewDense(3, 2, slices.Concat(others...))}
	got, err := r.Model.Apply(context.Background(), y)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range others {
		for k, value := range values {
			sum, all := 0.0, 0.0
			for b := range 120 {
				row := x.X.RawRowView(b)
				w := x.Weight[b] * math.Exp(-m.Gamma*((q[0]-row[0])*(q[0]-row[0])+(q[1]-row[1])*(q[1]-row[1])))
				sum += w * r.Coords.At(b, k)
				all += w
			}
			if want := sum / all / value; math.Abs(got.Coords.At(i, k)-want) > 1e-12*math.Max(1, math.Abs(want)) {
				t.Errorf("coordinate %d of row %d is %v, want %v", k, i, got.Coords.At(i, k), want)
			}
		}
	}
}

// A row far from all others, and one where no row has a neighbour, goes into the
// cluster of the nearest row.
func TestFarRows(t *testing.T) {
	for _, x := range []*features.Matrix{
		line(0, 0.5, 1, 5, 5.5, 6.2),
		line(0, 100, 200),                                   // no row has a neighbour
		line(0, 0.5, 1, 105, 105.5, 200, 200.5, 201, 201.3), // three parts for two clusters
	} {
		m := spectral.Default()
		m.K = 2
		r, err := algo.Fit(context.Background(), &m, x, algo.Env{})
		if err != nil {
			t.Fatal(err)
		}
		n, _ := x.Dims()
		got, err := r.Model.Apply(context.Background(), line(-1e3, 1e3, -1e150, 1e150))
		if err != nil {
			t.Fatal(err)
		}
		first, last := r.Labels[0], r.Labels[n-1]
		if want := []int32{first, last}; !slices.Equal(got.Labels[:2], want) {
			t.Errorf("%v: labels %v, want %v", x.X.RawMatrix().Data, got.Labels[:2], want)
		}
		for i, l := range got.Labels[2:] { // all rows are as near as any, to float64
			if l < 0 || l > 1 || math.IsNaN(got.Coords.At(2+i, 0)) {
				t.Errorf("a row out of reach: label %d, coordinate %v", l, got.Coords.At(2+i, 0))
			}
		}
	}
}

func TestReasons(t *testing.T) {
	x := &features.Matrix{Names: []string{"a", "b"}, X: mat.NewDense(6, 2, []float64{0, 0, 0, 1, 1, 0, 9, 1, 9, 0, 8, 1})}
	m := spectral.Default()
	m.K = 2
	r, err := algo.Fit(context.Background(), &m, x, algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	why := r.Model.(algo.Explainer).Explain(x, 0) // the nearest row of the other cluster is 8, 1
	want := []algo.Reason{{Column: "a", Value: 0, Low: 8, High: 8, Weight: 64. / 65}, {Column: "b", Value: 0, Low: 1, High: 1, Weight: 1. / 65}}
	if len(why) != 2 {
		t.Fatalf("reasons %v, want %v", why, want)
	}
	for k, w := range want {
		if g := why[k]; g.Column != w.Column || g.Low != w.Low || math.Abs(g.Weight-w.Weight) > 1e-12 {
			t.Errorf("reason %d is %v, want %v", k, g, w)
		}
	}
	m.K = 1
	if r, err = algo.Fit(context.Background(), &m, x, algo.Env{}); err != nil {
		t.Fatal(err)
	}
	if why := r.Model.(algo.Explainer).Explain(x, 0); why != nil {
		t.Errorf("of one cluster: reasons %v", why)
	}
}

func TestLoadErrors(t *testing.T) {
	m := spectral.Default()
	m.K = 2
	for what, spoil := range map[string]func(*features.Table){
		"no metadata":        func(t *features.Table) { t.Meta = nil },
		"another graph":      func(t *features.Table) { t.Meta["spectral"] = `{"graph":"tree","neighbors":2}` },
		"axes":               func(t *features.Table) { t.Meta["spectral"] = `{"graph":"rbf","neighbors":2,"reader":{"axes":[[1]]}}` },
		"too few columns":    func(t *features.Table) { t.Columns = t.Columns[:4] },
		"label out of range": func(t *features.Table) { t.Columns[0].Ints[2] = 99 },
		"text":               func(t *features.Table) { t.Columns[5] = features.TextColumn(t.Columns[5].Field, make([]string, 6)) },
	} {
		r, err := algo.Fit(context.Background(), &m, line(0, 0.5, 1, 5, 5.5, 6.2), algo.Env{})
		if err != nil {
			t.Fatal(err)
		}
		state := r.Model.State()
		if _, err := spectral.Algorithm.Load(state); err != nil {
			t.Fatalf("%s: %v before", what, err)
		}
		spoil(state)
		if _, err := spectral.Algorithm.Load(state); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

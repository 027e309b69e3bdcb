package kmeans

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// The simplified silhouette in the plainest way, a sample at a time.
func TestSilhouetteAgainstSlow(t *testing.T) {
	c := newCrew(2)
	defer c.dismiss()
	rapid.Check(t, func(rt *rapid.T) {
		a := testData(rt, rapid.IntRange(2, 40).Draw(rt, "n"), 2, rapid.IntRange(2, 5).Draw(rt, "span"), rapid.Uint64().Draw(rt, "seed"))
		if a.n < 2 {
			return
		}
		f := &fit{k: rapid.IntRange(2, min(a.n, 5)).Draw(rt, "k")}
		f.centres = slices.Clone(a.x[:f.k*a.d])
		nearest := func(i int) (best int, own, next float64) {
			own, next = math.Inf(1), math.Inf(1)
			for l := range f.k {
				if s := math.Sqrt(sqDist(a.row(i), f.centres[l*a.d:(l+1)*a.d])); s < own {
					best, own, next = l, s, own
				} else if s < next {
					next = s
				}
			}
			return best, own, next
		}
		size := make([]float64, f.k)
		for i := range a.n {
			l, _, _ := nearest(i)
			size[l] += a.w[i]
		}
		var want float64
		for i := range a.n {
			if l, own, next := nearest(i); size[l] > 1 {
				want += a.w[i] * (next - own) / max(next, own) / a.total
			}
		}
		if got := silhouette(a, f, c); math.Abs(got-want) > 1e-12 {
			rt.Fatalf("k=%d of %d rows: silhouette %v, slowly %v", f.k, a.n, got, want)
		}
	})
}

func TestFirstGap(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		gaps, errors []float64
		at           int
		ok           bool
	}{
		{[]float64{0.5, 0.2, 0.3}, []float64{0, 0, 0}, 0, true},
		{[]float64{0.1, 0.5, 0.55, 0.6}, []float64{0, 0.1, 0.1, 0.1}, 1, true}, // 0.55 is within its error
		{[]float64{0.1, 0.5, 0.9, 0.8}, []float64{0, 0.1, 0.1, 0.1}, 2, true},
		{[]float64{0.1, 0.5, 0.9}, []float64{0, 0.1, 0.1}, 2, false},
		{[]float64{0.1, inf, inf}, []float64{0, nan, nan}, 1, true},
	} {
		if at, ok := firstGap(c.gaps, c.errors); at != c.at || ok != c.ok {
			t.Errorf("%v ± %v: %d %v, want %d %v", c.gaps, c.errors, at, ok, c.at, c.ok)
		}
	}
}

// The criterion as the sum of the logarithms of the rows' densities.
func TestBIC(t *testing.T) {
	a := testData(t, 60, 3, 0, 4)
	c := newCrew(1)
	defer c.dismiss()
	r := newRun(a, 4, c)
	copy(r.centres, a.x)
	r.forget()
	f, err := r.settle(context.Background(), 20, 0)
	if err != nil {
		t.Fatal(err)
	}
	label, weight := r.members(f)
	d := float64(a.d)
	variance := f.inertia / (d * (a.total - 4))
	var want float64
	for i, l := range label {
		sq := sqDist(a.row(i), f.centres[int(l)*a.d:(int(l)+1)*a.d])
		density := weight[l] / a.total * math.Pow(2*math.Pi*variance, -d/2) * math.Exp(-sq/(2*variance))
		want += a.w[i] * math.Log(density)
	}
	want -= (3 + 4*d + 1) / 2 * math.Log(a.total) // shares that sum to 1, centres, a variance
	if got := bic(a, f.inertia, weight); math.Abs(got-want) > 1e-9*math.Abs(want) {
		t.Errorf("BIC %v, want %v", got, want)
	}
	if got := bic(&data{total: 2, d: 1}, 1, []float64{1, 1}); !math.IsNaN(got) {
		t.Errorf("BIC of two samples in two clusters is %v, want none", got)
	}
}

// Four round blobs and one: every rule but the elbow's, which can't take
// 1, finds how many, and the table has what it went by.
func TestChoose(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	blobs := func(k int) *features.Matrix {
		x := &features.Matrix{Names: []string{"a", "b"}, X: mat.NewDense(400, 2, nil)}
		for i := range 400 {
			l := i % k
			x.X.Set(i, 0, 12*float64(l%2)+rng.NormFloat64())
			x.X.Set(i, 1, 12*float64(l/2)+rng.NormFloat64())
		}
		return x
	}
	for _, c := range []struct {
		rule, columns string
		one           bool
	}{
		{Elbow, "k inertia mean_distance chosen", false},
		{Silhouette, "k inertia mean_distance silhouette chosen", false},
		{Gap, "k inertia mean_distance gap gap_error chosen", true},
		{XMeans, "k inertia mean_distance bic chosen", true},
	} {
		for _, k := range []int{1, 4} {
			if k == 1 && !c.one {
				continue
			}
			m := Default()
			m.K, m.Choose, m.NInit = K{1, 8}, c.rule, 3
			if c.rule == XMeans && k == 4 {
				m.K.Min = 2 // cutting a square in two explains little
			}
			r, err := algo.Fit(context.Background(), &m, blobs(k), algo.Env{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := r.Stat("k"); int(got) != k {
				t.Errorf("%s: %v clusters of %d blobs", c.rule, got, k)
			}
			if len(r.Tables) < 2 {
				continue // x-means of one cluster tries no other
			}
			curve := r.Tables[0]
			var names []string
			for _, col := range curve.Columns {
				names = append(names, col.Name)
			}
			if got := strings.Join(names, " "); got != c.columns || curve.Meta["choose"] != c.rule {
				t.Errorf("%s: columns %s of a curve by %s, want %s", c.rule, got, curve.Meta["choose"], c.columns)
			}
			for i, chosen := range curve.Column("chosen").Ints {
				if (chosen == 1) != (curve.Column("k").Ints[i] == int64(k)) {
					t.Errorf("%s: k=%d is taken: %v", c.rule, curve.Column("k").Ints[i], chosen == 1)
				}
			}
			if col := curve.Column(c.rule); col != nil {
				if v, ok := r.Stat(c.rule); !ok || v != col.Floats[slices.Index(curve.Column("chosen").Ints, 1)] {
					t.Errorf("%s: stat %v, in the table %v", c.rule, v, col.Floats)
				}
			}
		}
	}
}

// X-means begins at the least k, and goes no further than the greatest.
func TestXMeansKeepsToRange(t *testing.T) {
	x, _ := algotest.Blobs(300, 2, 1)
	for _, c := range []struct {
		k    K
		want float64
	}{{K{1, 2}, 2}, {K{1, 6}, 3}, {K{5, 9}, 5}} {
		m := Default()
		m.K, m.Choose = c.k, XMeans
		r, err := algo.Fit(context.Background(), &m, x, algo.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := r.Stat("k"); got < float64(c.k.Min) || got > float64(c.k.Max) || c.k.Min == 1 && got != c.want {
			t.Errorf("k = %v: %v clusters of 3 blobs, want %v", c.k, got, c.want)
		}
	}
}

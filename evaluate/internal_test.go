package evaluate

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"

	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

func internalScores(t *testing.T, x *features.Matrix, labels []int32, how How, workers int) *Internal {
	t.Helper()
	in, err := InternalScores(context.Background(), x, labels, how, workers)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func rowsOf(rows [][]float64) *features.Matrix {
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, row := range rows {
		x.SetRow(i, row)
	}
	return &features.Matrix{X: x}
}

func about(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) }

// testdata/internal.json is scikit-learn's, made by internal/ref/gen_internal.py.
func TestInternalReference(t *testing.T) {
	var want struct {
		Cases []struct {
			Name             string
			X                [][]float64
			Labels           []int32
			Silhouettes      []float64
			Silhouette       float64
			CalinskiHarabasz float64 `json:"calinski_harabasz"`
			DaviesBouldin    float64 `json:"davies_bouldin"`
		}
	}
	data, err := os.ReadFile("testdata/internal.json")
	if err == nil {
		err = json.Unmarshal(data, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Cases) != 6 {
		t.Errorf("%d cases, want 6", len(want.Cases))
	}
	for _, c := range want.Cases {
		x := rowsOf(c.X)
		s, err := Silhouettes(context.Background(), x, c.Labels, 2)
		if err != nil {
			t.Fatal(err)
		}
		k := 0
		for i, l := range c.Labels {
			if l < 0 {
				if !math.IsNaN(s[i]) {
					t.Errorf("%s: silhouette of row %d, noise, is %v", c.Name, i, s[i])
				}
				continue
			}
			if !about(s[i], c.Silhouettes[k]) {
				t.Errorf("%s: silhouette of row %d is %v, want %v", c.Name, i, s[i], c.Silhouettes[k])
			}
			k++
		}
		in := internalScores(t, x, c.Labels, Auto, 2)
		if in.Simplified || int(in.Noise) != len(c.Labels)-k {
			t.Errorf("%s: simplified %v, noise %v of %d rows", c.Name, in.Simplified, in.Noise, len(c.Labels)-k)
		}
		for _, v := range []struct {
			what      string
			got       *float64
			want, tol float64
		}{
			{"silhouette", in.Silhouette, c.Silhouette, 1e-9},
			{"Calinski-Harabasz", in.CalinskiHarabasz, c.CalinskiHarabasz, 1e-9},
			{"Davies-Bouldin", in.DaviesBouldin, c.DaviesBouldin, 1e-9},
		} {
			if v.got == nil || !about(*v.got, v.want) {
				t.Errorf("%s: %s is %v, want %v", c.Name, v.what, v.got, v.want)
			}
		}
	}
}

// random returns a small table of lattice points or others with weights, and
// labels that equal rows need not share.
func random(seed uint64) (*features.Matrix, []int32) {
	r := rand.New(rand.NewPCG(seed, 0))
	n, d, k := 1+r.IntN(40), 1+r.IntN(9), 1+r.IntN(5)
	rows, labels := make([][]float64, n), make([]int32, n)
	for i := range rows {
		labels[i] = int32(r.IntN(k+1) - 1)
		for range d {
			v := float64(r.IntN(3))
			if seed%2 == 0 {
				v += r.NormFloat64()
			}
			rows[i] = append(rows[i], v)
		}
	}
	x := rowsOf(rows)
	for range n {
		x.Weight = append(x.Weight, float64(1+r.IntN(4)))
	}
	return x, labels
}

// A row of weight w is w rows: the scores are those of the definition on the
// rows written out, and the same for any number of workers, in any order.
func TestInternalDefinition(t *testing.T) {
	for seed := range uint64(200) {
		x, labels := random(seed)
		n, _ := x.Dims()
		var rows [][]float64
		var of []int32
		for i := range n {
			for range int(x.W(i)) {
				rows, of = append(rows, x.X.RawRowView(i)), append(of, labels[i])
			}
		}
		exact, simple := plainSilhouettes(rows, of)
		for how, want := range map[How][]float64{Exact: exact, Simplified: simple} {
			what := fmt.Sprintf("seed %d, way %d", seed, how)
			in := internalScores(t, x, labels, how, 1)
			if again := internalScores(t, x, labels, how, 5); !reflect.DeepEqual(in.Stats(), again.Stats()) {
				t.Fatalf("%s: %v by 5 workers, %v by 1", what, again.Stats(), in.Stats())
			}
			var sum, all, samples float64
			for i, l := range of {
				if l >= 0 {
					all++
					if want != nil {
						sum += want[i]
					}
				}
			}
			for _, c := range in.Clusters {
				samples += c.Samples
			}
			if samples != all || samples+in.Noise != float64(len(rows)) {
				t.Fatalf("%s: %v samples in clusters and %v noise of %d, want %v in clusters", what, samples, in.Noise, len(rows), all)
			}
			if want == nil || all <= float64(len(in.Clusters)) {
				if in.Silhouette != nil {
					t.Fatalf("%s: silhouette %v, want none", what, *in.Silhouette)
				}
				continue
			}
			if in.Silhouette == nil || !about(*in.Silhouette, sum/all) {
				t.Fatalf("%s: silhouette %v, want %v", what, in.Silhouette, sum/all)
			}
			written, shuffled := rowsOf(rows), make([]int32, len(of))
			for i, k := range rand.New(rand.NewPCG(seed, 1)).Perm(len(rows)) {
				written.X.SetRow(i, rows[k])
				shuffled[i] = of[k]
			}
			other := internalScores(t, written, shuffled, how, 2)
			if !reflect.DeepEqual(in.Stats(), other.Stats()) {
				t.Fatalf("%s: %v of the rows written out, want %v", what, other.Stats(), in.Stats())
			}
		}
	}
}

// plainSilhouettes works out silhouettes by the definition, exact ones and
// those of distances to centres; nil for fewer than two clusters.
func plainSilhouettes(rows [][]float64, labels []int32) (exact, simple []float64) {
	members := map[int32][]int{}
	for i, l := range labels {
		if l >= 0 {
			members[l] = append(members[l], i)
		}
	}
	if len(members) < 2 {
		return nil, nil
	}
	dist := func(a, b []float64) (s float64) {
		for j := range a {
			s = math.Hypot(s, a[j]-b[j])
		}
		return s
	}
	judge := func(own int, a, b float64) float64 {
		if own < 2 || max(a, b) == 0 {
			return 0
		}
		return (b - a) / max(a, b)
	}
	exact, simple = make([]float64, len(rows)), make([]float64, len(rows))
	for i, l := range labels {
		if l < 0 {
			continue
		}
		var a, ac float64
		b, bc := math.Inf(1), math.Inf(1)
		for k, m := range members {
			var sum float64
			centre := make([]float64, len(rows[i]))
			for _, o := range m {
				sum += dist(rows[i], rows[o])
				for j, v := range rows[o] {
					centre[j] += v / float64(len(m))
				}
			}
			if k == l {
				a, ac = sum/float64(len(m)-1), dist(rows[i], centre)
			} else {
				b, bc = min(b, sum/float64(len(m))), min(bc, dist(rows[i], centre))
			}
		}
		// A centre that is a row up to rounding is that row.
		if ac < 1e-12 {
			ac = 0
		}
		if bc < 1e-12 {
			bc = 0
		}
		exact[i], simple[i] = judge(len(members[l]), a, b), judge(len(members[l]), ac, bc)
	}
	return exact, simple
}

// The mean alone hides what the sizes show.
func TestInternalTable(t *testing.T) {
	x := rowsOf([][]float64{{0}, {1}, {10}, {40}, {7}})
	x.Weight = []float64{100, 50, 1, 1, 9}
	in := internalScores(t, x, []int32{0, 0, 1, 2, -1}, Exact, 1)
	table := in.Table()
	if got := table.Column("samples").Floats; !reflect.DeepEqual(got, []float64{150, 1, 1}) || in.Noise != 9 {
		t.Errorf("sizes %v and noise %v, want 150, 1, 1 and 9", got, in.Noise)
	}
	if err := table.Check(); err != nil {
		t.Error(err)
	}
	var names []string
	for _, s := range in.Stats() {
		names = append(names, s.Name)
	}
	if want := []string{"silhouette", "calinski_harabasz", "davies_bouldin", "largest_cluster_samples", "smallest_cluster_samples"}; !reflect.DeepEqual(names, want) {
		t.Errorf("stats %v, want %v", names, want)
	}
	// One cluster, all noise: nothing to compare.
	for _, labels := range [][]int32{{0, 0, 0, 0, 0}, {-1, -1, -1, -1, -1}, {0, 0, 0, -1, -1}} {
		if in := internalScores(t, x, labels, Auto, 1); in.Silhouette != nil || in.CalinskiHarabasz != nil || in.DaviesBouldin != nil {
			t.Errorf("labels %v: %+v", labels, in)
		}
	}
}

func TestInternalStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	x, labels := rowsOf([][]float64{{0}, {1}, {10}, {11}}), []int32{0, 0, 1, 1}
	for _, how := range []How{Exact, Simplified} {
		if _, err := InternalScores(ctx, x, labels, how, 1); err != context.Canceled {
			t.Errorf("way %d: error %v, want %v", how, err, context.Canceled)
		}
	}
}

package spectral_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/cluster/spectral"
	"toolkit/features"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
)

func TestAlgorithm(t *testing.T) {
	for name, set := range map[string][][2]string{
		"rbf":       {{"gamma", "0.25"}, {"assign", "cluster_qr"}},
		"median":    {{"gamma", "median"}},
		"local":     {{"gamma", "local"}, {"assign", "kmeans"}},
		"knn":       {{"affinity", "knn"}},
		"landmarks": {{"landmarks", "60"}, {"neighbors", "5"}, {"gamma", "median"}},
	} {
		t.Run(name, func(t *testing.T) {
			opts := []algotest.Option{algotest.Set("k", "3"), algotest.Scales("gamma", -2)}
			for _, kv := range set {
				opts = append(opts, algotest.Set(kv[0], kv[1]))
			}
			algotest.Run(t, spectral.Algorithm, opts...)
		})
	}
}

func line(v ...float64) *features.Matrix {
	return &features.Matrix{Names: []string{"x"}, X: mat.NewDense(len(v), 1, v)}
}

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		name string
		x    *features.Matrix
		k    int
		want []string
	}{
		{"two groups", line(0, 0.5, 1, 5, 5.5, 6.2), 2, nil},
		{"three parts", line(0, 0.5, 1, 105, 105.5, 200, 200.5, 201, 201.3), 2,
			[]string{"3 eigenvalues equal 1: the graph is in 3 parts, and clusters are the 2 of the most samples, with what is nearest to each; a smaller --gamma, or median or local, joins them"}},
		{"two parts", line(0, 0.5, 1, 105, 105.5, 106.6), 3,
			[]string{"2 of 3 eigenvalues equal 1: the graph is in 2 parts, and mixtures of their eigenvectors are as good as these"}},
		{"a row alone", line(0, 0.5, 1, 5, 5.5, 6.2, 300), 2,
			[]string{"1 samples have no neighbour: each is in the cluster of the nearest row that has"}},
		{"all alone", line(0, 100, 200), 2,
			[]string{"no row has a neighbour or a copy: clusters mean nothing; a smaller --gamma, or median or local, joins them", "3 samples have no neighbour: each is in the cluster of the nearest row that has"}},
		{"two rows", line(0, 1), 4,
			[]string{"there are 2 eigenvectors for --k 4: fewer rows differ and have neighbours"}},
	} {
		m := spectral.Default()
		m.K = c.k
		var got []string
		for _, w := range fit(t, m, c.x, 1).Warnings {
			got = append(got, w.Error())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: warnings %q, want %q", c.name, got, c.want)
		}
	}
}

// Clusters of parts are whole parts, the largest; others go where they are
// near.
func TestParts(t *testing.T) {
	x := line(0, 0.5, 105, 105.5, 110, 200, 200.5, 201, 320)
	x.Weight = []float64{9, 1, 2, 1, 1, 1, 1, 8, 1}
	m := spectral.Default()
	m.K = 2
	for _, m.Assign = range []string{spectral.Discretize, spectral.KMeans, spectral.ClusterQR} {
		r := fit(t, m, x, 1)
		// The part at 105 and the row at 320 are nearer to that at 200 than to 0.5.
		if want := []int32{0, 0, 1, 1, 1, 1, 1, 1, 1}; !slices.Equal(r.Labels, want) {
			t.Errorf("%s: labels %v, want %v", m.Assign, r.Labels, want)
		}
		for name, want := range map[string]float64{"clusters": 2, "gamma": 1, "distinct": 9, "components": 3, "isolated": 1, "eigenvalues_1": 2, "eigengap": 0} {
			if got := stat(t, r, name); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
	}
}

func TestParameters(t *testing.T) {
	for name, set := range map[string]func(m *spectral.Method){
		"k":         func(m *spectral.Method) { m.K = 0 },
		"gamma":     func(m *spectral.Method) { m.Gamma = math.Inf(1) },
		"affinity":  func(m *spectral.Method) { m.Affinity = "cosine" },
		"neighbors": func(m *spectral.Method) { m.Neighbors = 1 },
		"landmarks": func(m *spectral.Method) { m.Landmarks, m.Affinity = 10, spectral.KNN },
		"assign":    func(m *spectral.Method) { m.Assign = "sorted" },
	} {
		m := spectral.Default()
		set(&m)
		var bad *algo.ParamError
		if err := m.Check(); !errors.As(err, &bad) || bad.Name != name {
			t.Errorf("%s: Check returns %v", name, err)
		}
	}
	m := spectral.Default()
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	m.Flags(fs)
	for _, text := range []string{"median", "local", "0.25"} {
		if err := fs.Set("gamma", text); err != nil || fs.Lookup("gamma").Value.String() != text || m.Check() != nil {
			t.Errorf("--gamma %s: %+v, error %v", text, m, err)
		}
	}
}

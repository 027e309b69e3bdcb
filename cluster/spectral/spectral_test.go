package spectral_test

import (
	"testing"

	"toolkit/algo/algotest"
	"toolkit/cluster/spectral"
)

func TestAlgorithm(t *testing.T) {
	for name, set := range map[string][][2]string{
		"median":    {{"gamma", "median"}},
		"local":     {{"gamma", "local"}, {"assign", "kmeans"}},
		"knn":       {{"affinity", "knn"}},
		"landmarks": {{"landmarks", "60"}, {"neighbors", "5"}, {"gamma", "median"}},
	} {
		t.Run(name, func(t *testing.T) {
			opts := []algotest.Option{algotest.Set("k", "3")}
			for _, kv := range set {
				opts = append(opts, algotest.Set(kv[0], kv[1]))
			}
			algotest.Run(t, spectral.Algorithm, opts...)
		})
	}
}

package spectral_test

import (
	"testing"

	"toolkit/algo/algotest"
	"toolkit/cluster/spectral"
)

func TestAlgorithm(t *testing.T) {
	algotest.Run(t, spectral.Algorithm, algotest.Set("k", "3"), algotest.Set("gamma", "median"))
}
func TestAlgorithmKMeans(t *testing.T) {
	algotest.Run(t, spectral.Algorithm, algotest.Set("k", "3"), algotest.Set("assign", "kmeans"), algotest.Set("gamma", "local"))
}

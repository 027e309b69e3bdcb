package kmeans_test

import (
	"testing"

	"toolkit/algo/algotest"
	"toolkit/cluster/kmeans"
)

func TestAlgorithm(t *testing.T) { algotest.Run(t, kmeans.Algorithm) }

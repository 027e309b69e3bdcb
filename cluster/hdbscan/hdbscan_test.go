package hdbscan_test

import (
	"testing"

	"toolkit/algo/algotest"
	"toolkit/cluster/hdbscan"
)

func TestAlgorithm(t *testing.T) { algotest.Run(t, hdbscan.Algorithm) }

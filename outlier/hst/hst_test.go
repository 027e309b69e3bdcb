package hst

import (
	"testing"

	"toolkit/algo/algotest"
)

func TestAlgorithm(t *testing.T) { algotest.Run(t, Algorithm) }

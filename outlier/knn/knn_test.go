package knn

import (
	"testing"

	"toolkit/algo/algotest"
)

func TestContract(t *testing.T) { algotest.Run(t, Algorithm) }

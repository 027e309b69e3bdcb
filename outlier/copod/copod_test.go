package copod

import (
	"testing"

	"toolkit/algo/algotest"
)

func TestContract(t *testing.T) { algotest.Run(t, Algorithm, algotest.Rows(10_000)) }

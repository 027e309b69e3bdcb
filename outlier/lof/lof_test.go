package lof

import (
	"testing"

	"toolkit/algo/algotest"
)

func TestContract(t *testing.T) { algotest.Run(t, Algorithm) }

func TestContractDistinct(t *testing.T) { algotest.Run(t, Algorithm, algotest.Set("distinct", "true")) }

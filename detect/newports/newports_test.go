package newports_test

import (
	"testing"

	"toolkit/detect/detecttest"
	"toolkit/detect/newports"
)

func TestNewports(t *testing.T) { detecttest.Run(t, newports.Detector, "testdata/newports.csv") }

func BenchmarkNewports(b *testing.B) { detecttest.Bench(b, newports.Detector) }

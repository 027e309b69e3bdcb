package amplification_test

import (
	"testing"

	"toolkit/detect/amplification"
	"toolkit/detect/detecttest"
)

func TestAmplification(t *testing.T) {
	detecttest.Run(t, amplification.Detector, "testdata/amplification.csv")
}

func BenchmarkAmplification(b *testing.B) { detecttest.Bench(b, amplification.Detector) }

package thresholds_test

import (
	"testing"

	"toolkit/detect/detecttest"
	"toolkit/detect/thresholds"
)

func TestThresholds(t *testing.T) { detecttest.Run(t, thresholds.Detector, "testdata/thresholds.csv") }

func BenchmarkThresholds(b *testing.B) { detecttest.Bench(b, thresholds.Detector) }

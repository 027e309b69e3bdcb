package flood_test

import (
	"testing"

	"toolkit/detect/detecttest"
	"toolkit/detect/flood"
)

func TestFlood(t *testing.T) { detecttest.Run(t, flood.Detector, "testdata/flood.csv") }

func BenchmarkFlood(b *testing.B) { detecttest.Bench(b, flood.Detector) }

package beacon_test

import (
	"testing"

	"toolkit/detect/beacon"
	"toolkit/detect/detecttest"
)

func TestBeacon(t *testing.T) { detecttest.Run(t, beacon.Detector, "testdata/beacon.csv") }

func BenchmarkBeacon(b *testing.B) { detecttest.Bench(b, beacon.Detector) }

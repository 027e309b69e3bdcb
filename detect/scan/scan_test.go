package scan_test

import (
	"testing"

	"toolkit/detect/detecttest"
	"toolkit/detect/scan"
)

func TestScans(t *testing.T) { detecttest.Run(t, scan.Detector, "testdata/scans.csv") }

// The shortest walk is the one that Jung et al. compute: ⌈ln(0.99/1e-5)/ln 4⌉ = 9
// failures; with their false-alarm probability of 0.01 it is 4.
func TestShortestWalk(t *testing.T) {
	detecttest.Run(t, scan.Detector, "testdata/four.csv", "--scan-false=0.01")
}

func BenchmarkScan(b *testing.B) { detecttest.Bench(b, scan.Detector) }

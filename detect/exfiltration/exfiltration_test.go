package exfiltration_test

import (
	"testing"

	"toolkit/detect/detecttest"
	"toolkit/detect/exfiltration"
)

func TestExfiltration(t *testing.T) {
	detecttest.Run(t, exfiltration.Detector, "testdata/exfiltration.csv")
}

func BenchmarkExfiltration(b *testing.B) { detecttest.Bench(b, exfiltration.Detector) }

package scan_test

import (
	"testing"
	"time"

	"toolkit/datasets/synth"
	"toolkit/detect"
	"toolkit/detect/detecttest"
	"toolkit/detect/scan"
)

func TestScans(t *testing.T) { detecttest.Run(t, scan.Detector, "testdata/scans.csv") }

// The shortest walk is the one that Jung et al. compute: ⌈ln(0.99/1e-5)/ln 4⌉ = 9
// failures; with their false-alarm probability of 0.01 it is 4.
func TestShortestWalk(t *testing.T) {
	detecttest.Run(t, scan.Detector, "testdata/four.csv", "--scan-false=0.01")
}

// Scans are called what they are; docs/synthetic.md has their sources and
// targets.
func TestKinds(t *testing.T) {
	w := scan.Detector.New()
	var alerts []*detect.Alert
	report := func(a *detect.Alert) { alerts = append(alerts, a) }
	for b, err := range synth.Default().Source(nil, nil) {
		if err != nil {
			t.Fatal(err)
		}
		w.Watch(b, report)
	}
	w.Flush(time.Time{}, report)
	last := make(map[string]*detect.Alert)
	for _, a := range alerts {
		last[a.Subject.Src.String()] = a
	}
	for src, kind := range map[string]string{"192.168.100.23": "vertical", "192.168.111.58": "horizontal", "192.168.100.177": "slow", "192.168.100.96": "block"} {
		a := last[src]
		if a == nil || a.Kind != kind {
			t.Errorf("%s: %+v, want %s", src, a, kind)
			continue
		}
		if one := a.Subject.Dst.IsValid(); one != (kind == "vertical") {
			t.Errorf("%s: a target is named: %v", kind, one)
		}
		if (a.Subject.DstPort == 23) != (kind == "horizontal") {
			t.Errorf("%s: port %d", kind, a.Subject.DstPort)
		}
	}
	if len(last) != 4 {
		t.Errorf("%d sources are accused, want 4", len(last))
	}
}

func BenchmarkScan(b *testing.B) { detecttest.Bench(b, scan.Detector) }

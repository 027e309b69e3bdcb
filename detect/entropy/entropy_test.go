package entropy_test

import (
	"testing"

	"toolkit/detect/detecttest"
	"toolkit/detect/entropy"
)

// A vertical scan in one of 18 windows of an office.
func TestScan(t *testing.T) {
	detecttest.Run(t, entropy.Detector, "testdata/scan.csv", "--entropy-warm-up=10")
}

func TestCheck(t *testing.T) {
	for name, change := range map[string]func(w *entropy.Watcher){
		"window":  func(w *entropy.Watcher) { w.Every = 0 },
		"warm-up": func(w *entropy.Watcher) { w.Warm = 1 },
		"past":    func(w *entropy.Watcher) { w.Past = 20 },
	} {
		w := entropy.Default()
		if change(&w); w.Check() == nil {
			t.Errorf("bad %s is not refused", name)
		}
	}
}

func BenchmarkEntropy(b *testing.B) { detecttest.Bench(b, entropy.Detector) }

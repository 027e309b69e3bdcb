package batchcluster_test

import (
	"testing"

	"toolkit/detect/batchcluster"
	"toolkit/detect/detecttest"
)

// A vertical scan in one of 18 windows of an office.
func TestScan(t *testing.T) {
	detecttest.Run(t, batchcluster.Detector, "testdata/scan.csv", "--cluster-warm-up=10")
}

func TestDBSCANScan(t *testing.T) {
	detecttest.Run(t, batchcluster.DBSCAN, "testdata/scan.csv", "--dbscan-warm-up=10")
}

func TestCheck(t *testing.T) {
	for name, change := range map[string]func(w *batchcluster.Watcher){
		"window":  func(w *batchcluster.Watcher) { w.Every = 0 },
		"warm-up": func(w *batchcluster.Watcher) { w.Warm = 1 },
		"past":    func(w *batchcluster.Watcher) { w.Past = 20 },
	} {
		w := batchcluster.Default()
		if change(&w); w.Check() == nil {
			t.Errorf("bad %s is not refused", name)
		}
	}
}

func BenchmarkBatchDBSCAN(b *testing.B) { detecttest.Bench(b, batchcluster.DBSCAN) }

func BenchmarkBatchCluster(b *testing.B) { detecttest.Bench(b, batchcluster.Detector) }

package windowhbos

import (
	"math"
	"math/rand/v2"
	"testing"

	"toolkit/detect/detecttest"
)

// A vertical scan in one of 18 windows of an office.
func TestScan(t *testing.T) {
	detecttest.Run(t, Detector, "testdata/scan.csv", "--hbos-warm-up=50")
}

// Histograms merge by adding, in any order, and decay by scaling.
func TestHistogram(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var whole, one, two histogram
	for i := range 1000 {
		v := r.ExpFloat64() * 4
		whole.add(v, 1)
		[]*histogram{&one, &two}[i%2].add(v, 1)
	}
	two.merge(&one)
	one.decay(0.5)
	for v := 0.0; v < 40; v += 0.1 {
		if two.rarity(v, two.usual().most) != whole.rarity(v, whole.usual().most) {
			t.Fatalf("rarity of %v: %v merged, %v at once", v, two.rarity(v, two.usual().most), whole.rarity(v, whole.usual().most))
		}
	}
	if two.total != 1000 || one.total != 250 {
		t.Errorf("totals %v and %v, want 1000 and 250", two.total, one.total)
	}
	// Half of an exponential distribution of mean 4 is below 4·ln 2 = 2.77.
	if q := whole.quantile(0.5); math.Abs(q-2.77) > 0.5 {
		t.Errorf("median %v, want about 2.77", q)
	}
}

func TestCheck(t *testing.T) {
	for name, change := range map[string]func(w *Watcher){
		"hbos-window":     func(w *Watcher) { w.Every = 0 },
		"hbos-half-life":  func(w *Watcher) { w.HalfLife = 0 },
		"hbos-percentile": func(w *Watcher) { w.Percent = 0 },
		"hbos-margin":     func(w *Watcher) { w.Margin = -1 },
		"hbos-warm-up":    func(w *Watcher) { w.Warm = 0 },
	} {
		w := Default()
		if change(&w); w.Check() == nil {
			t.Errorf("bad %s is not refused", name)
		}
	}
}

func BenchmarkWindowHBOS(b *testing.B) { detecttest.Bench(b, Detector) }

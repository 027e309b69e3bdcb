package basic_test

import (
	"testing"

	"toolkit/detect/basic"
	"toolkit/detect/detecttest"
)

func TestOdd(t *testing.T) { detecttest.Run(t, basic.Detector, "testdata/odd.csv") }

func TestAllChecks(t *testing.T) {
	detecttest.Run(t, basic.Detector, "testdata/all.csv", "--basic-checks=port,broadcast,zero_bytes,private")
}

// The seed's way: every record is an alert, also of protocols without ports,
// and broadcasts are none.
func TestSeed(t *testing.T) {
	detecttest.Run(t, detecttest.Seed(basic.Detector), "testdata/seed.csv")
}

func TestCheck(t *testing.T) {
	for name, change := range map[string]func(w *basic.Watcher){
		"basic-checks": func(w *basic.Watcher) { w.Checks = []string{"dhcp"} },
		"basic-every":  func(w *basic.Watcher) { w.Every = 0 },
	} {
		w := basic.Default()
		if change(&w); w.Check() == nil {
			t.Errorf("bad %s is not refused", name)
		}
	}
}

// Reference: the seed raised no basic alert on office10k (kinds of
// analyzer_all in golden.json). It has 5 broadcasts to port 67 from ports other
// than 68, and 2 records from 0.0.0.0 to a web server, as grep finds.
func TestReference(t *testing.T) {
	seed := basic.Default()
	seed.SeedCompat(true)
	if as := detecttest.Office10k(t, &seed); len(as) != 0 {
		t.Errorf("%d alerts, want none", len(as))
	}
	w, records := basic.Default(), 0
	for _, a := range detecttest.Office10k(t, &w) {
		records += len(a.Records)
		if a.Kind != "broadcast" {
			t.Errorf("%s alert on %v", a.Kind, a.Subject)
		}
	}
	if records != 7 {
		t.Errorf("%d records are accused, want 7", records)
	}
}

func BenchmarkBasic(b *testing.B) { detecttest.Bench(b, basic.Detector) }

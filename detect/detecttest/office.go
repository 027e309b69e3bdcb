package detecttest

import (
	"testing"
	"time"

	"toolkit/detect"
	"toolkit/flow"
	"toolkit/internal/ref"
)

// Seed returns d with watchers that do as the seed did.
func Seed(d *detect.Detector) *detect.Detector {
	s := *d
	s.New = func() detect.Watcher {
		w := d.New()
		w.(detect.Compatible).SeedCompat(true)
		return w
	}
	return &s
}

// Office10kRecords returns the records of reference/office10k/flows.csv.gz.
func Office10kRecords(t testing.TB) *flow.Batch {
	return records(t, ref.Read(t, "reference/office10k/flows.csv.gz"), "flows.csv.gz")
}

// Office10k returns the alerts of w over these.
func Office10k(t testing.TB, w detect.Watcher) []*detect.Alert {
	b := ordered(w, Office10kRecords(t))
	var as []*detect.Alert
	report := func(a *detect.Alert) { as = append(as, a) }
	w.Watch(b, report)
	w.Flush(time.Time{}, report)
	return as
}

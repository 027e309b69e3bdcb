package iqr_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"toolkit/detect"
	"toolkit/detect/detecttest"
	"toolkit/detect/iqr"
	"toolkit/flow"
	"toolkit/internal/ref"
)

func TestScan(t *testing.T) { detecttest.Run(t, iqr.Detector, "testdata/scan.csv") }

// The last window of mode seed is never analysed: the same scan, but for the
// records after the last whole ten seconds.
func TestSeedWindows(t *testing.T) {
	detecttest.Run(t, iqr.Detector, "testdata/seed.csv", "--window-mode=seed", "--iqr-features=num_conns")
}

func batches(t testing.TB) []*flow.Batch {
	t.Helper()
	f, err := flow.FormatNamed("csv")
	if err != nil {
		t.Fatal(err)
	}
	whole := &flow.Batch{Hosts: new(flow.Hosts)}
	for b, err := range f.Read(bytes.NewReader(ref.Read(t, "reference/office10k/flows.csv.gz")), flow.Input{Name: "flows", Hosts: new(flow.Hosts), Labels: new(flow.Labels)}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len() {
			whole.Append(b.Record(i))
		}
	}
	return []*flow.Batch{whole}
}

func alerts(w iqr.Watcher, bs []*flow.Batch) []*detect.Alert {
	var as []*detect.Alert
	report := func(a *detect.Alert) { as = append(as, a) }
	for _, b := range bs {
		w.Watch(b, report)
	}
	w.Flush(time.Time{}, report)
	return as
}

func records(as []*detect.Alert) []int64 {
	var rs []int64
	for _, a := range as {
		rs = append(rs, a.Records...)
	}
	slices.Sort(rs)
	return rs
}

// Reference: a port of the seed's own code, and one in pandas, in
// reference/office10k/iqr_alerts.json.gz; "quirk" is window mode seed.
func TestReference(t *testing.T) {
	var want map[string][]int64
	ref.JSON(t, "reference/office10k/iqr_alerts.json.gz", &want)
	bs := batches(t)
	for i, choice := range []string{"ports_conns", "ports", "conns", "all4"} {
		for mode, key := range map[flow.WindowMode]string{flow.Tumbling: "window_", flow.Seed: "quirk_"} {
			w := iqr.Default()
			w.Features, w.Mode = iqr.Choices[i], mode
			got := records(alerts(w, bs))
			if len(want[key+choice]) == 0 || !slices.Equal(got, want[key+choice]) {
				t.Errorf("%s, %s: %d alerts, want the %d of the reference", mode, choice, len(got), len(want[key+choice]))
			}
		}
	}
}

// The counts of the variants are those of the reference, from one watcher for
// each window mode.
func TestVariants(t *testing.T) {
	var want map[string][]int64
	ref.JSON(t, "reference/office10k/iqr_alerts.json.gz", &want)
	bs := batches(t)
	w := iqr.Default()
	vs := iqr.Detector.Variants(&w)
	if len(vs) != 2 {
		t.Fatalf("%d variants, want 2", len(vs))
	}
	for _, v := range vs {
		as := alerts(*v.Watcher.(*iqr.Watcher), bs)
		for i, choice := range []string{"ports_conns", "ports", "conns", "all4"} {
			key := map[flow.WindowMode]string{flow.Tumbling: "window_", flow.Seed: "quirk_"}[v.WindowMode] + choice
			n := 0
			for _, a := range as {
				if v.Choices[i].Has(a) {
					n += len(a.Records)
				}
			}
			if n != len(want[key]) || n == 0 {
				t.Errorf("%s: %d alerts, want %d", key, n, len(want[key]))
			}
		}
	}
}

// Tumbling windows give the same alerts for any order of the records, and
// whether they are closed one by one or at the end.
func TestOrder(t *testing.T) {
	whole := batches(t)[0]
	want := alerts(iqr.Default(), []*flow.Batch{whole})
	r := rand.New(rand.NewPCG(1, 1))
	var shuffled []*flow.Batch
	for _, i := range r.Perm(whole.Len()) {
		shuffled = append(shuffled, whole.Slice(i, i+1))
	}
	if got := alerts(iqr.Default(), shuffled); !reflect.DeepEqual(got, want) {
		t.Errorf("shuffled: %d alerts, want %d", len(got), len(want))
	}
	w := iqr.Default()
	var got []*detect.Alert
	report := func(a *detect.Alert) { got = append(got, a) }
	for i := 0; i < whole.Len(); i += 100 {
		w.Flush(time.Unix(0, whole.Time[i]), report)
		w.Watch(whole.Slice(i, min(i+100, whole.Len())), report)
	}
	w.Flush(time.Time{}, report)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("closed one by one: %d alerts, want %d", len(got), len(want))
	}
}

func TestFences(t *testing.T) {
	// numpy.quantile([4, 1, 3, 2], [.25, .75]) is [1.75, 3.25].
	if low, high, width := iqr.Fences([]float64{4, 1, 3, 2}, 3); low != -2.75 || high != 7.75 || width != 1.5 {
		t.Errorf("fences %v, %v, range %v; want -2.75, 7.75, 1.5", low, high, width)
	}
}

func TestCheck(t *testing.T) {
	for name, change := range map[string]func(w *iqr.Watcher){
		"fence":        func(w *iqr.Watcher) { w.Fence = 0 },
		"window":       func(w *iqr.Watcher) { w.Window = 0 },
		"window-mode":  func(w *iqr.Watcher) { w.Mode = "sliding" },
		"iqr-features": func(w *iqr.Watcher) { w.Features = []string{"ports"} },
	} {
		w := iqr.Default()
		change(&w)
		if err := w.Check(); err == nil {
			t.Errorf("bad %s is not refused", name)
		}
	}
}

func BenchmarkIQR(b *testing.B) {
	bs := batches(b)
	b.Run("n=10k", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			alerts(iqr.Default(), bs)
		}
	})
}

package ports_test

import (
	"testing"

	"toolkit/detect"
	"toolkit/detect/detecttest"
	"toolkit/detect/ports"
	"toolkit/internal/ref"
)

func TestMany(t *testing.T) { detecttest.Run(t, ports.Detector, "testdata/many.csv") }

func TestSeed(t *testing.T) {
	detecttest.Run(t, detecttest.Seed(ports.Detector), "testdata/seed.csv")
}

// Reference: golden.json of office10k, analyzer_all, made by a port of the
// seed's code.
func TestReference(t *testing.T) {
	var want struct {
		All struct{ Kinds map[string]int } `json:"analyzer_all"`
	}
	ref.JSON(t, "reference/office10k/golden.json", &want)
	got := make(map[string]int)
	w := ports.Default()
	w.SeedCompat(true)
	for _, a := range detecttest.Office10k(t, &w) {
		got[a.Kind] += len(a.Records)
	}
	for _, kind := range []string{"too_many_ports", "more_than_100_ports"} {
		if got[kind] != want.All.Kinds[kind] || got[kind] == 0 {
			t.Errorf("%s: %d alerts, want %d", kind, got[kind], want.All.Kinds[kind])
		}
	}
}

// What is counted right: on office10k only the planted scan, 192.168.100.66 of
// 10.2.17.1 (labels.csv.gz), has more than 100 ports.
func TestOffice(t *testing.T) {
	w := ports.Default()
	for _, a := range detecttest.Office10k(t, &w) {
		if a.Kind == "more_than_100_ports" && a.Subject.Src.String() != "192.168.100.66" && a.Subject.Dst.String() != "10.2.17.1" {
			t.Errorf("%s alert on %v: %v", a.Kind, a.Subject, a.Reasons)
		}
	}
}

// Statistics are those of an obvious count.
func TestStats(t *testing.T) {
	w := ports.Default()
	detecttest.Office10k(t, &w)
	var _ detect.Tabler = &w
	table := w.Tables()[0]
	if err := table.Check(); err != nil {
		t.Fatal(err)
	}
	type row struct {
		records, up, down int64
		src, dst          map[string]bool
	}
	want := make(map[int64]*row)
	popular := map[int64]bool{22: true, 53: true, 80: true, 123: true, 143: true, 443: true, 993: true, 8080: true}
	b := detecttest.Office10kRecords(t)
	for i := range b.Len() {
		r := b.Record(i)
		port := int64(r.Dst.Port())
		if popular[port] {
			continue
		}
		if want[port] == nil {
			want[port] = &row{src: make(map[string]bool), dst: make(map[string]bool)}
		}
		p := want[port]
		p.records++
		p.up += r.BytesUp
		p.down += r.BytesDown
		p.src[r.Src.Addr().String()], p.dst[r.Dst.Addr().String()] = true, true
	}
	if table.Len() != len(want) {
		t.Errorf("%d ports, want %d", table.Len(), len(want))
	}
	for i := range table.Len() {
		at := func(name string) int64 { return table.Column(name).Ints[i] }
		p := want[at("dst_port")]
		if p == nil || at("num_conns") != p.records || at("bytes_up") != p.up || at("bytes_dw") != p.down ||
			at("num_src_ip") != int64(len(p.src)) || at("num_dst_ip") != int64(len(p.dst)) {
			t.Errorf("port %d differs", at("dst_port"))
		}
	}
}

func TestCheck(t *testing.T) {
	for name, change := range map[string]func(w *ports.Watcher){
		"ports-percentile": func(w *ports.Watcher) { w.Percentile = 101 },
		"ports-least":      func(w *ports.Watcher) { w.Least = 0 },
		"ports-window":     func(w *ports.Watcher) { w.Window = 0 },
	} {
		w := ports.Default()
		if change(&w); w.Check() == nil {
			t.Errorf("bad %s is not refused", name)
		}
	}
}

func BenchmarkPorts(b *testing.B) { detecttest.Bench(b, ports.Detector) }

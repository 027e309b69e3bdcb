package stream_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"toolkit/datasets/synth"
	"toolkit/detect"
	"toolkit/detect/iqr"
	"toolkit/detect/state"
	"toolkit/detect/stream"
	"toolkit/flow"
	"toolkit/suite"

	"github.com/spf13/pflag"
)

// synthetic returns n records of synthetic traffic, some of them late by up to
// two seconds.
func synthetic(t testing.TB, n int) *flow.Batch {
	t.Helper()
	cfg := synth.Default()
	cfg.Records = n
	whole := &flow.Batch{Hosts: new(flow.Hosts)}
	for b, err := range cfg.Source(whole.Hosts, new(flow.Labels)) {
		if err != nil {
			t.Fatal(err)
		}
		whole.AppendFrom(b, 0, b.Len())
	}
	for i := range whole.Time {
		if i%7 == 0 {
			whole.Time[i] -= int64(i%5) * int64(time.Second) / 2
		}
	}
	whole.Seq, whole.Order = 0, nil
	return whole
}

// said is what all detectors say of b, in batches of that size.
func said(t *testing.T, b *flow.Batch, size int, opt stream.Options) (alerts []*detect.Alert, late int64) {
	var ws []*stream.Watched
	add := func(name string, w detect.Watcher) {
		ws = append(ws, &stream.Watched{Name: name, Watcher: w, Report: func(a *detect.Alert) { alerts = append(alerts, a) }})
	}
	for _, d := range suite.Detectors {
		add(d.Name, d.New())
	}
	seed := iqr.Default()
	seed.Mode = flow.Seed
	add("iqr-seed", &seed)
	s := stream.New(ws, opt)
	for i := 0; i < b.Len(); i += size {
		s.Add(b.Slice(i, min(i+size, b.Len())))
	}
	s.End()
	if s.Held() != 0 || s.Records() != int64(b.Len()) {
		t.Errorf("%d of %d records are held at the end", s.Held(), s.Records())
	}
	return alerts, s.Late()
}

// All detectors give the same alerts in the same order for any size of batches
// and any number of workers; and, where no record is late, those of a stream
// whose records are all there before they are put in order.
func TestSameAlerts(t *testing.T) {
	b := synthetic(t, 20000)
	want, _ := said(t, b, flow.BatchSize, stream.Options{Late: 5 * time.Second, Workers: 1})
	if len(want) < 10 {
		t.Fatalf("%d alerts", len(want))
	}
	for _, c := range []struct{ size, workers int }{{1, 1}, {7, 2}, {4096, 4}} {
		got, late := said(t, b, c.size, stream.Options{Late: 5 * time.Second, Workers: c.workers})
		if !reflect.DeepEqual(got, want) || late != 0 {
			t.Errorf("batches of %d, %d workers: %d alerts, %d late; want %d, 0", c.size, c.workers, len(got), late, len(want))
		}
	}
	for _, memory := range []int64{0, 64 * 4000} {
		got, late := said(t, b, 7, stream.Options{Late: stream.Unbounded, Memory: memory, Workers: 2})
		if !reflect.DeepEqual(byDetector(got), byDetector(want)) || late != 0 {
			t.Errorf("unbounded, %d bytes: %d alerts, %d late; want %d, 0", memory, len(got), late, len(want))
		}
	}
}

func byDetector(alerts []*detect.Alert) map[string][]*detect.Alert {
	m := make(map[string][]*detect.Alert)
	for _, a := range alerts {
		m[a.Detector] = append(m[a.Detector], a)
	}
	return m
}

// A listener writes down what it is shown.
type listener struct {
	input bool
	heard []string
}

func (l *listener) Flags(*pflag.FlagSet) {}
func (l *listener) Check() error         { return nil }
func (l *listener) InputOrder() bool     { return l.input }
func (l *listener) Limit(int64)          {}
func (l *listener) Usage() detect.Usage  { return detect.Usage{Entries: int64(len(l.heard))} }
func (l *listener) Save(w *state.Writer) { w.String(strings.Join(l.heard, "\n")) }
func (l *listener) Load(r *state.Reader) { l.heard = strings.Split(r.String(), "\n") }
func (l *listener) Watch(b *flow.Batch, _ func(*detect.Alert)) {
	for i := range b.Len() {
		l.heard = append(l.heard, fmt.Sprintf("%d at %d", b.Number(i), b.Time[i]/1e9))
	}
}
func (l *listener) Flush(now time.Time, _ func(*detect.Alert)) {
	if now.IsZero() {
		l.heard = append(l.heard, "end")
	} else {
		l.heard = append(l.heard, fmt.Sprintf("now %d", now.Unix()))
	}
}

// A small stream by hand: who wants the order of the input gets it, with the
// late record; the others get the order of time without it.
func TestOrders(t *testing.T) {
	b := new(flow.Batch)
	for i, at := range []int64{10, 12, 11, 15, 12, 13, 20} {
		b.Append(flow.Record{Seq: int64(i), Time: time.Unix(at, 0)})
	}
	in, by := &listener{input: true}, &listener{}
	s := stream.New([]*stream.Watched{{Watcher: in}, {Watcher: by}}, stream.Options{Late: 2 * time.Second})
	s.Add(b.Slice(0, 4))
	s.Add(b.Slice(4, 7))
	s.End()
	wantIn := "now 8,0 at 10,now 10,1 at 12,2 at 11,now 13,3 at 15,4 at 12,5 at 13,now 18,6 at 20,end"
	wantBy := "now 8,0 at 10,now 10,2 at 11,1 at 12,now 13,5 at 13,3 at 15,now 18,6 at 20,end"
	if got := strings.Join(in.heard, ","); got != wantIn {
		t.Errorf("in the order of the input:\n%s, want\n%s", got, wantIn)
	}
	if got := strings.Join(by.heard, ","); got != wantBy || s.Late() != 1 || s.Needed() != 3*time.Second {
		t.Errorf("in the order of time:\n%s, want\n%s; %d late, want 1; that needs %v, want 3s", got, wantBy, s.Late(), s.Needed())
	}
}

// No watcher is told a time after which it sees an older record.
func TestClock(t *testing.T) {
	b := synthetic(t, 3000)
	for _, late := range []time.Duration{0, time.Second, stream.Unbounded} {
		l := &listener{}
		s := stream.New([]*stream.Watched{{Watcher: l}}, stream.Options{Late: late, Memory: 64 * 500})
		s.Add(b)
		s.End()
		var now int64
		for _, h := range slices.Compact(l.heard) {
			var n, at int64
			if _, err := fmt.Sscanf(h, "now %d", &at); err == nil {
				now = max(now, at)
			} else if _, err := fmt.Sscanf(h, "%d at %d", &n, &at); err == nil && at < now {
				t.Fatalf("late %v: record %d at %d after the time %d", late, n, at, now)
			}
		}
	}
}

package stream_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/stream"
	"toolkit/flow"
	"toolkit/suite"
)

func all(say func(*detect.Alert)) []*stream.Watched {
	var ws []*stream.Watched
	for _, d := range suite.Detectors {
		ws = append(ws, &stream.Watched{Name: d.Name, Watcher: d.New(), New: func() (detect.Watcher, error) { return d.New(), nil }, Report: say})
	}
	return ws
}

// A stream that is saved and loaded, or whose addresses are numbered anew, at
// random moments gives the same alerts.
func TestSavedAndRenumbered(t *testing.T) {
	b := synthetic(t, 6000)
	more(b)
	opt := stream.Options{Late: 5 * time.Second, Workers: 2}
	var want []*detect.Alert
	s := stream.New(all(func(a *detect.Alert) { want = append(want, a) }), opt)
	s.Add(b)
	s.End()

	var got []*detect.Alert
	say := func(a *detect.Alert) { got = append(got, a) }
	r := rand.New(rand.NewPCG(1, 2))
	s = stream.New(all(say), opt)
	hosts := new(flow.Hosts)
	for i := 0; i < b.Len(); {
		j := min(b.Len(), i+1+r.IntN(500))
		part := b.Slice(i, j).Take(rows(j - i))
		for k := range part.Src {
			part.Src[k], part.Dst[k] = hosts.Of(b.Hosts.Addr(part.Src[k])), hosts.Of(b.Hosts.Addr(part.Dst[k]))
		}
		part.Hosts = hosts
		s.Add(part)
		switch i = j; r.IntN(3) {
		case 0:
			if err := s.Renumber(hosts); err != nil {
				t.Fatal(err)
			}
		case 1:
			w := &state.Writer{Hosts: hosts}
			s.Save(w)
			hosts = new(flow.Hosts)
			s = stream.New(all(say), opt)
			rd := &state.Reader{Bytes: w.Bytes, Hosts: hosts}
			if s.Load(rd); rd.Err() != nil || len(rd.Bytes) > 0 {
				t.Fatalf("loading: %v, %d bytes left", rd.Err(), len(rd.Bytes))
			}
		}
	}
	s.End()
	if !reflect.DeepEqual(got, want) || len(want) == 0 {
		t.Errorf("%d alerts, want %d", len(got), len(want))
	}
	if int64(b.Len()) != s.Records() {
		t.Errorf("%d records, want %d", s.Records(), b.Len())
	}
}

// more gives records what not every source has.
func more(b *flow.Batch) {
	b.Duration, b.PacketsUp, b.PacketsDown = make([]int64, b.Len()), make([]int64, b.Len()), make([]int64, b.Len())
	b.FlagsUp, b.FlagsDown = make([]flow.Flags, b.Len()), make([]flow.Flags, b.Len())
	for i := range b.Len() {
		b.Duration[i], b.PacketsUp[i], b.PacketsDown[i] = int64(i), int64(2*i), int64(3*i)
		b.FlagsUp[i], b.FlagsDown[i] = flow.Flags(i), flow.Flags(3*i)
	}
}

func rows(n int) []int32 {
	v := make([]int32, n)
	for i := range v {
		v[i] = int32(i)
	}
	return v
}

// Records that are held keep all their fields.
func TestHeldWhole(t *testing.T) {
	b := synthetic(t, 50)
	more(b)
	want, got := new(keeper), new(keeper)
	s := stream.New([]*stream.Watched{{Watcher: want}}, stream.Options{Late: 24 * time.Hour})
	s.Add(b)
	w := &state.Writer{Hosts: b.Hosts}
	s.Save(w)
	s.End()
	s = stream.New([]*stream.Watched{{Watcher: got}}, stream.Options{Late: 24 * time.Hour})
	s.Load(&state.Reader{Bytes: w.Bytes, Hosts: b.Hosts})
	s.End()
	if len(want.records) != b.Len() || !reflect.DeepEqual(got.records, want.records) {
		t.Errorf("%d records, want %d:\n%+v\n%+v", len(got.records), len(want.records), got.records[0], want.records[0])
	}
}

// A keeper keeps the records.
type keeper struct {
	listener
	records []flow.Record
}

func (k *keeper) Watch(b *flow.Batch, _ func(*detect.Alert)) {
	for i := range b.Len() {
		r := b.Record(i)
		r.Label = "" // detectors don't see labels
		k.records = append(k.records, r)
	}
}
func (k *keeper) Flush(time.Time, func(*detect.Alert)) {}

// What is cut off is refused.
func TestLoadDamaged(t *testing.T) {
	b := synthetic(t, 300)
	s := stream.New(all(func(*detect.Alert) {}), stream.Options{Late: 24 * time.Hour})
	s.Add(b)
	w := &state.Writer{Hosts: b.Hosts}
	s.Save(w)
	for n := 0; n < len(w.Bytes); n += 1 + len(w.Bytes)/200 {
		r := &state.Reader{Bytes: w.Bytes[:n:n], Hosts: new(flow.Hosts)}
		stream.New(all(func(*detect.Alert) {}), stream.Options{Late: 24 * time.Hour}).Load(r)
		if r.Err() == nil {
			t.Fatalf("%d of %d bytes load", n, len(w.Bytes))
		}
	}
}

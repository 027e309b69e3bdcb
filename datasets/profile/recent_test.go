package profile

import (
	"testing"

	"toolkit/flow"
)

// What repeats a recent record is counted, whatever the cut into batches, and
// a record that differs in anything but label, duration, packets and flags is another one.
func TestRecent(t *testing.T) {
	rs := records()
	rs = append(rs[:200:200], rs[5], rs[7], rs[7])
	b := batch(rs)
	var whole, parts Recent
	whole.Add(b)
	for i := 0; i < b.Len(); i += 70 {
		parts.Add(b.Slice(i, min(i+70, b.Len())))
	}
	// All but those whose place another has taken since: of 200 in 16,384 places, none.
	if whole.Repeats != 3 || parts.Repeats != 3 {
		t.Errorf("%d repeats, in parts %d, want 3", whole.Repeats, parts.Repeats)
	}
	one := rs[9]
	same := one
	same.Label, same.Duration, same.PacketsUp = "other", 1, 77
	others := []flow.Record{one, same}
	for _, change := range []func(r *flow.Record){
		func(r *flow.Record) { r.Time = r.Time.Add(1) }, func(r *flow.Record) { r.Src, r.Dst = r.Dst, r.Src }, func(r *flow.Record) { r.Proto++ },
		func(r *flow.Record) { r.State = (r.State + 1) % flow.NumStates }, func(r *flow.Record) { r.BytesUp++ }, func(r *flow.Record) { r.BytesDown++ },
		func(r *flow.Record) { r.BytesUp, r.BytesDown = r.BytesDown+5, r.BytesUp+5 },
	} {
		r := one
		change(&r)
		others = append(others, r)
	}
	var few Recent
	few.Add(batch(others))
	if few.Repeats != 1 {
		t.Errorf("%d repeats, want 1", few.Repeats)
	}
}

func BenchmarkRecent(b *testing.B) {
	in := batch(records())
	r := new(Recent)
	b.ReportAllocs()
	for b.Loop() {
		r.Add(in)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*in.Len()), "ns/record")
}

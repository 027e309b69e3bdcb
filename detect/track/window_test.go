package track_test

import (
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"toolkit/detect/state"
	"toolkit/detect/track"
	"toolkit/flow"
)

// Windows are closed once each, in order, and whether Flush closes them or the
// next record does makes no difference.
func TestClock(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var times []int64
	for now := int64(-50); now < 300; now += r.Int64N(30) {
		times = append(times, now)
	}
	var want [][2]int64
	for _, now := range times {
		start := flow.FloorDiv(now, 10) * 10
		if w := [2]int64{start, start + 10}; !slices.Contains(want, w) {
			want = append(want, w)
		}
	}
	for _, flush := range []bool{false, true} {
		var got [][2]int64
		close := func(start, end int64) { got = append(got, [2]int64{start, end}) }
		c := track.Clock{Every: 10}
		for _, now := range times {
			if flush {
				c.Flush(time.Unix(0, now), close)
			}
			c.At(now, close)
			w := new(state.Writer)
			c.Save(w)
			c = track.Clock{Every: 10}
			c.Load(&state.Reader{Bytes: w.Bytes})
		}
		c.Flush(time.Time{}, close)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("flush %v: closed %v, want %v", flush, got, want)
		}
	}
}

// Quantiles are right to a tenth of 1+v.
func TestSketch(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	var s track.Sketch
	var all []float64
	for range 5000 {
		v := r.ExpFloat64() * 1000 * r.ExpFloat64()
		s.Add(v)
		all = append(all, v)
	}
	slices.Sort(all)
	w := new(state.Writer)
	s.Save(w)
	var back track.Sketch
	back.Load(&state.Reader{Bytes: w.Bytes})
	for _, q := range []float64{0.01, 0.25, 0.5, 0.9, 1} {
		want := all[int(q*float64(len(all)-1))]
		for _, got := range []float64{s.Quantile(q), back.Quantile(q)} {
			if d := got - want; max(d, -d) > 0.1*(1+want) {
				t.Errorf("%v-quantile %v, want %v", q, got, want)
			}
		}
	}
	if s.Halve(); s.N < 2400 || s.N > 2500 {
		t.Errorf("%d of 5000 after halving", s.N)
	}
}

func TestKey(t *testing.T) {
	hosts, other := new(flow.Hosts), new(flow.Hosts)
	other.Of(netip.MustParseAddr("::1"))
	a := netip.MustParseAddr("10.0.0.1")
	k := track.Key{Src: hosts.Of(a), Dst: track.NoHost, SrcPort: 1, DstPort: 65535, Proto: flow.UDP, Kind: 3}
	w := &state.Writer{Hosts: hosts}
	k.Save(w)
	r := &state.Reader{Bytes: w.Bytes, Hosts: other}
	got := track.LoadKey(r)
	k.Src = other.Of(a)
	if got != k || r.Err() != nil {
		t.Errorf("%+v, want %+v (%v)", got, k, r.Err())
	}
}

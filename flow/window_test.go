package flow

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

func timed(seconds ...int64) *Batch {
	b := &Batch{Hosts: new(Hosts)}
	for i, s := range seconds {
		b.Append(Record{Seq: int64(i), Time: time.Unix(s, 0)})
	}
	return b
}

func TestWindows(t *testing.T) {
	f := func(mode WindowMode, seconds, want []int64, lastAnalysed bool) {
		t.Helper()
		whole := timed(seconds...)
		for _, cut := range []int{1, 3, whole.Len()} { // however the records are cut into batches
			w := NewWindows(10*time.Second, mode)
			got := make([]int64, whole.Len())
			for i := 0; i < whole.Len(); i += cut {
				j := min(i+cut, whole.Len())
				w.Number(got[i:j], whole.Slice(i, j))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, batches of %d: windows %v, want %v", mode, cut, got, want)
			}
			if w.Analysed(want[len(want)-1]) != lastAnalysed {
				t.Errorf("%s: last window analysed: %v, want %v", mode, !lastAnalysed, lastAnalysed)
			}
		}
	}
	f(Tumbling, []int64{0, 9, 10, 5, 25, -1, -10, -11}, []int64{0, 0, 1, 0, 2, -1, -1, -2}, true)
	f(Tumbling, []int64{-9e9, 9e9, 5, -9e9, 9e9 - 1}, []int64{-9e8, 9e8, 0, -9e8, 9e8 - 1}, true)
	// Each of the records of second 20 ends a window; the last one is left open.
	f(Seed, []int64{18, 19, 20, 20, 20, 21, 30, 31}, []int64{0, 0, 0, 1, 2, 3, 3, 4}, false)
	f(Seed, []int64{18, 20}, []int64{0, 0}, true)
}

func TestWindowBounds(t *testing.T) {
	w := NewWindows(10*time.Second, Seed)
	w.Number(make([]int64, 4), timed(18, 20, 23, 29))
	if start, end := w.Bounds(1); start != 23e9 || end != 33e9 {
		t.Errorf("second seed window from %d to %d, want 23e9 to 33e9", start, end)
	}
	w = NewWindows(10*time.Second, Tumbling)
	if start, end := w.Bounds(-1); start != -10e9 || end != 0 {
		t.Errorf("window -1 from %d to %d, want -10e9 to 0", start, end)
	}
	if w.Passed(0, 9e9) || !w.Passed(0, 10e9) {
		t.Error("window 0 must be passed at 10 s and not before")
	}
}

func TestPrivate(t *testing.T) {
	// Python 3.11's ipaddress.ip_address(a).is_private.
	for a, want := range map[string]bool{
		"10.1.2.3": true, "192.168.0.1": true, "172.15.255.255": false, "172.31.0.1": true, "0.0.0.0": true, "255.255.255.255": true,
		"224.0.0.251": false, "8.8.8.8": false, "100.64.0.1": false, "fe80::1": true, "fd00::1": true, "2001:4860::8888": false, "::1": true,
		"2001:db8::1": true, "ff02::fb": false,
	} {
		if got := Private(netip.MustParseAddr(a)); got != want {
			t.Errorf("Private(%s) = %v, want %v", a, got, want)
		}
	}
}

func TestRanks(t *testing.T) {
	var h Hosts
	for _, a := range []string{"::1", "10.0.0.2", "9.0.0.1", "::ffff:10.0.0.1", "2001:db8::1"} {
		h.Of(netip.MustParseAddr(a))
	}
	rank, sorted := h.Ranks()
	if want := []uint32{3, 2, 0, 1, 4}; !slices.Equal(rank, want) {
		t.Errorf("ranks %v, want %v (addresses %v)", rank, want, sorted)
	}
}

package thresholds_test

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"toolkit/detect"
	"toolkit/detect/thresholds"
	"toolkit/flow"
)

// A host does a little each minute, and much more in one hour of every day. On the
// first days that is an alert; from the third on it is not, while as much in
// another hour is.
func TestSeason(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		busy := 2 + r.IntN(20)
		other := (busy + 6 + r.IntN(12)) % 24 // far enough for the last half hour to be forgotten
		surge := 150 + r.IntN(150)            // records a minute, where 3 to 6 are ordinary
		const days, attack = 6, 4
		b := new(flow.Batch)
		begin := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
		for minute := range days * 24 * 60 {
			n, day, hour := 3+r.IntN(4), minute/1440, minute/60%24
			if hour == busy || hour == other && day == attack {
				n = surge
			}
			for i := range n {
				b.Append(flow.Record{
					Seq: int64(b.Len()), Time: begin.Add(time.Duration(minute)*time.Minute + time.Duration(i)*time.Minute/time.Duration(n)),
					Proto: flow.TCP, State: flow.Closed, BytesUp: 100, BytesDown: 100,
					Src: netip.MustParseAddrPort("10.0.0.1:4000"), Dst: netip.MustParseAddrPort("10.0.0.2:443"),
				})
			}
		}
		said := make(map[[2]int]int) // alerts by day and hour
		report := func(a *detect.Alert) {
			at := a.Start.Sub(begin)
			said[[2]int{int(at.Hours()) / 24, int(at.Hours()) % 24}]++
		}
		w := thresholds.Default()
		w.Watch(b, report)
		w.Flush(time.Time{}, report)
		if said[[2]int{0, busy}] == 0 {
			t.Errorf("seed %d: nothing is said on the first day of %d records a minute in hour %d", seed, surge, busy)
		}
		if said[[2]int{attack, other}] == 0 {
			t.Errorf("seed %d: nothing is said of %d records a minute in hour %d, where hour %d is busy", seed, surge, other, busy)
		}
		for at, n := range said {
			if at[0] >= 2 && at != [2]int{attack, other} {
				t.Errorf("seed %d: %d alerts on day %d in hour %d; hour %d is busy every day", seed, n, at[0], at[1], busy)
			}
		}
	}
}

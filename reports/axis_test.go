package reports

import (
	"math"
	"strings"
	"testing"
)

func TestTicks(t *testing.T) {
	f := func(a Axis, lo, hi float64, want string) {
		t.Helper()
		var got []string
		for _, tick := range a.Ticks(lo, hi) {
			got = append(got, tick.Label)
		}
		if s := strings.ReplaceAll(strings.Join(got, "|"), nbsp, " "); s != want {
			t.Errorf("ticks of %v from %v to %v: %s, want %s", a, lo, hi, s, want)
		}
	}
	f(Axis{}, 0, 1, "0|0.2|0.4|0.6|0.8|1")
	f(Axis{}, 1, 10, "2|4|6|8|10")
	f(Axis{}, 0, 65752, "0|20k|40k|60k")
	f(Axis{Kind: Bytes}, 0, 3<<20, "0|1 MiB|2 MiB|3 MiB")
	f(Axis{Kind: Percent}, 0, 1, "0|20 %|40 %|60 %|80 %|100 %")
	f(Axis{Symlog: 1}, 0, 2e5, "0|10|100|1,000|10k|100k") // 1 would touch 0
	f(Axis{Symlog: 1}, -200, 2000, "−100|−10|0|10|100|1,000")
	f(Axis{Symlog: 1}, 0, 8, "0|2|4|6|8") // less than two decades: as if linear
	f(Axis{Kind: Clock}, 1485534282, 1485538500, "16:30|16:45|17:00|17:15|17:30")
	f(Axis{Kind: Clock}, 1485534282, 1485534300, "16:24:45|16:24:50|16:24:55|16:25:00")
	f(Axis{Kind: Clock}, 0, 9*86400, "1970-01-01|1970-01-03|1970-01-05|1970-01-07|1970-01-09")
}

func TestExtents(t *testing.T) {
	nan := math.NaN()
	f := func(zero bool, values []float64, lo, hi float64) {
		t.Helper()
		if e := extentOf(zero, values); e.lo != lo || e.hi != hi {
			t.Errorf("extent of %v: %v to %v, want %v to %v", values, e.lo, e.hi, lo, hi)
		}
	}
	f(false, nil, 0, 1)
	f(false, []float64{nan, math.Inf(1)}, 0, 1)
	f(false, []float64{2, 5, nan}, 2, 5)
	f(true, []float64{2, 5}, 0, 5)
	f(true, []float64{-5, -2}, -5, 0)
	f(false, []float64{5}, 4.5, 5.5)
	f(false, []float64{50}, 45, 55)
	f(true, []float64{0, 0}, 0, 1)
}

func TestSymlog(t *testing.T) {
	n := asinh{3}
	for _, v := range []float64{-1e9, -2, 0, 1e-9, 4, 1e12} {
		if got := n.back(n.forth(v)); math.Abs(got-v) > 1e-9*math.Abs(v) {
			t.Errorf("there and back: %v, want %v", got, v)
		}
	}
	f := func(values []float64, want float64) {
		t.Helper()
		if got := symlogFor(values); got != want {
			t.Errorf("symlog for %v: %v, want %v", values, got, want)
		}
	}
	f(nil, 0)
	f([]float64{0, 0, 0, 0}, 0)
	f([]float64{1, 2, 3, 4, 5, 6}, 0)
	f([]float64{1, 2, 3, -4, 1e6, math.NaN(), 0}, 3) // the median of those that are not 0
}

package reports

import (
	"toolkit/flow"
)

// A clock cuts time into bins of equal length.
type clock struct {
	first int64 // microseconds since the epoch, a multiple of bin
	bin   int64 // microseconds
	n     int
}

// binLengths are the lengths of bins, in seconds, that people reckon in.
var binLengths = []int64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400}

// clockOf returns bins that cover lo to hi, in microseconds, most at most; if
// hi is before lo, a bin about lo.
func clockOf(lo, hi int64, most int) clock {
	hi = max(lo, hi)
	for _, s := range binLengths {
		if c := cut(lo, hi, s*1e6); c.n <= most {
			return c
		}
	}
	days := (hi-lo)/(86400e6*int64(most)) + 1
	c := cut(lo, hi, days*86400e6)
	for c.n > most {
		days++
		c = cut(lo, hi, days*86400e6)
	}
	return c
}

func cut(lo, hi, bin int64) clock {
	first := flow.FloorDiv(lo, bin)
	return clock{first * bin, bin, int(flow.FloorDiv(hi, bin)-first) + 1}
}

// at returns the bin of a moment, −1 if it is in none.
func (c clock) at(us int64) int {
	k := flow.FloorDiv(us-c.first, c.bin)
	if k < 0 || k >= int64(c.n) {
		return -1
	}
	return int(k)
}

// edges are the bins' limits, in seconds.
func (c clock) edges() []float64 {
	e := make([]float64, c.n+1)
	for i := range e {
		e[i] = float64(c.first+int64(i)*c.bin) / 1e6
	}
	return e
}

// length says how long a bin is.
func (c clock) length() string { return seconds(float64(c.bin) / 1e6) }

// axis is the axis of the bins, with the day if it is one.
func (c clock) axis() Axis {
	a := Axis{Kind: Clock, Label: "time (UTC)"}
	if d := dayOf(c.first); d == dayOf(c.first+int64(c.n)*c.bin-1) {
		a.Label += ", " + d
	}
	return a
}

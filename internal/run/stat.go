package run

import "math"

// NewStat returns the stat of that name; a value that is not finite, which
// JSON can't say, is left out.
func NewStat(name string, v float64) Stat {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Stat{Name: name}
	}
	return Stat{Name: name, Value: &v}
}

package reports

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot"
)

// An extent is the range of an axis.
type extent struct{ lo, hi float64 }

// extentOf returns the range of the finite values, and 0 too if zero is set.
// It is never empty.
func extentOf(zero bool, values ...[]float64) extent {
	e := extent{math.Inf(1), math.Inf(-1)}
	for _, vs := range values {
		for _, v := range vs {
			if finite(v) {
				e.lo, e.hi = min(e.lo, v), max(e.hi, v)
			}
		}
	}
	switch {
	case e.lo > e.hi:
		return extent{0, 1}
	case zero && e.lo > 0:
		e.lo = 0
	case zero && e.hi < 0:
		e.hi = 0
	}
	if e.lo == e.hi {
		d := max(math.Abs(e.lo)/10, 0.5)
		if zero {
			return extent{e.lo, e.lo + 2*d}
		}
		return extent{e.lo - d, e.hi + d}
	}
	return e
}

// widen returns e with a share more of its length, as it is drawn, at each end.
func (e extent) widen(a Axis, low, high float64) extent {
	n := a.normalizer()
	l, h := n.forth(e.lo), n.forth(e.hi)
	return extent{n.back(l - low*(h-l)), n.back(h + high*(h-l))}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// An asinh is a plot.Normalizer: linear for knee 0, else the area hyperbolic
// sine of the value over the knee.
type asinh struct{ knee float64 }

func (a Axis) normalizer() asinh { return asinh{a.Symlog} }

func (s asinh) forth(v float64) float64 {
	if s.knee <= 0 {
		return v
	}
	return math.Asinh(v / s.knee)
}

func (s asinh) back(v float64) float64 {
	if s.knee <= 0 {
		return v
	}
	return math.Sinh(v) * s.knee
}

func (s asinh) Normalize(lo, hi, v float64) float64 {
	l := s.forth(lo)
	return (s.forth(v) - l) / (s.forth(hi) - l)
}

// Ticks implements plot.Ticker.
func (a Axis) Ticks(lo, hi float64) []plot.Tick {
	if a.Symlog > 0 && max(math.Abs(lo), math.Abs(hi)) >= 20*a.Symlog {
		return a.decades(lo, hi)
	}
	steps, unit := []float64{1, 2, 2.5, 5, 10}, 1.0
	switch a.Kind {
	case Bytes:
		for unit*1024 <= max(math.Abs(lo), math.Abs(hi)) {
			unit *= 1024
		}
	case Clock:
		return a.clock(lo, hi)
	}
	step := niceStep((hi-lo)/unit, steps) * unit
	var ticks []plot.Tick
	for k := math.Ceil(lo/step - 1e-9); k*step <= hi+step*1e-9; k++ {
		ticks = append(ticks, plot.Tick{Value: k * step, Label: a.label(k * step)})
	}
	return ticks
}

// niceStep returns the step that cuts length into about five.
func niceStep(length float64, steps []float64) float64 {
	rough := length / 5
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, s := range steps {
		if s*power >= rough*0.999 {
			return s * power
		}
	}
	return 10 * power
}

// decades returns 0 and the powers of ten (of 1024 for bytes) from the knee on,
// thinned to what can be read, outwards from 0.
func (a Axis) decades(lo, hi float64) []plot.Tick {
	base := 10.0
	if a.Kind == Bytes {
		base = 1024
	}
	n := a.normalizer()
	apart := 0.08 * (n.forth(hi) - n.forth(lo))
	first := math.Ceil(math.Log(a.Symlog)/math.Log(base) - 1e-9)
	last := math.Floor(math.Log(max(math.Abs(lo), math.Abs(hi)))/math.Log(base) + 1e-9)
	values := []float64{0}
	for e, before := first, 0.0; e <= last; e++ {
		v := math.Pow(base, e)
		if n.forth(v)-n.forth(before) >= apart {
			values = append(values, v, -v)
			before = v
		}
	}
	slices.Sort(values)
	var ticks []plot.Tick
	for _, v := range values {
		if v >= lo && v <= hi {
			ticks = append(ticks, plot.Tick{Value: v, Label: a.label(v)})
		}
	}
	return ticks
}

// clock returns times of day, and days where there are several.
func (a Axis) clock(lo, hi float64) []plot.Tick {
	layout, step := "2006-01-02", 86400*math.Ceil((hi-lo)/86400/6)
	for _, s := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200} {
		if (hi-lo)/s <= 7 {
			layout, step = "15:04", s
			switch {
			case s < 60:
				layout = "15:04:05"
			case hi-lo > 86400:
				layout = "Jan 2 15:04"
			}
			break
		}
	}
	var ticks []plot.Tick
	for k := math.Ceil(lo / step); k*step <= hi; k++ {
		ticks = append(ticks, plot.Tick{Value: k * step, Label: time.Unix(int64(k*step), 0).UTC().Format(layout)})
	}
	return ticks
}

func (a Axis) label(v float64) string {
	switch {
	case v == 0:
		return "0"
	case a.Kind == Bytes:
		return byteText(v)
	case a.Kind == Percent:
		return percent(v)
	}
	return short(v)
}

// symlogFor returns the Symlog of an axis for values: above 0 if most of them
// lie in so small a part of the range that nothing could be told apart there.
func symlogFor(values []float64) float64 {
	abs := make([]float64, 0, len(values))
	for _, v := range values {
		if finite(v) && v != 0 {
			abs = append(abs, math.Abs(v))
		}
	}
	if len(abs) < 3 {
		return 0
	}
	slices.Sort(abs)
	if abs[len(abs)-1] < 15*abs[len(abs)*9/10] && abs[len(abs)-1] < 100*abs[len(abs)/2] {
		return 0
	}
	return abs[len(abs)/2]
}

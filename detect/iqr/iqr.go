// Package iqr is the baseline detector: pairs of addresses outside Tukey's
// outer fences. Detector.Doc says what it does.
package iqr

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/features"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector is the IQR baseline.
var Detector = &detect.Detector{
	Name: "iqr",
	Doc: `pairs of addresses outside Tukey's outer fences

In each window, a pair of addresses whose number of records, distinct
destination ports, or bytes up or down is more than three interquartile ranges
from the quartiles of all pairs of the window is strange, and so are its
records. The score is the largest distance from a fence in interquartile
ranges. Where most pairs have the same value, such as one destination port, the
range is 0 and every other value is outside; the distance then is in units of
the feature.

It is the baseline that other methods are compared with. It looks at each
window alone: what is slow, or spread over many pairs, it does not see.`,
	Refs:     []string{"Tukey: Exploratory Data Analysis. Addison-Wesley, 1977"},
	New:      func() detect.Watcher { w := Default(); return &w },
	Variants: variants,
}

// Choices are the choices of features for which the seed published its counts
// of alerts.
var Choices = [][]string{{"num_dst_ports", "num_conns"}, {"num_dst_ports"}, {"num_conns"}, names(columns)}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	Window   time.Duration
	Mode     flow.WindowMode
	Features []string // names in columns
	Fence    float64  // distance of the fences from the quartiles, in interquartile ranges

	windows *flow.Windows
	open    map[int64]*window // by number
	number  []int64           // of the windows of the present batch's records
	most    int               // pairs to keep in all open windows; 0 for no limit
	pairs   int
	evicted int64
}

// Default returns the detector with the parameters of the seed.
func Default() Watcher {
	return Watcher{Window: 10 * time.Second, Mode: flow.Tumbling, Features: Choices[0], Fence: 3}
}

// variants are the seed's choices of features, in both window modes. Fences
// are those of one feature at a time, so that one watcher of all features
// counts for every choice.
func variants(of detect.Watcher) []detect.Variant {
	var vs []detect.Variant
	for _, mode := range []flow.WindowMode{flow.Tumbling, flow.Seed} {
		w := of.(*Watcher)
		v := detect.Variant{WindowMode: mode, Watcher: &Watcher{Window: w.Window, Mode: mode, Features: names(columns), Fence: w.Fence}}
		for _, choice := range Choices {
			v.Choices = append(v.Choices, detect.Choice{Features: strings.Join(choice, ","), Has: func(a *detect.Alert) bool {
				return slices.ContainsFunc(a.Reasons, func(r algo.Reason) bool { return slices.Contains(choice, r.Column) })
			}})
		}
		vs = append(vs, v)
	}
	return vs
}

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.DurationVar(&w.Window, "window", w.Window, "length of a window")
	fs.StringVar((*string)(&w.Mode), "window-mode", string(w.Mode), "how windows are cut: "+strings.Join(flow.WindowModes, " or "))
	fs.StringSliceVar(&w.Features, "iqr-features", w.Features, "features to judge pairs by, of "+strings.Join(names(columns), ","))
	fs.Float64Var(&w.Fence, "fence", w.Fence, "distance of the fences from the quartiles, in interquartile ranges")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case !(w.Fence > 0) || math.IsInf(w.Fence, 0):
		return &algo.ParamError{Name: "fence", Value: w.Fence, Want: "above 0"}
	case w.Window <= 0:
		return &algo.ParamError{Name: "window", Value: w.Window, Want: "above 0"}
	case w.Mode.Check() != nil:
		return &algo.ParamError{Name: "window-mode", Value: w.Mode, Want: strings.Join(flow.WindowModes, " or ")}
	case len(w.Features) == 0:
		return &algo.ParamError{Name: "iqr-features", Value: "empty", Want: "at least one of " + strings.Join(names(columns), ",")}
	}
	for _, f := range w.Features {
		if !slices.Contains(names(columns), f) {
			return &algo.ParamError{Name: "iqr-features", Value: f, Want: "among " + strings.Join(names(columns), ",")}
		}
	}
	return nil
}

// Watch implements detect.Watcher. Windows stay open until Flush closes them,
// so that the order of records within the stream does not matter (in window
// mode seed it decides what a window is).
func (w *Watcher) Watch(b *flow.Batch, _ func(*detect.Alert)) {
	w.begin()
	w.number = append(w.number[:0], make([]int64, b.Len())...)
	w.windows.Number(w.number, b)
	var last *window
	for i, n := range w.number {
		if i == 0 || n != w.number[i-1] {
			if last = w.open[n]; last == nil {
				last = newWindow()
				w.open[n] = last
			}
		}
		switch last.add(b, i, w.most == 0 || w.pairs < w.most) {
		case added:
			w.pairs++
		case noRoom:
			w.evicted++
		}
	}
}

func (w *Watcher) begin() {
	if w.windows == nil {
		w.windows, w.open = flow.NewWindows(w.Window, w.Mode), make(map[int64]*window)
	}
}

// SeedCompat implements detect.Compatible: the seed's windows.
func (w *Watcher) SeedCompat(on bool) {
	if on {
		w.Mode = flow.Seed
	}
}

// InputOrder implements detect.Unordered: seed windows are cut by the order of
// the input.
func (w *Watcher) InputOrder() bool { return w.Mode == flow.Seed }

// Flush implements detect.Watcher. Alerts come in the order of windows, those
// of a window in the order of addresses.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	for _, n := range slices.Sorted(maps.Keys(w.open)) {
		if now.IsZero() {
			if !w.windows.Analysed(n) {
				w.close(n)
				continue
			}
		} else if !w.windows.Passed(n, now.UnixNano()) {
			continue
		}
		start, end := w.windows.Bounds(n)
		for _, a := range w.open[n].judge(w.Features, w.Fence) {
			a.Start, a.End = time.Unix(0, start).UTC(), time.Unix(0, end).UTC()
			report(a)
		}
		w.close(n)
	}
}

func (w *Watcher) close(n int64) {
	w.pairs -= len(w.open[n].pairs)
	delete(w.open, n)
}

// Fences returns fence interquartile ranges below the first and above the
// third quartile of the values, and that range, with numpy's linear
// quantiles. It sorts the values.
func Fences(values []float64, fence float64) (low, high, iqr float64) {
	slices.Sort(values)
	q1, q3 := features.Quantile(values, 0.25), features.Quantile(values, 0.75)
	iqr = q3 - q1
	return q1 - fence*iqr, q3 + fence*iqr, iqr
}

func names(cs []column) []string {
	var s []string
	for _, c := range cs {
		s = append(s, c.name)
	}
	return s
}

func columnNamed(name string) column {
	i := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
	if i < 0 {
		panic(fmt.Sprintf("iqr: no feature %s", name))
	}
	return columns[i]
}

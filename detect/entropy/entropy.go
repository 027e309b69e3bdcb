// Package entropy finds windows whose distributions of addresses and ports
// are not like those before. Detector.Doc says what it does.
package entropy

import (
	"context"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/window"
	"toolkit/features"
	"toolkit/pca"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
)

// Detector judges the entropies of windows.
var Detector = &detect.Detector{
	Name: "entropy",
	Doc: `windows whose entropies of addresses and ports break with the past

Each window of ten seconds with at least ten records is described by the Shannon
entropies of source and destination addresses and ports, and the logarithm of
its records. From the last 360 windows (an hour) are learned, anew every ten
windows:

  - the plane of principal components in which ordinary windows lie. A window is
    strange if its squared distance to the plane, q, is above Jackson and
    Mudholkar's limit for one window in 1000, and above all but one in 200 of
    the windows learned from, half as much again: traffic is not normal, and
    the limit alone would be too low
  - the median and the median absolute deviation of each entropy. A window is
    strange if one is more than eight such deviations (times 1.4826) off

The score is the larger of the two as a multiple of its limit. Then the address
is looked for without whose records the window would be ordinary, among the
sources and destinations of the most records, bytes, and peers and ports. That
address is the subject of the alert, and its records are accused; a window that
no one address explains is not told of. What is learned from is the window
without them.

Nothing is judged in the first 30 windows with enough records, the warm-up.
A scan or flood must be a good part of its window's traffic to be seen: on a
busy link take shorter windows. What is common during the warm-up is ordinary.`,
	Refs: []string{
		"Lakhina, Crovella, Diot: Mining anomalies using traffic feature distributions. SIGCOMM, 2005. doi:10.1145/1080091.1080118",
		"Jackson, Mudholkar: Control procedures for residuals associated with principal component analysis. Technometrics 21(3), 1979. doi:10.1080/00401706.1979.10489779",
		"Nychis, Sekar, Andersen, Kim, Zhang: An empirical evaluation of entropy-based traffic anomaly detection. IMC, 2008. doi:10.1145/1452520.1452539",
	},
	New: func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is the detector at work.
type Watcher struct{ window.Learner }

// Default returns the detector with its default parameters.
func Default() Watcher {
	return Watcher{window.Default(&kind)}
}

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.DurationVar(&w.Every, "entropy-window", w.Every, "length of the windows whose entropies are judged")
	fs.IntVar(&w.Warm, "entropy-warm-up", w.Warm, "windows to learn from before any is judged")
	fs.IntVar(&w.Past, "entropy-past", w.Past, "windows that are learned from, the last ones")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error { return w.Learner.Check("entropy") }

var kind = window.Kind{Names: names, Vector: vector, Learn: learn}

var names = []string{"src_ip_entropy", "dst_ip_entropy", "src_port_entropy", "dst_port_entropy", "ln_num_conns"}

func vector(rows []window.Row, to *window.Scratch) []float64 {
	for i := range rows {
		r := &rows[i]
		to.Counts[0].Add(uint64(r.Src))
		to.Counts[1].Add(uint64(r.Dst))
		to.Counts[2].Add(uint64(r.SrcPort))
		to.Counts[3].Add(uint64(r.DstPort))
	}
	v := make([]float64, 0, len(names))
	for k := range 4 {
		var e features.EntropySum
		for n := range to.Counts[k].All {
			e.Put(int64(n))
		}
		v = append(v, e.Value())
	}
	return append(v, math.Log(float64(len(rows))))
}

// The rules, which Doc states.
const (
	alpha      = 0.001
	share      = 0.995
	above      = 1.5
	deviations = 8
)

// A judge is what was learned of past windows.
type judge struct {
	median, spread []float64
	model          algo.Model // of rows in spreads from the median
	limit          float64    // of q
}

// minSpread keeps an entropy that hardly ever changed from making every
// change an alarm: about what one more value among ten does.
const minSpread = 0.1

func learn(past *features.Matrix) window.Judge {
	n, d := past.Dims()
	j := &judge{median: make([]float64, d), spread: make([]float64, d)}
	for c := range d {
		j.median[c], j.spread[c] = robust(mat.Col(nil, c, past.X))
	}
	x := mat.NewDense(n, d, nil)
	for i := range n {
		x.SetRow(i, j.scaled(past.X.RawRowView(i)))
	}
	p := pca.Default()
	p.Alpha = alpha
	scaled := past.With(past.Names, x)
	r, err := algo.Fit(context.Background(), &p, scaled, algo.Env{Workers: 1})
	if err != nil {
		return nil
	}
	q := slices.Clone(r.Columns[0].Floats)
	slices.Sort(q)
	limit, _ := r.Stat("q_limit")
	j.model, j.limit = r.Model, max(limit, above*features.Quantile(q, share))
	return j
}

// robust returns the median of values and about their standard deviation,
// which outliers do not widen. It sorts the values.
func robust(values []float64) (median, spread float64) {
	slices.Sort(values)
	median = features.Quantile(values, 0.5)
	for i, v := range values {
		values[i] = math.Abs(v - median)
	}
	slices.Sort(values)
	return median, max(1.4826*features.Quantile(values, 0.5), minSpread)
}

func (j *judge) scaled(v []float64) []float64 {
	s := make([]float64, len(v))
	for c := range v {
		s[c] = (v[c] - j.median[c]) / j.spread[c]
	}
	return s
}

// Judge implements window.Judge.
func (j *judge) Judge(v []float64) (score float64, reasons []algo.Reason) {
	s := j.scaled(v)
	for c := range s[:len(s)-1] { // the number of records alone is no reason
		if by := math.Abs(s[c]) / deviations; by > 1 {
			score = max(score, by)
			reasons = append(reasons, algo.Reason{Column: names[c], Value: v[c], Low: j.median[c] - deviations*j.spread[c], High: j.median[c] + deviations*j.spread[c]})
		}
	}
	x := &features.Matrix{Names: names, X: mat.NewDense(1, len(s), s)}
	r, err := algo.Apply(context.Background(), j.model, x)
	if err != nil {
		return score, reasons
	}
	if by := r.Columns[0].Floats[0] / j.limit; by > 1 {
		score = max(score, by)
		reasons = append(reasons, algo.Reason{Column: "entropy_q", Value: r.Columns[0].Floats[0], Low: math.Inf(-1), High: j.limit})
		for _, why := range j.model.(algo.Explainer).Explain(x, 0) {
			c := slices.Index(names, why.Column)
			back := func(z float64) float64 { return j.median[c] + z*j.spread[c] }
			reasons = append(reasons, algo.Reason{Column: why.Column, Value: v[c], Low: back(why.Low), High: back(why.High), Weight: why.Weight})
		}
	}
	return score, reasons
}

package hbos

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"toolkit/algo"
	"toolkit/features"

	"github.com/spf13/pflag"
)

// Algorithm is the Histogram-Based Outlier Score.
var Algorithm = &algo.Algorithm{
	Name: "hbos",
	Doc: `Histogram-Based Outlier Score: the sum of how rare each column's value is

Each column gets a histogram; a row's share of a column is the logarithm of how
low the bin of its value is, and its score the sum of the shares. Fast, exact
and self-explaining; blind to values that are common each but rare together.

--mode pyod gives PyOD's scores, which depend on the columns' scales: scale
first. static (bins of equal width) and dynamic (bins of about equal content,
for long tails) are the paper's and don't depend on scales.

A column of text has a bar for each value: the rarer, the stranger.`,
	Refs: []string{
		"Goldstein, Dengel: Histogram-based Outlier Score (HBOS): A fast Unsupervised Anomaly Detection Algorithm. KI-2012 Poster and Demo Track.",
		"Birgé, Rozenholc: How many bins should be put in a regular histogram. ESAIM: Probability and Statistics 10, 2006. doi:10.1051/ps:2006001",
		"Zhao, Nasrullah, Li: PyOD: A Python Toolbox for Scalable Outlier Detection. JMLR 20(96), 2019.",
	},
	Cost:       "O(n·d) time in three passes, 8·n·(d+1) bytes for scores and shares; dynamic and auto bins sort each column: O(d·n·log n)",
	Gives:      algo.Scores,
	Score:      "The sum over the columns of the logarithm of how low the histogram bin of the row's value is: in bits, or in nats in static and dynamic mode.",
	Categories: true,
	Updates:    true,
	New:        func() algo.Method { h := Default(); return &h },
	Load:       load,
}

// A Mode says how bins are made and scored; see the package comment.
type Mode string

// The modes.
const (
	PyOD    Mode = "pyod"    // equal width, density + alpha, as PyOD
	Static  Mode = "static"  // equal width, height relative to the fullest bin
	Dynamic Mode = "dynamic" // equal content, height relative to the densest bin
)

// reach returns how many bin widths outside the range belong to the outermost
// bin; below 0 for none.
func (m Mode) reach(tol float64) float64 {
	if m == PyOD {
		return tol
	}
	return -1
}

// Bins is a number of bins, or Auto.
type Bins int

// Auto lets the values of each column decide on its number of bins.
const Auto Bins = 0

const autoText = "auto"

func (b *Bins) String() string {
	if *b == Auto {
		return autoText
	}
	return strconv.Itoa(int(*b))
}

// Set reads a number or "auto".
func (b *Bins) Set(s string) error {
	if s == autoText {
		*b = Auto
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n == int(Auto) {
		return &algo.ParamError{Name: "bins", Value: s, Want: wantBins}
	}
	*b = Bins(n)
	return nil
}

// Type is what help calls the values.
func (b *Bins) Type() string { return "N|" + autoText }

// mostBins is far more than any histogram is worth, and keeps sizes in bounds.
const mostBins = 1_000_000

var wantBins = fmt.Sprintf("a whole number from 2 to %d, or %s", mostBins, autoText)

// HBOS is the algorithm with its parameters.
type HBOS struct {
	Mode  Mode
	Bins  Bins    // 2 to a million, or Auto
	Alpha float64 // pyod: added to densities, so that an empty bin has a logarithm; between 0 and 1
	Tol   float64 // pyod: how many bin widths beyond the range still belong to the outermost bin; 0 to 1
}

// Default returns PyOD's defaults.
func Default() HBOS { return HBOS{Mode: PyOD, Bins: 10, Alpha: 0.1, Tol: 0.5} }

// Flags declares the parameters.
func (h *HBOS) Flags(fs *pflag.FlagSet) {
	fs.StringVar((*string)(&h.Mode), "mode", string(h.Mode), "bins and scores: pyod, static (equal width) or dynamic (equal content)")
	fs.Var(&h.Bins, "bins", "bins of each column, or auto: as many as its values call for")
	fs.Float64Var(&h.Alpha, "alpha", h.Alpha, "pyod mode: what is added to densities before their logarithm is taken")
	fs.Float64Var(&h.Tol, "tol", h.Tol, "pyod mode: how many bin widths outside the range still belong to the outermost bin")
}

// Check reports a parameter that is out of its range.
func (h *HBOS) Check() error {
	switch {
	case h.Mode != PyOD && h.Mode != Static && h.Mode != Dynamic:
		return &algo.ParamError{Name: "mode", Value: h.Mode, Want: "pyod, static or dynamic"}
	case h.Bins != Auto && (h.Bins < 2 || h.Bins > mostBins):
		return &algo.ParamError{Name: "bins", Value: int(h.Bins), Want: wantBins}
	case !(h.Alpha > 0 && h.Alpha < 1):
		return &algo.ParamError{Name: "alpha", Value: h.Alpha, Want: "above 0 and below 1"}
	case !(h.Tol >= 0 && h.Tol <= 1):
		return &algo.ParamError{Name: "tol", Value: h.Tol, Want: "0 to 1"}
	}
	return nil
}

// sorts tells whether bins are made from sorted columns.
func (h *HBOS) sorts() bool { return h.Mode == Dynamic || h.Bins == Auto }

// Bytes counts scores and shares, the histograms and their sums for each
// chunk of rows, and a sorted column for each worker where bins need that.
func (h *HBOS) Bytes(n, distinct, d, workers int) int64 {
	bins := int64(h.Bins)
	if h.Bins == Auto {
		bins = int64(math.Sqrt(float64(n)))
	}
	total := bins * int64(d)
	chunks := 1 + int64(n)/max(chunkRows, 2*lanes*total)
	need := (9*int64(d)+13)*int64(n) + (160+16*lanes*chunks)*total
	if h.sorts() {
		need += 32 * int64(n) * int64(min(workers, d))
	}
	return need + 1<<17
}

// Fit makes the histograms of x and scores its rows by them. The result has
// the share of each column in Columns ("share_NAME"), the histograms in
// Tables ("bins"), and a Model that is an Explainer and an Updater.
//
// The score is the sum of the shares in the order of the columns, with the
// rounding errors carried along, so that rows with the same shares in
// different columns have equal scores.
func (h *HBOS) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	r := newResult(x)
	hists, places, warnings, err := h.histograms(ctx, x, env)
	if err != nil {
		return nil, err
	}
	m := newModel(h.Mode, h.Tol, h.Alpha, x.Names, hists)
	env.Step(2, 3)
	if err := m.judge(ctx, x, r, places, env.NumWorkers()); err != nil {
		return nil, err
	}
	env.Step(3, 3)
	r.Tables = []*features.Table{m.State()}
	r.Stats = m.stats(r.Scores)
	r.Warnings = append(warnings, m.warnings()...)
	return r, nil
}

package loda

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/internal/tail"

	"github.com/spf13/pflag"
)

// Algorithm is LODA.
var Algorithm = &algo.Algorithm{
	Name: "loda",
	Doc: `LODA: how rare a row is on random directions, each with a histogram

Each direction is a sum of the square root of the number of columns, drawn at
random and weighed at random. A row's score is the mean over the directions of
-ln of the part of the samples in its bin. Sees what is rare in a few columns
together, keeps only the bins, and can learn on from further rows; blunt where
columns have long tails: --scale log1p,standard.`,
	Refs: []string{
		"Pevný: Loda: Lightweight on-line detector of anomalies. Machine Learning 102, 2016. doi:10.1007/s10994-015-5521-0",
	},
	Cost:    "O(n·projections·√d) time in three passes, and a sort of each column for the reasons; 8·n bytes for scores, 32·n a worker, 16 a bin",
	Gives:   algo.Scores,
	Score:   "the mean over the projections of -ln of the part of the samples in the row's bin",
	Updates: true,
	New:     func() algo.Method { l := Default(); return &l },
	Load:    load,
}

// LODA is the algorithm with its parameters.
type LODA struct {
	Projections int // 1 to a million
	Bins        int // of each projection; 2 to a million
}

// Default returns 100 projections of 10 bins.
func Default() LODA { return LODA{Projections: 100, Bins: 10} }

// Flags declares the parameters.
func (l *LODA) Flags(fs *pflag.FlagSet) {
	fs.IntVar(&l.Projections, "projections", l.Projections, "random directions")
	fs.IntVar(&l.Bins, "bins", l.Bins, "bins of each direction's histogram")
}

// most is far more than anything is worth, and keeps sizes in bounds.
const most = 1_000_000

// Check reports a parameter that is out of its range.
func (l *LODA) Check() error {
	switch {
	case l.Projections < 1 || l.Projections > most:
		return &algo.ParamError{Name: "projections", Value: l.Projections, Want: fmt.Sprintf("1 to %d", most)}
	case l.Bins < 2 || l.Bins > most:
		return &algo.ParamError{Name: "bins", Value: l.Bins, Want: fmt.Sprintf("2 to %d", most)}
	}
	return nil
}

// Bytes counts scores, the bins and their sums for each chunk of rows, the
// directions, and a sorted column for each worker.
func (l *LODA) Bytes(n, distinct, d, workers int) int64 {
	bins := int64(l.Projections) * int64(l.Bins)
	chunks := 1 + int64(n)/int64(chunkRows(int(bins)))
	directions := 16*int64(l.Projections)*int64(columnsOf(d)) + 8*int64(d)
	return 8*int64(n) + 8*bins*(chunks+2) + directions + (32*int64(n)+1<<16)*int64(min(workers, d))
}

// Fit draws the directions, counts x into their bins, and scores its rows.
// The result has a Model that is an Explainer and an Updater.
func (l *LODA) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	n, d := x.Dims()
	workers := env.NumWorkers()
	m := &Model{names: slices.Clone(x.Names), directions: draw(env, l.Projections, d)}
	lo, hi, err := m.ranges(ctx, x, workers)
	if err != nil {
		return nil, err
	}
	env.Step(1, 4)
	first := make([]*histogram, l.Projections)
	for p := range first {
		if math.IsInf(hi[p]-lo[p], 0) || math.IsNaN(hi[p]-lo[p]) {
			return nil, errors.New("sums of the columns are too large for numbers: scale them first")
		}
		first[p] = newHistogram(lo[p], hi[p], l.Bins)
	}
	hists, err := m.counted(ctx, x, first, workers)
	if err != nil {
		return nil, err
	}
	m.hists.Store(&hists)
	env.Step(2, 4)
	if m.low, m.high, err = tail.Ordinary(ctx, x, workers); err != nil {
		return nil, err
	}
	env.Step(3, 4)
	r := &algo.Result{Scores: make([]float64, n), Model: m}
	if err := m.judge(ctx, x, r.Scores, workers); err != nil {
		return nil, err
	}
	env.Step(4, 4)
	least, most := r.Scores[0], r.Scores[0]
	for _, s := range r.Scores {
		least, most = min(least, s), max(most, s)
	}
	r.Stats = []algo.Stat{{Name: "min_score", Value: least}, {Name: "max_score", Value: most}}
	if unused := m.unused(); unused != nil {
		r.Warnings = append(r.Warnings, fmt.Errorf("columns in none of the directions: %s: take more --projections", strings.Join(unused, ", ")))
	}
	return r, nil
}

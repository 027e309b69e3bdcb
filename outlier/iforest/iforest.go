package iforest

import (
	"context"
	"errors"
	"fmt"
	"math"

	"toolkit/algo"
	"toolkit/features"

	"github.com/spf13/pflag"
)

// Algorithm is the Isolation Forest.
var Algorithm = &algo.Algorithm{
	Name: "iforest",
	Doc: `Isolation Forest: how few random splits part a row from the others

Each tree takes a small sample of the rows and splits it at random values of
random columns until rows are alone. Strange rows are alone soon: the shorter
a row's mean path through the trees, the higher its score. Needs no distances
and no scaling, and sees rows that are strange in several columns together.

--extension 1 or more splits by random planes through that many columns more,
which sees what lies between clusters but depends on the columns' scales:
scale first.`,
	Refs: []string{
		"Liu, Ting, Zhou: Isolation Forest. ICDM 2008. doi:10.1109/ICDM.2008.17",
		"Liu, Ting, Zhou: Isolation-Based Anomaly Detection. ACM TKDD 6(1), 2012. doi:10.1145/2133360.2133363",
		"Hariri, Carrasco Kind, Brunner: Extended Isolation Forest. IEEE TKDE 33(4), 2021. doi:10.1109/TKDE.2019.2947676",
	},
	Cost:  "O(n·d) time for finding the distinct rows and O(distinct·trees·log sample) for their scores; (8·d+80)·distinct + 12·n bytes, and up to 300·trees·sample for the trees",
	Gives: algo.Scores,
	Score: "2 to the power of −path/c, where path is the row's mean path through the trees and c that of a search without success in a binary tree of the sample: 0.5 is ordinary, near 1 is alone at once.",
	New:   func() algo.Method { f := Default(); return &f },
	Load:  load,
}

// IForest is the algorithm with its parameters.
type IForest struct {
	Trees     int // how many; at least 1
	Sample    int // samples that each tree is grown from; at least 2
	Extension int // columns of a split besides the first; 0 for splits of one column
}

// Default returns the papers' defaults.
func Default() IForest { return IForest{Trees: 100, Sample: 256} }

// Flags declares the parameters.
func (f *IForest) Flags(fs *pflag.FlagSet) {
	fs.IntVar(&f.Trees, "trees", f.Trees, "trees of the forest")
	fs.IntVar(&f.Sample, "sample", f.Sample, "samples that each tree is grown from, without replacement: all of them if there are fewer")
	fs.IntVar(&f.Extension, "extension", f.Extension, "columns that a split is made by besides the first: 0 for the standard forest, at most the columns less 1")
}

// The largest parameters keep node numbers and sizes in bounds.
const (
	mostTrees  = 1_000_000
	mostSample = 1 << 24
)

// Check reports a parameter that is out of its range.
func (f *IForest) Check() error {
	switch {
	case f.Trees < 1 || f.Trees > mostTrees:
		return &algo.ParamError{Name: "trees", Value: f.Trees, Want: fmt.Sprintf("1 to %d", mostTrees)}
	case f.Sample < 2 || f.Sample > mostSample:
		return &algo.ParamError{Name: "sample", Value: f.Sample, Want: fmt.Sprintf("2 to %d", mostSample)}
	case f.Extension < 0:
		return &algo.ParamError{Name: "extension", Value: f.Extension, Want: "0 to the number of columns less 1"}
	}
	return nil
}

// Bytes counts the distinct rows while they are found, scores, and trees of
// full samples, which grow by a quarter at a time: how many samples the rows
// stand for is not known.
func (f *IForest) Bytes(n, distinct, d, workers int) int64 {
	terms := int64(min(f.Extension+1, d))
	tree := 2 * int64(f.Sample) * (40 + 24*terms) * 5 / 4
	growing := int64(f.Sample) * int64(8*d+32)
	return int64(distinct)*int64(8*d+80) + 12*int64(n) + int64(f.Trees)*tree + int64(workers)*growing + 1<<19
}

// Fit grows the trees from samples of x and scores its rows by them. The
// result has a Model that is an Explainer, and its stats say from how many
// samples each tree was grown.
//
// Samples are drawn by their rank among all samples in the order of their
// values: the trees depend neither on the order of rows nor on weights
// against repetition. Weights that don't sum to a whole number count as if
// the samples, rounded to a whole number, lay evenly in them.
func (f *IForest) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	_, d := x.Dims()
	if f.Extension >= d {
		return nil, &algo.ParamError{Name: "extension", Value: f.Extension, Want: fmt.Sprintf("0 to %d, the number of columns less 1", d-1)}
	}
	c := features.Collapse(x)
	env.Step(1, 3)
	m, err := f.grow(ctx, c, env)
	if err != nil {
		return nil, err
	}
	env.Step(2, 3)
	scores, err := m.scores(ctx, &c.Matrix, env.NumWorkers())
	if err != nil {
		return nil, err
	}
	r := &algo.Result{Scores: make([]float64, len(c.Of)), Model: m}
	for i, g := range c.Of {
		r.Scores[i] = scores[g]
	}
	env.Step(3, 3)
	least, most := math.Inf(1), math.Inf(-1)
	for _, s := range scores {
		least, most = min(least, s), max(most, s)
	}
	r.Stats = []algo.Stat{
		{Name: "sample", Value: float64(m.sample)},
		{Name: "nodes", Value: float64(m.forest.Nodes())},
		{Name: "min_score", Value: least},
		{Name: "max_score", Value: most},
	}
	if len(c.Row) == 1 {
		r.Warnings = []error{errors.New("all rows are equal: their scores say nothing")}
	}
	return r, nil
}

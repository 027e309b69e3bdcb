package hst

import (
	"context"
	"fmt"
	"math"

	"toolkit/algo"
	"toolkit/features"

	"github.com/spf13/pflag"
)

// Algorithm is the streaming half-space trees.
var Algorithm = &algo.Algorithm{
	Name: "hst",
	Doc: `Half-space trees: how few samples share a row's part of halved space, on and on

Each tree halves space again and again, in the middle of columns drawn at
random, whatever the data is; a row is strange where few samples are. As the
trees don't depend on the data, the model learns on from a stream at next to no
cost: samples are counted in windows, and each full window takes the place of
the one before.

Learning from a table counts all of its rows as one window. Space is the range
of the columns: with long tails only extreme rows are told apart, with
--scale log1p those of the bulk as well.`,
	Refs: []string{
		"Tan, Ting, Liu: Fast Anomaly Detection for Streaming Data. IJCAI 2011. doi:10.5591/978-1-57735-516-8/IJCAI11-254",
	},
	Cost:    "O(n·d) time for finding the distinct rows and O(distinct·trees·depth) for counting them; 12·n + (8·d+80)·distinct bytes; learning on, O(window·trees·depth) for a block of any size",
	Gives:   algo.Scores,
	Score:   "How often space would have to be halved from the part of the fullest possible to that of the row, in bits: log2((1+2^depth)/(1+density)), where density is the mean over the trees of the samples in the row's part, against an even spread.",
	Updates: true,
	New:     func() algo.Method { h := Default(); return &h },
	Load:    load,
}

// HST is the algorithm with its parameters.
type HST struct {
	Trees  int // how many; at least 1
	Depth  int // how often space is halved at most; 1 to 40
	Window int // samples after which a model that learns on judges by them; at least 1
}

// Default returns the paper's parameters.
func Default() HST { return HST{Trees: 25, Depth: 15, Window: 250} }

// sizeLimit is the share of the window's samples in a part of space up to
// which it is not halved further, the paper's.
const sizeLimit = 0.1

// Flags declares the parameters.
func (h *HST) Flags(fs *pflag.FlagSet) {
	fs.IntVar(&h.Trees, "trees", h.Trees, "trees")
	fs.IntVar(&h.Depth, "depth", h.Depth, "how often a tree halves space at most")
	fs.IntVar(&h.Window, "window", h.Window, "samples of a window, for a model that learns on")
}

// The largest parameters: a number of a node has a bit a level.
const (
	mostTrees  = 1_000_000
	mostDepth  = 40
	mostWindow = 1 << 30
)

// Check reports a parameter that is out of its range.
func (h *HST) Check() error {
	switch {
	case h.Trees < 1 || h.Trees > mostTrees:
		return &algo.ParamError{Name: "trees", Value: h.Trees, Want: fmt.Sprintf("1 to %d", mostTrees)}
	case h.Depth < 1 || h.Depth > mostDepth:
		return &algo.ParamError{Name: "depth", Value: h.Depth, Want: fmt.Sprintf("1 to %d", mostDepth)}
	case h.Window < 1 || h.Window > mostWindow:
		return &algo.ParamError{Name: "window", Value: h.Window, Want: fmt.Sprintf("1 to %d", mostWindow)}
	}
	return nil
}

// Bytes counts the distinct rows while they are found, their order in each
// worker's tree, scores, and the trees: a level has at most 1/sizeLimit parts
// that are halved.
func (h *HST) Bytes(n, distinct, d, workers int) int64 {
	nodes := int64(min(1<<min(h.Depth, 30), h.Depth*int(2/sizeLimit)))
	scored := 12*int64(n) + int64(distinct)*int64(8*d+24+4*workers) + 100*int64(h.Trees)*nodes
	return max(features.CollapseBytes(n, distinct, d)+8*int64(distinct), scored) + 1<<16
}

// Fit counts the rows of x in the trees, all as one window, and scores them
// by it: neither their order nor the size of the window matters. The result
// has a Model that is an Explainer and an Updater.
func (h *HST) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := features.Collapse(x)
	m, err := newModel(*h, env.Seed, &c.Matrix)
	if err != nil {
		return nil, err
	}
	env.Step(1, 3)
	if m.forest, err = m.count(ctx, &c.Matrix, env.NumWorkers()); err != nil {
		return nil, err
	}
	env.Step(2, 3)
	distinct, err := m.scores(ctx, m.forest, &c.Matrix, env.NumWorkers())
	if err != nil {
		return nil, err
	}
	scores := make([]float64, len(c.Of))
	for i, g := range c.Of {
		scores[i] = distinct[g]
	}
	env.Step(3, 3)
	least, most := math.Inf(1), math.Inf(-1)
	for _, s := range distinct {
		least, most = min(least, s), max(most, s)
	}
	return &algo.Result{Scores: scores, Model: m, Stats: []algo.Stat{
		{Name: "nodes", Value: float64(m.forest.Nodes())},
		{Name: "min_score", Value: least},
		{Name: "max_score", Value: most},
	}}, nil
}

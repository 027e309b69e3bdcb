package main

import (
	"context"
	"fmt"
	"slices"

	"toolkit/algo"
	"toolkit/evaluate"
	"toolkit/features"

	"github.com/spf13/pflag"
)

// noScores is --internal-scores of no scores.
const noScores = "none"

// shapeHow are the ways by what --internal-scores calls them; the first is the
// default.
var shapeHow = []struct {
	name string
	how  evaluate.How
}{
	{"auto", evaluate.Auto},
	{"exact", evaluate.Exact},
	{"simplified", evaluate.Simplified},
	{"full", evaluate.Full},
}

// shapeFlag declares --internal-scores, of clusterings.
func (l *learnFlags) shapeFlag(fs *pflag.FlagSet) {
	fs.StringVar(&l.shapes, "internal-scores", l.shapes, "silhouette, DBCV, Calinski-Harabasz and Davies-Bouldin of the clusters: with silhouettes that are exact (and DBCV where that takes seconds), full (with DBCV however long it takes), simplified (distances to centres, without DBCV), or auto: exact if that is a matter of a second; or "+noScores)
}

func (l *learnFlags) checkShapes() error {
	if _, ok := l.how(); !ok && l.shapes != noScores {
		return &algo.ParamError{Name: "internal-scores", Value: l.shapes, Want: "auto, exact, full, simplified or " + noScores}
	}
	return nil
}

func (l *learnFlags) how() (evaluate.How, bool) {
	for _, h := range shapeHow {
		if h.name == l.shapes {
			return h.how, true
		}
	}
	return 0, false
}

// internal returns the internal scores of the clusters that the job has found,
// in the space that its algorithm looked for them; nil if they are not wanted,
// would take too much memory, or a model is applied.
func (j *job) internal(ctx context.Context, res *algo.Result, env algo.Env) (*evaluate.Internal, error) {
	how, ok := j.flags.how()
	if !ok || res.Labels == nil || j.chain == nil {
		return nil, nil
	}
	n, d := j.matrix.Dims()
	if need := evaluate.InternalBytes(n, d) + 8*int64(n)*int64(d); env.Memory > 0 && need > env.Memory {
		res.Warnings = append(res.Warnings, fmt.Errorf("no internal scores: %w", &algo.MemoryError{Need: need, Limit: env.Memory}))
		return nil, nil
	}
	x, err := j.space(ctx, env)
	if err != nil {
		return nil, err
	}
	return evaluate.InternalScores(ctx, x, res.Labels, how, env.NumWorkers())
}

// space returns the matrix that the last step of the job's chain learns from.
func (j *job) space(ctx context.Context, env algo.Env) (*features.Matrix, error) {
	steps := j.chain.Steps
	if len(steps) == 1 {
		return j.matrix, nil
	}
	env.Progress = nil
	r, err := algo.Fit(ctx, algo.NewChain(slices.Clone(steps[:len(steps)-1])...), j.matrix, env)
	if err != nil {
		return nil, err
	}
	return j.matrix.With(r.Axes, r.Coords), nil
}

package sweep

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"toolkit/algo"
	"toolkit/evaluate"
	"toolkit/evaluate/stability"
	"toolkit/features"
)

// Options say how settings are tried.
type Options struct {
	Before     func() ([]algo.Step, error) // what is done to columns first: scalers
	Seeds      int                         // how many other seeds each setting is tried with
	Subsamples int                         // how many subsamples each setting is tried on
	Share      float64                     // of the rows that a subsample has
	Env        algo.Env                    // Workers is how many settings are tried at once

	// Known returns the outcome of a setting that was tried before, nil if it
	// was not; it may be nil. Done is told of each that is now, by one
	// goroutine at a time.
	Known func(i int, s Setting) *Outcome
	Done  func(i int, o *Outcome) error
}

// An Outcome is what came of a setting. What the algorithm does not give is
// NaN, or nil.
type Outcome struct {
	Setting Setting
	Refused string // why the algorithm would not do it on this table; "" if it did

	Clusters     float64
	NoiseShare   float64 // of the samples
	LargestShare float64 // of the samples, that of the largest cluster
	Stats        []algo.Stat

	// Stability is the mean agreement of the result with those of other seeds,
	// and of subsamples: the adjusted Rand index of labels, or, without
	// labels, the rank correlation of scores.
	SeedStability      float64
	SubsampleStability float64

	Labels []int32   // by row of the matrix
	Scores []float64 // by row of the matrix
	weight []float64 // of the rows
}

// Stat returns the first of the named stats that there is, else NaN.
func (o *Outcome) Stat(names ...string) float64 {
	for _, name := range names {
		for _, s := range o.Stats {
			if s.Name == name {
				return s.Value
			}
		}
	}
	return math.NaN()
}

// Run tries the settings on x and returns their outcomes, in order: the same
// for any number of workers.
func Run(ctx context.Context, settings []Setting, x *features.Matrix, o Options) ([]*Outcome, error) {
	space, err := o.space(ctx, x)
	if err != nil {
		return nil, err
	}
	outcomes := make([]*Outcome, len(settings))
	errs := make([]error, len(settings))
	var mu sync.Mutex
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := int64(0)
	err = algo.Each(ctx, o.Env.NumWorkers(), len(settings), func(i int) {
		var out *Outcome
		if o.Known != nil {
			mu.Lock()
			out = o.Known(i, settings[i])
			mu.Unlock()
		}
		known := out != nil
		if !known {
			if out, errs[i] = try(ctx, settings[i], x, space, o); errs[i] != nil {
				cancel()
				return
			}
		}
		out.weight = x.Weight
		mu.Lock()
		defer mu.Unlock()
		outcomes[i] = out
		if !known && o.Done != nil {
			if errs[i] = o.Done(i, out); errs[i] != nil {
				cancel()
				return
			}
		}
		done++
		o.Env.Step(done, int64(len(settings)))
	})
	for _, e := range errs {
		if e != nil && !errors.Is(e, context.Canceled) {
			return nil, e
		}
	}
	return outcomes, err
}

// space returns x as the algorithms learn from it, behind the scalers.
func (o *Options) space(ctx context.Context, x *features.Matrix) (*features.Matrix, error) {
	if o.Before == nil {
		return x, nil
	}
	x, text := x.Split()
	if text != nil { // algorithms that take it give scores, and nothing is asked of the space
		return x, nil
	}
	steps, err := o.Before()
	if err != nil || len(steps) == 0 {
		return x, err
	}
	env := o.Env
	env.Progress = nil
	r, err := algo.Fit(ctx, algo.NewChain(steps...), x, env)
	if err != nil {
		return nil, err
	}
	return x.With(r.Axes, r.Coords), nil
}

// try fits one setting, and again for its stability. Its internal scores are
// of x behind the scalers, in space.
func try(ctx context.Context, s Setting, x, space *features.Matrix, o Options) (*Outcome, error) {
	env := o.Env
	env.Workers, env.Progress = 1, nil
	out := &Outcome{Setting: s, Clusters: math.NaN(), NoiseShare: math.NaN(), LargestShare: math.NaN(), SeedStability: math.NaN(), SubsampleStability: math.NaN()}
	r, err := fit(ctx, s, x, o, env)
	if err != nil {
		if stability.Refused(err) {
			out.Refused = err.Error()
			return out, nil
		}
		return nil, err
	}
	out.Labels, out.Scores, out.Stats = r.Labels, r.Scores, r.Stats
	out.shares(x)
	if r.Labels != nil {
		in, err := evaluate.InternalScores(ctx, space, r.Labels, evaluate.Auto, 1)
		if err != nil {
			return nil, err
		}
		out.Stats = append(in.Stats(), out.Stats...)
	}

	again := func(ctx context.Context, x *features.Matrix, env algo.Env) (*stability.Verdict, error) {
		r, err := fit(ctx, s, x, o, env)
		if err != nil {
			return nil, err
		}
		return (&Outcome{Labels: r.Labels, Scores: r.Scores}).verdict(), nil
	}
	holds, err := stability.Measure(ctx, x, out.verdict(), again, stability.Options{Seeds: o.Seeds, Subsamples: o.Subsamples, Share: o.Share, Env: env})
	if err != nil {
		return nil, err
	}
	out.SeedStability, _ = stability.Mean(holds.Seeds, stability.Agreement.Value)
	out.SubsampleStability, _ = stability.Mean(holds.Subsamples, stability.Agreement.Value)
	return out, nil
}

// verdict is what outcomes are compared by: labels, or scores where there are
// none.
func (o *Outcome) verdict() *stability.Verdict {
	if o.Labels != nil {
		return &stability.Verdict{Labels: o.Labels}
	}
	return &stability.Verdict{Scores: o.Scores}
}

func fit(ctx context.Context, s Setting, x *features.Matrix, o Options, env algo.Env) (*algo.Result, error) {
	m, err := s.Method()
	if err != nil {
		return nil, err
	}
	var steps []algo.Step
	if o.Before != nil {
		if steps, err = o.Before(); err != nil {
			return nil, err
		}
	}
	return algo.Fit(ctx, algo.NewChain(append(steps, algo.Step{Algorithm: s.Algorithm, Method: m})...), x, env)
}

// shares counts clusters and the samples in them.
func (out *Outcome) shares(x *features.Matrix) {
	if out.Labels == nil {
		return
	}
	var size []float64
	var noise float64
	for i, l := range out.Labels {
		if l < 0 {
			noise += x.W(i)
			continue
		}
		for int(l) >= len(size) {
			size = append(size, 0)
		}
		size[l] += x.W(i)
	}
	all := x.Samples()
	out.Clusters, out.NoiseShare, out.LargestShare = float64(len(size)), noise/all, 0
	if len(size) > 0 {
		out.LargestShare = slices.Max(size) / all
	}
}

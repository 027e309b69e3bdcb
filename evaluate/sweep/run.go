package sweep

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"toolkit/algo"
	"toolkit/evaluate"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
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
		if refused(err) {
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

	var agree []float64
	for i := range o.Seeds {
		other := env
		other.Seed = env.Rand("sweep/seed", i).Uint64()
		again, err := fit(ctx, s, x, o, other)
		if err != nil {
			return nil, err
		}
		agree = append(agree, agreement(r, again, nil, x.Weight))
	}
	out.SeedStability = mean(agree)

	agree = nil
	for i := range o.Subsamples {
		rows := subsample(env, i, x, o.Share)
		again, err := fit(ctx, s, take(x, rows), o, env)
		if refused(err) {
			continue // too few rows for the setting
		}
		if err != nil {
			return nil, err
		}
		agree = append(agree, agreement(r, again, rows, x.Weight))
	}
	out.SubsampleStability = mean(agree)
	return out, nil
}

// refused tells whether an error is the algorithm's of these parameters on
// this table, and not of the whole sweep.
func refused(err error) bool {
	var param *algo.ParamError
	var memory *algo.MemoryError
	return errors.As(err, &param) || errors.As(err, &memory)
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

// subsample returns a share of the rows, drawn without replacement, in order.
func subsample(env algo.Env, i int, x *features.Matrix, share float64) []int {
	n, _ := x.Dims()
	rows := env.Rand("sweep/subsample", i).Perm(n)[:max(1, int(share*float64(n)))]
	slices.Sort(rows)
	return rows
}

func take(x *features.Matrix, rows []int) *features.Matrix {
	_, d := x.Dims()
	y := &features.Matrix{Names: x.Names, X: mat.NewDense(len(rows), d, nil)}
	for k, i := range rows {
		y.X.SetRow(k, x.X.RawRowView(i))
		y.Row = append(y.Row, x.TableRow(i))
		if x.Weight != nil {
			y.Weight = append(y.Weight, x.Weight[i])
		}
	}
	return y
}

// agreement compares a result with one of the given rows only, of all if rows
// is nil.
func agreement(whole, part *algo.Result, rows []int, weight []float64) float64 {
	if whole.Labels != nil {
		return evaluate.WeightedARI(pick(whole.Labels, rows), part.Labels, pick(weight, rows))
	}
	if whole.Scores != nil {
		return rankCorrelation(pick(whole.Scores, rows), part.Scores)
	}
	return math.NaN()
}

func pick[T any](v []T, rows []int) []T {
	if rows == nil || v == nil {
		return v
	}
	p := make([]T, len(rows))
	for k, i := range rows {
		p[k] = v[i]
	}
	return p
}

func mean(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	var s float64
	for _, x := range v {
		s += x
	}
	return s / float64(len(v))
}

// rankCorrelation is Spearman's, with mid-ranks for ties; NaN if one of the
// two is constant.
func rankCorrelation(a, b []float64) float64 {
	x, y := ranks(a), ranks(b)
	m := float64(len(a)+1) / 2
	var xy, xx, yy float64
	for i := range x {
		dx, dy := x[i]-m, y[i]-m
		xy += dx * dy
		xx += dx * dx
		yy += dy * dy
	}
	if xx == 0 || yy == 0 {
		return math.NaN()
	}
	return xy / math.Sqrt(xx*yy)
}

func ranks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(v[i], v[j]), cmp.Compare(i, j)) })
	r := make([]float64, len(v))
	for lo := 0; lo < len(order); {
		hi := lo
		for hi < len(order) && v[order[hi]] == v[order[lo]] {
			hi++
		}
		for _, i := range order[lo:hi] {
			r[i] = float64(lo+hi+1) / 2
		}
		lo = hi
	}
	return r
}

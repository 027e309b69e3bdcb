package kmeans

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"toolkit/algo"
	"toolkit/features"
)

// Fit implements algo.Method.
func (m *Method) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows := features.Collapse(x)
	from, to, warning, err := m.clusters(x, rows)
	if err != nil {
		return nil, err
	}
	a, err := newData(rows)
	if err != nil {
		return nil, err
	}
	c, err := m.search(ctx, a, from, to, env)
	if err != nil {
		return nil, err
	}
	res := &algo.Result{}
	if warning != nil {
		res.Warnings = append(res.Warnings, warning)
	}
	if c.warning != nil {
		res.Warnings = append(res.Warnings, c.warning)
	}
	best := c.fits[c.chosen]
	if !best.converged {
		res.Warnings = append(res.Warnings, fmt.Errorf("k = %d: the centres still moved after %d iterations: raise --max-iter", best.k, best.moves))
	}
	crew := newCrew(env.NumWorkers())
	defer crew.dismiss()
	model, labels, distances := best.number(a, x.Names, rows.Of, crew)
	res.Model = model
	res.Labels, res.Scores = make([]int32, len(rows.Of)), make([]float64, len(rows.Of))
	for i, g := range rows.Of {
		res.Labels[i], res.Scores[i] = labels[g], distances[g]
	}
	if k := len(model.samples); k < best.k {
		res.Warnings = append(res.Warnings, fmt.Errorf("k = %d: only %d clusters have rows", best.k, k))
	}
	res.Stats = []algo.Stat{
		{Name: "k", Value: float64(best.k)},
		{Name: "clusters", Value: float64(len(model.samples))},
		{Name: "inertia", Value: best.inertia},
		{Name: "mean_distance", Value: best.meanDistance},
		{Name: "iterations", Value: float64(best.moves)},
		{Name: "samples", Value: a.total},
		{Name: "distinct", Value: float64(a.n)},
	}
	if len(c.fits) > 1 {
		res.Stats = append(res.Stats, c.stats()...)
		res.Tables = append(res.Tables, c.table(m.Choose))
	}
	res.Tables = append(res.Tables, model.State())
	return res, nil
}

// clusters returns the least and the greatest number of clusters to fit.
func (m *Method) clusters(x *features.Matrix, rows *features.Collapsed) (from, to int, warning, err error) {
	n, _ := x.Dims()
	distinct, _ := rows.Dims()
	if m.K == (K{}) {
		return 1, min(AutoMax, distinct), nil, nil
	}
	// A row of weight 3 is three rows; one of weight 0.1 is still one.
	if most := max(float64(n), math.Floor(x.Samples())); float64(m.K.Max) > most {
		return 0, 0, nil, &algo.ParamError{Name: "k", Value: m.K, Want: fmt.Sprintf("at most %.0f, the number of rows", most)}
	}
	if m.K.Max > distinct {
		warning = fmt.Errorf("k = %v is more than the %d distinct rows: fitted with at most %d clusters", m.K, distinct, distinct)
	}
	return min(m.K.Min, distinct), min(m.K.Max, distinct), warning, nil
}

// A fit is what a run came to.
type fit struct {
	k, moves     int
	converged    bool
	centres      []float64
	inertia      float64
	meanDistance float64
}

// fitAll returns for each number of clusters the best start, bettered by
// breathing. Its random numbers are those of the name.
func (m *Method) fitAll(ctx context.Context, a *data, from, to int, name string, env algo.Env) ([]*fit, error) {
	type task struct{ k, i int }
	var starts []task
	for k := from; k <= to; k++ {
		n := m.NInit
		if k == 1 {
			n = 1 // all starts end at the mean
		}
		for i := range n {
			starts = append(starts, task{k, i})
		}
	}
	best := make([]*fit, to-from+1)
	all := make([]*fit, len(starts))
	total := len(starts) + len(best)
	err := share(env, len(starts), 0, total, func(i int, c *crew) (err error) {
		k := starts[i].k
		all[i], err = m.start(ctx, a, k, env.Rand(fmt.Sprintf("%s k=%d", name, k), starts[i].i), c)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if b := &best[f.k-from]; *b == nil || f.inertia < (*b).inertia {
			*b = f
		}
	}
	err = share(env, len(best), len(starts), total, func(i int, c *crew) (err error) {
		best[i], err = m.better(ctx, a, best[i], name, env, c)
		return err
	})
	return best, err
}

// better breathes for as long as the parameters say.
func (m *Method) better(ctx context.Context, a *data, f *fit, name string, env algo.Env, c *crew) (*fit, error) {
	r := newRun(a, breadth(f.k, a.n), c)
	rng := env.Rand(fmt.Sprintf("%s k=%d breaths", name, f.k), 0)
	return r.breathe(ctx, rng, f, m.MaxIter, m.Tol*a.variance, max(1, 3*m.NInit/10))
}

// start makes a start with k clusters.
func (m *Method) start(ctx context.Context, a *data, k int, rng *rand.Rand, c *crew) (*fit, error) {
	r := newRun(a, k, c)
	seed := r.seedPlusPlus
	switch m.Init {
	case Random:
		seed = r.seedRandom
	case Parallel:
		seed = r.seedParallel
	}
	if err := seed(ctx, rng); err != nil {
		return nil, err
	}
	return r.settle(ctx, min(startMoves, m.MaxIter), m.Tol*a.variance)
}

// number makes a model of the centres that are nearest to any of the rows,
// clusters numbered by their first row in the whole matrix, whose row i is
// the distinct row of[i]. It returns the labels and distances of the distinct
// rows.
func (f *fit) number(a *data, names []string, of []int32, c *crew) (m *Model, labels []int32, distances []float64) {
	m = newModel(names, f.centres, make([]float64, f.k))
	labels, distances = make([]int32, a.n), make([]float64, a.n)
	c.do((a.n+minChunk-1)/minChunk, func(chunk int) {
		for i := chunk * minChunk; i < min((chunk+1)*minChunk, a.n); i++ {
			label, sq := m.judge(a.row(i))
			labels[i], distances[i] = label, math.Sqrt(sq)
		}
	})
	number := make([]int32, f.k)
	for c := range number {
		number[c] = -1
	}
	var centres []float64
	k := 0
	for _, g := range of {
		if l := labels[g]; number[l] < 0 {
			number[l] = int32(k)
			centres = append(centres, m.centre(l)...)
			k++
		}
	}
	samples := make([]float64, k)
	for i, l := range labels {
		labels[i] = number[l]
		samples[labels[i]] += a.w[i]
	}
	return newModel(names, centres, samples), labels, distances
}

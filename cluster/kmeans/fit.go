package kmeans

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

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
	fits, err := m.fitAll(ctx, a, from, to, env)
	if err != nil {
		return nil, err
	}
	res := &algo.Result{}
	if warning != nil {
		res.Warnings = append(res.Warnings, warning)
	}
	inertia := make([]float64, len(fits))
	for i, f := range fits {
		inertia[i] = f.inertia
	}
	chosen := 0
	if len(fits) > 1 {
		var ok bool
		if chosen, ok = elbow(inertia); !ok {
			res.Warnings = append(res.Warnings, fmt.Errorf("no elbow: the inertia falls evenly or not at all over k = %d..%d, so the least k is taken; choose --k", from, to))
		}
	}
	best := fits[chosen]
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
	if len(fits) > 1 {
		res.Tables = append(res.Tables, elbowTable(fits, chosen))
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
// breathing. Starts, and then breathings, are shared
// out among the workers; if there are more workers than those, each
// has several.
func (m *Method) fitAll(ctx context.Context, a *data, from, to int, env algo.Env) ([]*fit, error) {
	var starts []func(c *crew) (*fit, error)
	for k := from; k <= to; k++ {
		n := m.NInit
		if k == 1 {
			n = 1 // all starts end at the mean
		}
		for i := range n {
			starts = append(starts, func(c *crew) (*fit, error) { return m.start(ctx, a, k, i, c, env) })
		}
	}
	best := make([]*fit, to-from+1)
	var done atomic.Int64
	var mu sync.Mutex
	total := int64(len(starts) + len(best))
	// each calls do(i, crew) for i from 0 to n-1, several at once.
	each := func(n int, do func(i int, c *crew) error) error {
		atOnce := min(env.NumWorkers(), n)
		outer := newCrew(atOnce)
		defer outer.dismiss()
		var failed atomic.Pointer[error]
		outer.do(n, func(i int) {
			if failed.Load() != nil {
				return
			}
			inner := newCrew(env.NumWorkers() / atOnce)
			defer inner.dismiss()
			if err := do(i, inner); err != nil {
				failed.Store(&err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			env.Step(done.Add(1), total)
		})
		if err := failed.Load(); err != nil {
			return *err
		}
		return nil
	}
	all := make([]*fit, len(starts))
	err := each(len(starts), func(i int, c *crew) (err error) {
		all[i], err = starts[i](c)
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
	err = each(len(best), func(i int, c *crew) (err error) {
		k := from + i
		r := newRun(a, breadth(k, a.n), c)
		best[i], err = r.breathe(ctx, env.Rand(fmt.Sprintf("%s k=%d breaths", Algorithm.Name, k), 0), best[i], m.MaxIter, m.Tol*a.variance, max(1, 3*m.NInit/10))
		return err
	})
	return best, err
}

// start makes the i-th start with k clusters, which is moved a few times only.
func (m *Method) start(ctx context.Context, a *data, k, i int, c *crew, env algo.Env) (*fit, error) {
	r := newRun(a, k, c)
	rng := env.Rand(fmt.Sprintf("%s k=%d", Algorithm.Name, k), i)
	seed := r.seedPlusPlus
	if m.Init == Random {
		seed = r.seedRandom
	}
	if err := seed(ctx, rng); err != nil {
		return nil, err
	}
	return r.settle(ctx, min(shortMoves, m.MaxIter), m.Tol*a.variance)
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

func elbowTable(fits []*fit, chosen int) *features.Table {
	value := func(name string, typ features.Type, doc string) *features.Column {
		return &features.Column{Field: features.Field{Name: name, Type: typ, Role: features.Outcome, Doc: doc}}
	}
	k := value("k", features.Int, "Number of clusters.")
	k.Role, k.Unit = features.Key, features.Count
	inertia := value("inertia", features.Float, "Weighted sum of the squared distances of the rows to their centres.")
	mean := value("mean_distance", features.Float, "Weighted mean of the distances of the rows to their centres.")
	is := value("chosen", features.Bool, "Whether the result is that of this k: the elbow of the inertia.")
	is.Unit = features.Flag
	for i, f := range fits {
		k.Ints = append(k.Ints, int64(f.k))
		inertia.Floats = append(inertia.Floats, f.inertia)
		mean.Floats = append(mean.Floats, f.meanDistance)
		is.Ints = append(is.Ints, 0)
		if i == chosen {
			is.Ints[i] = 1
		}
	}
	return &features.Table{Name: "elbow", Columns: []*features.Column{k, inertia, mean, is}}
}

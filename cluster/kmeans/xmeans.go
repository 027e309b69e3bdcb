package kmeans

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"toolkit/algo"
)

// xmeans fits the least k, then splits in two those clusters whose rows are
// better explained so by the Bayesian information criterion, moves all centres,
// and so on until none is or k is to: X-means (Pelleg & Moore 2000). Of what
// it came by, it takes what the criterion says is best of all rows.
func (m *Method) xmeans(ctx context.Context, a *data, from, to int, env algo.Env) (*curve, error) {
	fits, err := m.fitAll(ctx, a, from, from, Algorithm.Name, env)
	if err != nil {
		return nil, err
	}
	c := &curve{}
	score := criterion{name: "bic", doc: "Bayesian information criterion of spherical normal clusters of one variance, as a logarithm of likelihood: the more the better."}
	crew := newCrew(env.NumWorkers())
	defer crew.dismiss()
	for f := fits[0]; ; {
		label, weight := newRun(a, f.k, crew).members(f)
		c.fits = append(c.fits, f)
		score.values = append(score.values, bic(a, f.inertia, weight))
		if n := len(c.fits) - 1; score.values[n] > score.values[c.chosen] || math.IsNaN(score.values[c.chosen]) {
			c.chosen = n
		}
		if f.k >= to {
			break
		}
		name := fmt.Sprintf("%s xmeans %d", Algorithm.Name, len(c.fits))
		centres, err := m.split(ctx, a, f, label, to, name, env)
		if err != nil {
			return nil, err
		}
		k := len(centres) / a.d
		if k == f.k {
			break
		}
		r := newRun(a, k, crew)
		copy(r.centres, centres)
		r.forget()
		if f, err = r.settle(ctx, min(breathMoves, m.MaxIter), m.Tol*a.variance); err != nil {
			return nil, err
		}
		if f, err = m.better(ctx, a, f, name, env, crew); err != nil {
			return nil, err
		}
	}
	c.criteria = []criterion{score}
	if from < to && c.fits[c.chosen].k == to {
		c.warning = fmt.Errorf("x-means: the criterion is best at the end of k = %v: with a greater one there may be more clusters", K{Min: from, Max: to})
	}
	return c, nil
}

// members returns the cluster of each row, and the weight of each cluster.
func (r *run) members(f *fit) (label []int32, weight []float64) {
	r.measure(f)
	weight = make([]float64, f.k)
	for i, l := range r.label {
		weight[l] += r.w[i]
	}
	return r.label, weight
}

// split returns the centres of f with those of clusters that should be two
// replaced by two; if that makes more than most, only where it gains most.
func (m *Method) split(ctx context.Context, a *data, f *fit, label []int32, most int, name string, env algo.Env) ([]float64, error) {
	rows := make([][]int, f.k)
	for i, l := range label {
		rows[l] = append(rows[l], i)
	}
	type halves struct {
		gain    float64
		centres []float64
	}
	parts := make([]halves, f.k)
	quiet := env
	quiet.Progress, quiet.Workers = nil, 1
	err := share(algo.Env{Workers: env.Workers}, f.k, 0, f.k, func(l int, c *crew) error {
		if len(rows[l]) < 2 {
			return nil
		}
		w := make([]float64, len(rows[l]))
		for i, g := range rows[l] {
			w[i] = a.w[g]
		}
		part, err := a.take(rows[l], w)
		if err != nil {
			return err
		}
		two, err := m.fitAll(ctx, part, 2, 2, fmt.Sprintf("%s cluster %d", name, l), quiet)
		if err != nil {
			return err
		}
		_, weight := newRun(part, 2, c).members(two[0])
		one := bic(part, part.variance*part.total*float64(part.d), []float64{part.total})
		if gain := bic(part, two[0].inertia, weight) - one; gain > 0 {
			parts[l] = halves{gain, two[0].centres}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	order := make([]int, f.k)
	for l := range order {
		order[l] = l
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(parts[y].gain, parts[x].gain) })
	for _, l := range order[min(most-f.k, f.k):] {
		parts[l].centres = nil
	}
	var centres []float64
	for l, p := range parts {
		if p.centres == nil {
			p.centres = f.centres[l*a.d : (l+1)*a.d]
		}
		centres = append(centres, p.centres...)
	}
	return centres, nil
}

// bic returns the Bayesian information criterion of clusters of those weights
// and that inertia, of normal distributions that share one variance in all
// directions (Pelleg & Moore 2000), whose likeliest value is taken without
// bias: inertia/(d·(samples-k)). It is not a number if there are not more
// samples than clusters, and +Inf if the rows are all at their centres.
func bic(a *data, inertia float64, weight []float64) float64 {
	n, d, k := a.total, float64(a.d), float64(len(weight))
	if n <= k {
		return math.NaN()
	}
	variance := inertia / (d * (n - k))
	l := -n*d/2*math.Log(2*math.Pi*variance) - (n-k)*d/2
	for _, w := range weight {
		if w > 0 {
			l += w * math.Log(w/n)
		}
	}
	parameters := (k - 1) + d*k + 1
	return l - parameters/2*math.Log(n)
}

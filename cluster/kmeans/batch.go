package kmeans

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"toolkit/algo"
)

// A plan draws samples of size distinct rows from data. Row i is in a sample
// with the chance min(1, t·s), where s is its share of the weight plus its
// share of the weighted squared distances to the mean (as in the lightweight
// coresets of Bachem, Lucic, Krause 2018), and weighs its weight over that
// chance: whatever is summed over a sample is expected to be what it is over all
// rows. A row that stands for most of the weight takes up one place of a sample,
// not most.
type plan struct {
	*data
	always []int     // rows in every sample
	others []int     // the rest, in order,
	chance []float64 // with these chances,
	upTo   []float64 // summed up
}

func (a *data) plan(size int) *plan {
	p := &plan{data: a}
	share := make([]float64, a.n)
	mean, moment := a.mean(), a.variance*a.total*float64(a.d)
	for i := range share {
		share[i] = a.w[i] / a.total
		if moment > 0 {
			share[i] += a.w[i] * sqDist(a.row(i), mean) / moment
		}
		p.others = append(p.others, i)
	}
	var t float64
	for more := true; more && len(p.others) > 0; {
		var rest float64
		for _, i := range p.others {
			rest += share[i]
		}
		t = float64(size-len(p.always)) / rest
		before := len(p.others)
		p.others = slices.DeleteFunc(p.others, func(i int) bool {
			sure := t*share[i] >= 1
			if sure {
				p.always = append(p.always, i)
			}
			return sure
		})
		more = len(p.others) < before
	}
	var sum float64
	for _, i := range p.others {
		p.chance = append(p.chance, t*share[i])
		sum += t * share[i]
		p.upTo = append(p.upTo, sum)
	}
	return p
}

// draw returns a sample: rows, ascending but for those that are in each, and
// their weights. Of the chances summed up it takes those rows at which u, u+1,
// u+2, … are passed.
func (p *plan) draw(rng *rand.Rand) (rows []int, weight []float64) {
	for _, i := range p.always {
		rows, weight = append(rows, i), append(weight, p.w[i])
	}
	if len(p.others) == 0 {
		return rows, weight
	}
	for at := rng.Float64(); at < p.upTo[len(p.upTo)-1]; at++ {
		k := sort.SearchFloat64s(p.upTo, math.Nextafter(at, math.Inf(1)))
		rows, weight = append(rows, p.others[k]), append(weight, p.w[p.others[k]]/p.chance[k])
	}
	return rows, weight
}

// How mini-batches begin and end.
const (
	firstBatches = 8  // size of the sample that is clustered first, in batches
	stillBatches = 10 // how many batches on end must leave the centres still
)

// fitBatches fits as fitAll does, but to a sample of the rows, and then moves
// the centres by mini-batches of all (Sculley 2010).
func (m *Method) fitBatches(ctx context.Context, a *data, from, to int, name string, env algo.Env) ([]*fit, error) {
	size := max(firstBatches*m.Batch, 4*to)
	if size >= a.n {
		return m.fitAll(ctx, a, from, to, name, env)
	}
	rows, weight := a.plan(size).draw(env.Rand(name+" sample", 0))
	sample, err := a.take(rows, weight)
	if err != nil {
		return nil, err
	}
	fits, err := m.fitAll(ctx, sample, from, to, name, env)
	if err != nil {
		return nil, err
	}
	p := a.plan(m.Batch)
	quiet := env
	quiet.Progress = nil
	err = share(quiet, len(fits), 0, len(fits), func(i int, c *crew) (err error) {
		f := fits[i]
		_, seen := newRun(sample, f.k, c).members(f)
		fits[i], err = m.batches(ctx, p, f, seen, env.Rand(fmt.Sprintf("%s k=%d batches", name, f.k), 0), c)
		return err
	})
	return fits, err
}

// batches moves the centres of f, each to the mean of all rows of the batches
// in which it was nearest to them; seen is what of the first sample it is the
// mean of.
func (m *Method) batches(ctx context.Context, p *plan, f *fit, seen []float64, rng *rand.Rand, c *crew) (*fit, error) {
	r := newRun(p.data, f.k, c)
	near := newPoints(f.k, p.d)
	g := &fit{k: f.k, centres: slices.Clone(f.centres)}
	for l := range seen {
		seen[l] *= firstBatches
	}
	sums, weights, was := make([]float64, f.k*p.d), make([]float64, f.k), make([]float64, f.k*p.d)
	for still := 0; still < stillBatches && g.moves < m.MaxIter; g.moves++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		near.setAll(g.centres)
		copy(was, g.centres)
		clear(sums)
		clear(weights)
		rows, weight := p.draw(rng)
		for b, i := range rows {
			l, _, _ := near.nearest(p.row(i))
			weights[l] += weight[b]
			for j, v := range p.row(i) {
				sums[l*p.d+j] += float64(weight[b] * (v - was[l*p.d+j]))
			}
		}
		for l, w := range weights {
			if w == 0 {
				continue
			}
			seen[l] += w
			for j := range p.d {
				g.centres[l*p.d+j] += sums[l*p.d+j] / seen[l]
			}
		}
		if still++; sqDist(was, g.centres) > m.Tol*p.variance {
			still = 0
		}
		g.converged = still == stillBatches
	}
	r.measure(g)
	g.inertia, g.meanDistance = r.quality()
	return g, nil
}

package lof

import (
	"context"
	"fmt"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"
)

const (
	// grain is how many rows a worker takes at a time.
	grain = 256

	// nothing is added to mean reachability distances, as by scikit-learn, so
	// that none is 0.
	nothing = 1e-10
)

// Fit implements algo.Method.
func (m *Method) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := features.Collapse(x)
	weight, workers := c.Weight, env.NumWorkers()
	if m.Distinct { // rows are searched for as if each were there once
		weight = slices.Repeat([]float64{1}, len(weight))
	}
	sample := near.NewSample(c.Names, c.X, weight, m.Neighbors, m.Novelty, workers)
	model := &Model{sample: sample}
	if m.Distinct {
		model.copies = make([]float64, len(weight))
		for p := range model.copies {
			model.copies[p] = c.Weight[sample.Tree.Row(p)]
		}
	}
	f := &fit{Model: model, lists: newLists(sample.Tree, int(sample.K))}
	scores, err := f.run(ctx, workers, env)
	if err != nil {
		return nil, err
	}

	res := &algo.Result{Scores: make([]float64, len(c.Of)), Model: model}
	for i, g := range c.Of {
		res.Scores[i] = scores[g]
	}
	crowded := 0.0 // samples whose density has no bound
	for p, r := range model.density {
		if r == 1/nothing {
			crowded += c.Weight[sample.Tree.Row(p)]
		}
	}
	res.Stats = []algo.Stat{
		{Name: "neighbors", Value: sample.K},
		{Name: "distinct", Value: float64(len(scores))},
		{Name: "crowded", Value: crowded},
		{Name: "min_score", Value: slices.Min(scores)},
		{Name: "max_score", Value: slices.Max(scores)},
	}
	if crowded > 0 && len(scores) > 1 {
		res.Warnings = append(res.Warnings, fmt.Errorf("%g samples have %g copies or more: their density has no bound, and rows beside them have scores of 1e10 times their distance: try --distinct, which counts equal rows once", crowded, sample.K))
	}
	return res, nil
}

// A fit is a model in the making.
type fit struct {
	*Model
	lists *lists
}

// run fills in the k-distances and densities and returns the scores of the
// distinct rows.
func (f *fit) run(ctx context.Context, workers int, env algo.Env) ([]float64, error) {
	tree := f.sample.Tree
	n := tree.Len()
	f.kDistance, f.density = make([]float64, n), make([]float64, n)
	scores := make([]float64, n)
	step := func(phase int) func(done int) {
		return func(done int) { env.Step(int64(phase*n+done), int64(3*n)) }
	}
	err := tree.EachNeighbours(ctx, f.sample.K, workers, step(0), func(p int, found []near.Neighbour) {
		f.lists.keep(p, found)
		if len(found) > 0 {
			f.kDistance[p] = near.Distance(found[len(found)-1].D2)
		}
	})
	if err != nil {
		return nil, err
	}
	for phase, do := range []func(p int, found []near.Neighbour){
		func(p int, found []near.Neighbour) { f.density[p] = f.densityOf(found) },
		func(p int, found []near.Neighbour) { scores[tree.Row(p)] = f.factor(f.density[p], found) },
	} {
		err := near.Each(ctx, n, grain, workers, step(phase+1), func(lo, hi int) {
			s := f.sample.Others()
			for p := lo; p < hi; p++ {
				do(p, f.samples(f.lists.of(s, p, phase == 0), int32(p)))
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return scores, nil
}

// samples returns the neighbours of a row as samples. If rows were searched for
// as if each were there once, these are their copies, and those of the row
// itself, which stands at the place equal if it is one of the model's.
func (m *Model) samples(neighbours []near.Neighbour, equal int32) []near.Neighbour {
	if m.copies == nil {
		return neighbours
	}
	for i := range neighbours {
		neighbours[i].Weight *= m.copies[neighbours[i].Place]
	}
	if equal >= 0 && !m.sample.Novelty && m.copies[equal] > 1 {
		neighbours = append(neighbours, near.Neighbour{Place: equal, Weight: m.copies[equal] - 1})
	}
	return neighbours
}

// densityOf returns the density of a row with those neighbours.
func (m *Model) densityOf(neighbours []near.Neighbour) float64 {
	k := total(neighbours)
	var mean float64
	for _, c := range neighbours {
		mean += max(near.Distance(c.D2), m.kDistance[c.Place]) * (c.Weight / k)
	}
	return 1 / (min(mean, math.MaxFloat64) + nothing)
}

// factor returns the score of a row of that density with those neighbours: 1
// without any.
func (m *Model) factor(density float64, neighbours []near.Neighbour) float64 {
	if len(neighbours) == 0 {
		return 1
	}
	k := total(neighbours)
	var mean float64
	for _, c := range neighbours {
		mean += m.density[c.Place] * (c.Weight / k)
	}
	return min(mean/density, math.MaxFloat64)
}

// total returns how many samples the neighbours are.
func total(neighbours []near.Neighbour) (k float64) {
	for _, c := range neighbours {
		k += c.Weight
	}
	return k
}

// lists keeps the neighbours of rows from one phase to the next, of each at
// most a number of them: of rows that have more, as others are equally far, they
// are searched for again, so that lattices take no more memory than others.
type lists struct {
	tree   *near.Tree
	most   int
	places []int32
	n      []int32 // −1 where there are too many
	tied   []int32 // how many of them, the last, are equally far
}

// listed returns how many neighbours are kept of a row: a few more than k, for
// those equally far.
func listed(k, n int) int { return min(k+k/4+4, n) }

func newLists(t *near.Tree, k int) *lists {
	most := listed(k, t.Len())
	return &lists{t, most, make([]int32, most*t.Len()), make([]int32, t.Len()), make([]int32, t.Len())}
}

func (l *lists) keep(p int, found []near.Neighbour) {
	if len(found) > l.most {
		l.n[p] = -1
		return
	}
	l.n[p], l.tied[p] = int32(len(found)), int32(near.Tied(found))
	for i, c := range found {
		l.places[p*l.most+i] = c.Place
	}
}

// of returns the neighbours of the row at place p, with their distances if these
// are asked for.
func (l *lists) of(s *near.Neighbours, p int, distances bool) []near.Neighbour {
	if l.n[p] < 0 {
		return s.Find(l.tree.At(p))
	}
	return s.Again(p, l.places[p*l.most:p*l.most+int(l.n[p])], int(l.tied[p]), distances)
}

package kmeans

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// How far the search for better centres goes. Most starts settle in so many
// moves; after three, the best of ten is the wrong one on some tables (on digits,
// 10 clusters, +0.5 % of inertia in the end). Few moves tell which breaths are
// good; only what is kept in the end is moved until it settles.
const (
	deepest     = 16  // how many centres the first breath adds
	startMoves  = 100 // how often the centres of a start are moved before it is judged
	breathMoves = 10  // … and those of a breath
	worthwhile  = 1e-4
)

// breathe betters a fit by breathing (Fritzke 2020): it adds m centres where
// k-means++ would draw the next, moves all, and takes m away again by merging
// those nearest in Ward's sense. What lessens the inertia by a share of
// worthwhile is kept; m is halved after patience breaths in vain. In the end the
// centres are moved until they settle, maxIter times at most. A single centre
// is at the mean, which nothing betters. It needs a run with places for
// breadth(f.k, n) centres.
func (r *run) breathe(ctx context.Context, rng *rand.Rand, f *fit, maxIter int, tol float64, patience int) (*fit, error) {
	if maxIter <= breathMoves {
		return f, nil // its start has used up the moves
	}
	k, failed := f.k, 0
	kept := r.measure(f)
	for m := breadth(k, r.n) - k; m > 0 && f.inertia > 0; {
		if err := r.inhale(ctx, rng, f, kept, m); err != nil {
			return nil, err
		}
		r.merge(k)
		g, err := r.settle(ctx, min(breathMoves, maxIter), tol)
		if err != nil {
			return nil, err
		}
		if g.inertia < f.inertia*(1-worthwhile) {
			f, failed = g, 0
			kept.take(r)
		} else if failed++; failed == patience {
			m, failed = m/2, 0
		}
	}
	r.resize(k)
	copy(r.centres, f.centres)
	kept.put(r)
	r.root()
	return r.settle(ctx, maxIter, tol)
}

// breadth returns how many centres breathing needs for k clusters of n rows.
func breadth(k, n int) int {
	if k == 1 {
		return 1
	}
	return min(k+deepest, n)
}

// measured are the nearest centres of the rows of a run, their squared distances to them, and
// the sums of those weighted, as while seeding: so that a fit from which
// several breaths begin is measured once.
type measured struct {
	label       []int32
	upper, mass []float64
}

// measure finds the nearest centre of f for each row.
func (r *run) measure(f *fit) *measured {
	r.resize(f.k)
	copy(r.centres, f.centres)
	r.near.setAll(r.centres)
	r.crew.do(len(r.mass), func(c int) {
		lo, hi := r.span(c)
		for i := lo; i < hi; i++ {
			b, sq, _ := r.near.nearest(r.row(i))
			r.label[i], r.upper[i] = int32(b), sq
		}
		r.weigh(c)
	})
	return &measured{slices.Clone(r.label), slices.Clone(r.upper), slices.Clone(r.mass)}
}

// take copies what settle leaves in r.
func (m *measured) take(r *run) {
	copy(m.label, r.label)
	copy(m.upper, r.upper)
	copy(m.mass, r.mass)
}

// put makes r as take found it.
func (m *measured) put(r *run) {
	copy(r.label, m.label)
	copy(r.upper, m.upper)
	copy(r.mass, m.mass)
}

// settle moves the centres as lloyd does, and returns where they are then.
func (r *run) settle(ctx context.Context, maxIter int, tol float64) (*fit, error) {
	moves, converged, err := r.lloyd(ctx, maxIter, tol, func() {})
	if err != nil {
		return nil, err
	}
	f := &fit{k: r.k, moves: moves, converged: converged, centres: slices.Clone(r.centres)}
	f.inertia, f.meanDistance = r.quality()
	return f, nil
}

// inhale places the centres of f, which rows are measured against as kept
// says, and m more, and moves them all once.
func (r *run) inhale(ctx context.Context, rng *rand.Rand, f *fit, kept *measured, m int) error {
	r.resize(f.k)
	copy(r.centres, f.centres)
	kept.put(r)
	r.resize(f.k + m)
	if err := r.extend(ctx, rng, f.k); err != nil {
		return err
	}
	r.crew.do(len(r.changed), r.add)
	r.move()
	return nil
}

// merge puts the means of two clusters in their places until k are left: each
// time those two by whose merging the inertia grows least (Ward 1963). It
// leaves the rows their clusters, and those of unmerged clusters upper bounds
// of their distances, which take in how far the centres have just moved.
func (r *run) merge(k int) {
	weight, to := make([]float64, r.k), make([]int32, r.k)
	for c := range to {
		to[c] = int32(c)
	}
	merged, moved := make([]bool, r.k), r.moved
	for i, l := range r.label {
		weight[l] += r.w[i]
	}
	for ; r.k > k; r.resize(r.k - 1) {
		a, b, least := 0, 1, math.Inf(1)
		for j := range r.k {
			for i := range j {
				cost := 0.0
				if weight[i] > 0 && weight[j] > 0 {
					cost = weight[i] * weight[j] / (weight[i] + weight[j]) * sqDist(r.centre(i), r.centre(j))
				}
				if cost < least {
					a, b, least = i, j, cost
				}
			}
		}
		last := r.k - 1
		if weight[b] > 0 {
			share := weight[b] / (weight[a] + weight[b])
			for j, v := range r.centre(b) {
				r.centre(a)[j] += float64(share * (v - r.centre(a)[j]))
			}
			weight[a] += weight[b]
		}
		merged[a] = true
		copy(r.centre(b), r.centre(last))
		weight[b], merged[b] = weight[last], merged[last]
		for c, t := range to {
			switch int(t) {
			case b:
				to[c] = int32(a)
			case last:
				to[c] = int32(b)
			}
		}
	}
	for i, l := range r.label {
		r.upper[i], r.lower[i] = r.upper[i]+moved[l], 0
		if r.label[i] = to[l]; merged[to[l]] {
			r.upper[i] = math.Inf(1)
		}
	}
}

// resize makes r a run of k centres, for which it must have places.
func (r *run) resize(k int) {
	r.k = k
	r.centres, r.last = r.centres[:k*r.d], r.last[:k*r.d]
	r.moved, r.others, r.half = r.moved[:k], r.others[:k], r.half[:k]
	r.sums = r.sums[:k*(r.d+3)]
	r.near.resize(k)
}

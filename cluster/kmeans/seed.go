package kmeans

import (
	"context"
	"math"
	"math/rand/v2"
)

// While seeding, upper holds the squared distance of each row to its nearest
// centre so far (or 1, where rows are drawn by weight alone), label that
// centre, and mass the weighted sum of upper for each chunk.

// seedRandom puts the centres at k distinct rows, drawn by weight.
func (r *run) seedRandom(ctx context.Context, rng *rand.Rand) error {
	r.weighOnly()
	for g := range r.k {
		if err := ctx.Err(); err != nil {
			return err
		}
		i := r.draw(rng.Float64())
		copy(r.centre(g), r.row(i))
		r.upper[i] = 0
		r.weigh(i / r.chunk)
	}
	r.forget()
	return nil
}

// seedPlusPlus puts the centres at rows drawn with a chance in proportion to
// weight times squared distance to the nearest centre drawn before: k-means++
// (Arthur & Vassilvitskii 2007), each the best of 2+⌊ln k⌋ draws.
func (r *run) seedPlusPlus(ctx context.Context, rng *rand.Rand) error {
	r.weighOnly()
	copy(r.centre(0), r.row(r.draw(rng.Float64())))
	r.forget()
	r.crew.do(len(r.mass), (&draws{run: r, reach: make([]float64, r.k)}).take)
	return r.extend(ctx, rng, 1)
}

// extend draws the centres from number from on, and leaves the nearest centre
// of each row in label, at the distance upper. It expects mass, label and
// upper as while seeding.
func (r *run) extend(ctx context.Context, rng *rand.Rand, from int) error {
	s := &draws{run: r, tries: make([]int, 2+int(math.Log(float64(r.k))))}
	s.candidates = newPoints(len(s.tries), r.d)
	s.pots = make([]float64, len(r.mass)*len(s.tries))
	s.reach = make([]float64, r.k)
	try, take := s.try, s.take
	for s.g = from; s.g < r.k; s.g++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		for t := range s.tries {
			s.tries[t] = r.draw(rng.Float64())
			s.candidates.set(t, r.row(s.tries[t]))
		}
		for a := range s.g {
			_, next, _ := s.candidates.nearest(r.centre(a))
			s.reach[a] = next / 4 * (1 - 1e-9) // less by more than rounding
		}
		s.reach[s.g] = 0
		r.crew.do(len(r.mass), try)
		best, least := 0, math.Inf(1)
		for t := range s.tries {
			var pot float64
			for c := range r.mass {
				pot += s.pots[c*len(s.tries)+t]
			}
			if pot < least {
				best, least = t, pot
			}
		}
		copy(r.centre(s.g), r.row(s.tries[best]))
		for a := range s.g {
			s.reach[a] = sqDist(r.centre(a), r.centre(s.g)) / 4 * (1 - 1e-9)
		}
		r.crew.do(len(r.mass), take)
	}
	r.root()
	return nil
}

// root makes bounds of the squared distances that upper has while seeding.
func (r *run) root() {
	r.crew.do(len(r.mass), func(c int) {
		lo, hi := r.span(c)
		for i := lo; i < hi; i++ {
			r.upper[i], r.lower[i] = math.Sqrt(r.upper[i]), 0
		}
	})
}

// forget leaves all rows to the first centre, at an unknown distance.
func (r *run) forget() {
	clear(r.label)
	for i := range r.n {
		r.upper[i], r.lower[i] = math.Inf(1), 0
	}
}

// draws is what extend needs besides a run.
type draws struct {
	*run
	g          int // the centre to be found
	tries      []int
	candidates *points   // the rows tries
	pots       []float64 // for each chunk and candidate, the inertia if it were chosen
	reach      []float64 // of each centre: no candidate attracts a row whose squared distance is less
}

// try works out what each candidate would make of the inertia of a chunk.
func (s *draws) try(c int) {
	each := s.pots[c*len(s.tries) : (c+1)*len(s.tries)]
	var rest float64
	lo, hi := s.span(c)
	for t := 0; t < len(s.tries); t += lanes {
		var sums [lanes]float64
		rest = pots(s.x[lo*s.d:hi*s.d], s.d, s.upper[lo:hi], s.w[lo:hi], s.label[lo:hi], s.reach, s.candidates.block(t/lanes), &sums)
		copy(each[t:], sums[:])
	}
	for t := range each {
		each[t] += rest
	}
}

// take lets centre g have the rows of a chunk that are nearest to it.
func (s *draws) take(c int) {
	lo, hi := s.span(c)
	g := s.centre(s.g)
	for i := lo; i < hi; i++ {
		if s.upper[i] < s.reach[s.label[i]] {
			continue
		}
		if v := sqDist(s.row(i), g); v < s.upper[i] {
			s.upper[i], s.label[i] = v, int32(s.g)
		}
	}
	s.weigh(c)
}

// weighOnly makes draw choose by weight alone.
func (r *run) weighOnly() {
	for i := range r.upper {
		r.upper[i] = 1
	}
	for c := range r.mass {
		r.weigh(c)
	}
}

func (r *run) weigh(c int) {
	lo, hi := r.span(c)
	var sum float64
	for i := lo; i < hi; i++ {
		sum += float64(r.w[i] * r.upper[i])
	}
	r.mass[c] = sum
}

// draw returns the row at which the sum of weight·upper over the rows passes u
// of the whole; 0 ≤ u < 1. It never is a row that adds nothing, unless all do.
func (r *run) draw(u float64) (row int) {
	var total float64
	chunk := 0
	for c, m := range r.mass {
		total += m
		if m > 0 {
			chunk = c
		}
	}
	rest := u * total
	for c, m := range r.mass {
		if rest < m {
			chunk = c
			break
		}
		rest -= m
	}
	lo, hi := r.span(chunk)
	for i := lo; i < hi; i++ {
		m := float64(r.w[i] * r.upper[i])
		if m > 0 {
			row = i
		}
		if rest < m {
			break
		}
		rest -= m
	}
	return row
}

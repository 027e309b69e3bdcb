package kmeans

import (
	"context"
	"math"
	"math/rand/v2"
)

// swap tries, as often as there are centres, to better them by local search
// (Lattanzi & Sohler 2019): a row drawn as k-means++ draws takes the place of
// the centre that is missed least, if that lessens the inertia. It expects
// mass and upper as while seeding, and leaves the nearest centre of each row
// and the distances to it and to the second nearest in label, upper and lower.
func (r *run) swap(ctx context.Context, rng *rand.Rand) error {
	s := &swaps{run: r, candidate: make([]float64, r.d), loss: make([]float64, len(r.mass)*(r.k+1)), sum: make([]float64, r.k+1)}
	measure, try := s.measure, s.try
	r.near.setAll(r.centres)
	r.crew.do(len(r.mass), measure)
	for range r.k {
		if err := ctx.Err(); err != nil {
			return err
		}
		copy(s.candidate, r.row(r.draw(rng.Float64())))
		r.crew.do(len(r.mass), try)
		clear(s.sum)
		for i, v := range s.loss {
			s.sum[i%len(s.sum)] += v
		}
		out, least := -1, 0.0
		for c, v := range s.sum[:r.k] {
			if change := v + s.sum[r.k]; change < least {
				out, least = c, change
			}
		}
		if out >= 0 {
			copy(r.centre(out), s.candidate)
			r.near.set(out, s.candidate)
			r.crew.do(len(r.mass), measure)
		}
	}
	for i := range r.n {
		r.upper[i], r.lower[i] = math.Sqrt(r.upper[i]), math.Sqrt(r.lower[i])
	}
	return nil
}

// swaps is what swap needs besides a run. Of the k+1 numbers of loss for each
// chunk, number c is what the inertia grows by when centre c goes and the
// candidate has come, the last what it grows by (0 or less) when the candidate
// comes. sum is the same for all rows.
type swaps struct {
	*run
	candidate []float64
	loss, sum []float64
}

// measure works out the squared distances of a chunk's rows to the two nearest
// centres.
func (s *swaps) measure(c int) {
	lo, hi := s.span(c)
	for i := lo; i < hi; i++ {
		b, d1, d2 := s.near.nearest(s.row(i))
		s.label[i], s.upper[i], s.lower[i] = int32(b), d1, d2
	}
	s.weigh(c)
}

// try works out the loss of a chunk.
func (s *swaps) try(c int) {
	loss := s.loss[c*len(s.sum) : (c+1)*len(s.sum)]
	clear(loss)
	lo, hi := s.span(c)
	for i := lo; i < hi; i++ {
		d, d1, w := sqDist(s.row(i), s.candidate), s.upper[i], s.w[i]
		with := min(d, d1)
		loss[s.k] += float64(w * (with - d1))
		loss[s.label[i]] += float64(w * (min(d, s.lower[i]) - with))
	}
}

package kmeans

import (
	"context"
	"math"
	"math/rand/v2"
)

// k-means|| draws about oversampling·k rows in each of its rounds.
const (
	rounds       = 5
	oversampling = 2
)

// seedParallel puts the centres at rows that greedy k-means++ takes of the
// about 10·k candidates which k-means|| draws (Bahmani et al. 2012): in each
// round every row with a chance in proportion to weight times squared distance
// to the nearest candidate before, and each candidate with the weight of the
// rows nearest to it.
func (r *run) seedParallel(ctx context.Context, rng *rand.Rand) error {
	r.weighOnly()
	first := r.draw(rng.Float64())
	candidates := []int{first}
	clear(r.label)
	for i := range r.upper {
		r.upper[i] = math.Inf(1)
	}
	r.attract(candidates, 0)
	for range rounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		var inertia float64
		for _, m := range r.mass {
			inertia += m
		}
		from := len(candidates)
		for i, sq := range r.upper {
			if sq > 0 && rng.Float64()*inertia < float64(oversampling*r.k)*r.w[i]*sq {
				candidates = append(candidates, i)
			}
		}
		r.attract(candidates, from)
	}
	if len(candidates) <= r.k {
		// Too few rows differ: the others are drawn as in k-means++.
		for c, i := range candidates {
			copy(r.centre(c), r.row(i))
		}
		if err := r.extend(ctx, rng, len(candidates)); err != nil {
			return err
		}
		r.forget()
		return nil
	}
	weight := make([]float64, len(candidates))
	for i, c := range r.label {
		weight[c] += r.w[i]
	}
	few, err := r.take(candidates, weight)
	if err != nil {
		return err
	}
	s := newRun(few, r.k, r.crew)
	if err := s.seedPlusPlus(ctx, rng); err != nil {
		return err
	}
	copy(r.centres, s.centres)
	r.forget()
	return nil
}

// attract lets the candidates from that number on have the rows that are
// nearest to them, as while seeding.
func (r *run) attract(candidates []int, from int) {
	if from == len(candidates) {
		return
	}
	fresh := newPoints(len(candidates)-from, r.d)
	for p, i := range candidates[from:] {
		fresh.set(p, r.row(i))
	}
	reach := make([]float64, max(1, from)) // of each candidate before: nearer rows stay with it
	for c, i := range candidates[:from] {
		_, sq, _ := fresh.nearest(r.row(i))
		reach[c] = sq / 4 * (1 - 1e-9) // less by more than rounding
	}
	r.crew.do(len(r.mass), func(c int) {
		lo, hi := r.span(c)
		for i := lo; i < hi; i++ {
			if r.upper[i] < reach[r.label[i]] {
				continue
			}
			if p, sq, _ := fresh.nearest(r.row(i)); sq < r.upper[i] {
				r.label[i], r.upper[i] = int32(from+p), sq
			}
		}
		r.weigh(c)
	})
}

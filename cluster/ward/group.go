package ward

import (
	"container/heap"
	"context"

	"toolkit/features"
	"toolkit/internal/near"

	"gonum.org/v1/gonum/mat"
)

// rounds is how often the centres of groups are moved at most.
const rounds = 5

// groups puts the distinct rows into at most k groups. It returns their centres
// and weights.
func groups(ctx context.Context, c *features.Collapsed, k, workers int, step func(done int)) (*mat.Dense, []float64, error) {
	centres := cut(c, k)
	_, d := c.Dims()
	of := make([]int32, len(c.Row))
	for round := range rounds + 1 {
		tree := near.New(centres, nil, workers)
		err := near.Each(ctx, len(of), 256, workers, nil, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				g, _ := tree.Nearest(c.X.RawRowView(i))
				of[i] = int32(g)
			}
		})
		if err != nil {
			return nil, nil, err
		}
		n, _ := centres.Dims()
		weight := make([]float64, n)
		for i, g := range of {
			weight[g] += c.Weight[i]
		}
		if round == rounds { // rows are with the nearest of these centres
			return keep(centres, weight)
		}
		sums := mat.NewDense(n, d, nil)
		for i, g := range of {
			centre, share := sums.RawRowView(int(g)), c.Weight[i]/weight[g]
			for j, v := range c.X.RawRowView(i) {
				centre[j] += float64(share * v)
			}
		}
		for g, w := range weight {
			if w == 0 {
				sums.SetRow(g, centres.RawRowView(g))
			}
		}
		centres = sums
		step((round + 1) * len(of) / rounds)
	}
	panic("ward: no rounds")
}

// keep returns the centres that weigh something.
func keep(centres *mat.Dense, weight []float64) (*mat.Dense, []float64, error) {
	_, d := centres.Dims()
	var values, kept []float64
	for g, w := range weight {
		if w > 0 {
			values, kept = append(values, centres.RawRowView(g)...), append(kept, w)
		}
	}
	return mat.NewDense(len(kept), d, values), kept, nil
}

// cut returns the centres of k groups, of which the one of the greatest variance
// in a column is cut at that column's mean until there are k.
func cut(c *features.Collapsed, k int) *mat.Dense {
	rows := make([]int32, len(c.Row))
	for i := range rows {
		rows[i] = int32(i)
	}
	parts := spreads{measure(c, rows)}
	for len(parts) < k && parts[0].sum > 0 {
		p := parts[0]
		at := 0
		for i, r := range p.rows {
			if c.X.At(int(r), p.column) < p.mean[p.column] {
				p.rows[at], p.rows[i] = r, p.rows[at]
				at++
			}
		}
		if at == 0 || at == len(p.rows) {
			at = len(p.rows) / 2 // the mean of values so close is one of them
		}
		parts[0] = measure(c, p.rows[:at])
		heap.Fix(&parts, 0)
		heap.Push(&parts, measure(c, p.rows[at:]))
	}
	_, d := c.Dims()
	centres := mat.NewDense(len(parts), d, nil)
	for i, p := range parts {
		centres.SetRow(i, p.mean)
	}
	return centres
}

// A spread is rows with their means, and the greatest weighted sum of squares
// about it that a column has.
type spread struct {
	rows   []int32
	mean   []float64
	column int
	sum    float64
}

func measure(c *features.Collapsed, rows []int32) spread {
	_, d := c.Dims()
	s := spread{rows: rows, mean: make([]float64, d)}
	square, total := make([]float64, d), 0.0
	for _, r := range rows { // West 1979
		w := c.Weight[r]
		total += w
		for j, v := range c.X.RawRowView(int(r)) {
			half := v/2 - s.mean[j]/2 // as the whole may be beyond float64
			s.mean[j] += 2 * float64(half*(w/total))
			square[j] += 4 * float64(w*half*(v/2-s.mean[j]/2))
		}
	}
	if len(rows) > 1 {
		for j, v := range square {
			if v > s.sum {
				s.column, s.sum = j, v
			}
		}
	}
	return s
}

// spreads are a heap, the greatest sum on top.
type spreads []spread

func (s spreads) Len() int           { return len(s) }
func (s spreads) Less(i, j int) bool { return s[i].sum > s[j].sum }
func (s spreads) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *spreads) Push(v any)        { *s = append(*s, v.(spread)) }
func (s *spreads) Pop() any {
	old := *s
	v := old[len(old)-1]
	*s = old[:len(old)-1]
	return v
}

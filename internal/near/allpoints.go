package near

import (
	"context"
	"math"
)

// leftOut is the greatest share of a sum that AllPoints leaves out.
const leftOut = 1e-12

// AllPoints returns the squared all-points core distance of each row of the
// matrix (Moulavi, Jaskowiak, Campello, Zimek, Sander 2014): of the other samples'
// distances, to the power −d for d columns, the mean, to the power −1/d. It is
// 0 for rows that weigh more than 1, whose copies are at distance 0, and for a row
// without others.
//
// Rows so far away that all of them would add less than 1e-12 to the sum are
// passed over; the more columns there are, the nearer these are. Otherwise a row
// is compared with all others.
func (t *Tree) AllPoints(ctx context.Context, workers int) ([]float64, error) {
	nearest, err := t.KthDistances(ctx, 2, workers, nil) // 0 for a row with copies
	if err != nil {
		return nil, err
	}
	core := make([]float64, t.Len())
	samples := t.nodes[0].weight
	// (least/d2)^(d/2) · samples < leftOut where d2 is greater than least times:
	times := math.Pow(samples/leftOut, 2/float64(t.d))
	err = Each(ctx, t.Len(), leafRows, workers, nil, func(lo, hi int) {
		for p := lo; p < hi; p++ {
			row := t.row[p]
			least := nearest[row]
			if t.weight[p] > 1 || least == 0 || math.IsInf(least, 1) {
				continue
			}
			s := powers{Tree: t, p: p, q: t.At(p), least: least, limit: least * times}
			s.visit(0)
			core[row] = least * math.Pow((samples-1)/s.sum, 2/float64(t.d))
		}
	})
	return core, err
}

// powers is the sum over the rows but that at place p of their weight times
// (least/d2) to the power d/2.
type powers struct {
	*Tree
	p            int
	q            []float64
	least, limit float64
	sum          float64
	d2, power    [leafRows]float64 // of the rows of a leaf
}

func (s *powers) visit(i int) {
	if boxDist(s.boxOf(i), s.q, s.limit) > s.limit {
		return
	}
	if !s.leaf(i) {
		s.visit(2*i + 1)
		s.visit(2*i + 2)
		return
	}
	lo, n := int(s.nodes[i].lo), int(s.nodes[i].hi-s.nodes[i].lo)
	s.inside(i, s.q, math.Inf(1), &s.d2)
	if k := s.p - lo; k >= 0 && k < n {
		s.d2[k] = math.Inf(1)
	}
	d2 := s.d2[:n]
	for k, v := range d2 {
		d2[k] = s.least / v
	}
	power(d2, s.power[:n], s.d)
	for k, v := range s.power[:n] {
		s.sum += s.weight[lo+k] * v
	}
}

// power puts r2 to the power d/2 into p, and loses r2.
func power(r2, p []float64, d int) {
	for k := range p {
		if p[k] = 1; d%2 == 1 {
			p[k] = math.Sqrt(r2[k])
		}
	}
	for d /= 2; d > 0; d /= 2 {
		if d%2 == 1 {
			for k, v := range r2 {
				p[k] *= v
			}
		}
		if d > 1 {
			for k, v := range r2 {
				r2[k] = v * v
			}
		}
	}
}

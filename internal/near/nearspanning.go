package near

import "context"

// NearSpanningBytes returns the memory that NearSpanningTree takes for n rows,
// its answer included.
func NearSpanningBytes(n int) int64 { return int64(n)*(3*4+2*24+16) + int64(mostNodes(n))*4 }

// NearSpanningTree is SpanningTree where it is laid down which of equal edges
// stand for the others: those of nearer rows, and then those of lower ones. So
// which rows are leaves depends on the rows alone.
//
// It is that of Borůvka (1926), a search for each row: a row's first link to
// another set stays that until both are in one, and none comes before it then.
// The edges are in no order.
func (r *Mutual) NearSpanningTree(ctx context.Context) ([]Edge, error) {
	n := r.Len()
	a := r.parting()
	f := newForest(n)
	next, first := make([]link, n), make([]link, n) // of each place; of each set
	for p := range next {
		next[p] = link{none, none, 0, 0}
	}
	for len(f.edges) < n-1 {
		largest := f.gather(a.set)
		for p := range first {
			first[p] = unlinked
		}
		a.look()
		for p := range next {
			if p%grain == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			set := a.set[p]
			if set == largest { // which waits to be linked by others
				continue
			}
			x := &next[p]
			if x.q == none || a.set[x.q] == set {
				if x.p, x.q = none, none; x.reach2 > first[set].reach2 {
					continue // it is at least so far to others
				}
				best := a.nearest(int32(p), first[set])
				if best == first[set] { // nothing comes before
					x.reach2 = best.reach2
					continue
				}
				*x = best
			}
			if r.before(*x, first[set]) {
				first[set] = *x
			}
		}
		for p, set := range a.set {
			if x := first[set]; int32(p) == set && set != largest {
				f.take(r.row, x.p, x.q, x.reach2)
			}
		}
	}
	return f.edges, nil
}

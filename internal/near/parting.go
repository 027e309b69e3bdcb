package near

import "math"

// A Parting searches for the rows nearest by mutual reachability that are in
// another set. It is not for several goroutines at once.
type Parting struct {
	*Mutual
	set    []int32 // by place
	ofNode []int32 // by node: the set that all of its rows are in, or none
}

// Parting returns a search for rows of other sets; set is that of each row, from 0 on.
func (r *Mutual) Parting(set []int32) *Parting {
	a := r.parting()
	for p, row := range r.row {
		a.set[p] = set[row]
	}
	a.look()
	return a
}

func (r *Mutual) parting() *Parting {
	return &Parting{r, make([]int32, r.Len()), make([]int32, len(r.nodes))}
}

// look notes what sets the nodes are of.
func (a *Parting) look() {
	for i := len(a.nodes) - 1; i >= 0; i-- {
		if !a.leaf(i) {
			if a.ofNode[i] = a.ofNode[2*i+1]; a.ofNode[2*i+2] != a.ofNode[i] {
				a.ofNode[i] = none
			}
			continue
		}
		a.ofNode[i] = one(a.set[a.nodes[i].lo:a.nodes[i].hi])
	}
}

// Least returns, for each set, the least squared mutual reachability distance of
// its rows to those of others: +Inf where there are none.
func (a *Parting) Least(sets int) []float64 {
	least := make([]float64, sets)
	for s := range least {
		least[s] = math.Inf(1)
	}
	for p, s := range a.set {
		if a.core[p] < least[s] {
			least[s] = a.nearest(int32(p), link{none, none, least[s], 0}).reach2
		}
	}
	return least
}

// A link is two places, or none, with their squared mutual reachability
// distance and distance.
type link struct {
	p, q       int32
	reach2, d2 float64
}

var unlinked = link{none, none, math.Inf(1), math.Inf(1)}

// before tells whether link x comes before y: the shorter first, then that of the
// nearer rows, then that of the lower ones. None comes last.
func (t *Tree) before(x, y link) bool {
	if x.reach2 != y.reach2 {
		return x.reach2 < y.reach2
	}
	if x.d2 != y.d2 {
		return x.d2 < y.d2
	}
	if x.p == none || y.p == none {
		return x.p != none
	}
	xp, xq, yp, yq := t.row[x.p], t.row[x.q], t.row[y.p], t.row[y.q]
	if a, b := min(xp, xq), min(yp, yq); a != b {
		return a < b
	}
	return max(xp, xq) < max(yp, yq)
}

// nearest returns the first link of place p to a row of another set, or best, if
// none comes before that.
func (a *Parting) nearest(p int32, best link) link {
	s := partner{Parting: a, p: p, own: a.set[p], q: a.At(int(p)), core: a.core[p], best: best}
	s.visit(0)
	return s.best
}

type partner struct {
	*Parting
	p, own int32
	q      []float64
	core   float64
	best   link
	apart  [leafRows]float64
}

// limit returns the squared distance beyond which no link comes before the best.
func (s *partner) limit() float64 {
	if s.best.reach2 <= s.core { // it can't be shorter, but of nearer rows
		return s.best.d2
	}
	return s.best.reach2
}

// worth tells whether node i, whose rows are at least at squared distance d2, may
// have a row to be preferred.
func (s *partner) worth(i int, d2 float64) bool {
	reach2 := max(d2, s.core, s.least[i])
	return s.ofNode[i] != s.own && (reach2 < s.best.reach2 || reach2 == s.best.reach2 && d2 <= s.best.d2)
}

func (s *partner) visit(i int) {
	if s.leaf(i) {
		lo := int(s.nodes[i].lo)
		for in, k := s.inside(i, s.q, s.limit(), &s.apart), 0; in != 0; {
			k, in = in.next()
			if q := int32(lo + k); s.set[q] != s.own {
				x := link{s.p, q, max(s.apart[k], s.core, s.Mutual.core[q]), s.apart[k]}
				if s.before(x, s.best) {
					s.best = x
				}
			}
		}
		return
	}
	near, far, dn, df := s.children(i, s.q, s.limit())
	if s.worth(near, dn) {
		s.visit(near)
	}
	if s.worth(far, df) {
		s.visit(far)
	}
}

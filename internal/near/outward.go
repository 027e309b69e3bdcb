package near

import (
	"math"
	"slices"
)

// An outward looks for the nearest rows outside of their sets, for the rows of
// a leaf at once: what is too far from the leaf's box is too far for all.
type outward struct {
	*boruvka
	seek   []seeker // whose nearest row isn't known yet
	lo, hi []float64
	home   int     // the leaf of them
	first  int32   // its first place
	set    int32   // that all of them are in, or none
	far    float64 // the greatest d2 of them
}

// A seeker looks for the nearest row outside of the set of place p.
type seeker struct {
	p    int32
	set  int32
	next int32
	core float64 // its own
	d2   float64 // of the nearest so far, or what it must be less than
}

// here compares the rows of a leaf with each other.
func (s *outward) here(leaf int) {
	if s.ofNode[leaf] != none {
		return
	}
	nd := &s.nodes[leaf]
	set, core := s.boruvka.set, s.Mutual.core
	for p := nd.lo; p < nd.hi; p++ {
		s.near[p] = math.Inf(1)
	}
	for p := nd.lo; p < nd.hi; p++ {
		for q := p + 1; q < nd.hi; q++ {
			if set[p] == set[q] {
				continue
			}
			far := max(s.near[p], s.near[q])
			d2 := max(sqDist8(s.At(int(p)), s.At(int(q)), far), core[p], core[q])
			if d2 < s.near[p] {
				s.beside[p], s.near[p] = q, d2
			}
			if d2 < s.near[q] {
				s.beside[q], s.near[q] = p, d2
			}
		}
	}
	for p := nd.lo; p < nd.hi; p++ {
		if set[p] != s.largest && s.beside[p] != none {
			s.offer(set[p], s.near[p])
		}
	}
}

// leave looks for the nearest rows of those of a leaf in other leaves.
func (s *outward) leave(leaf int) {
	nd := &s.nodes[leaf]
	s.seek, s.home, s.first = s.seek[:0], leaf, nd.lo
	for p := nd.lo; p < nd.hi; p++ {
		set := s.boruvka.set[p]
		if set == s.largest || s.next[p] != none {
			continue
		}
		if d2 := math.Float64frombits(s.best[set].Load()); s.bound[p] < d2 {
			s.seek = append(s.seek, seeker{p, set, none, s.Mutual.core[p], d2})
		}
	}
	if len(s.seek) == 0 {
		return
	}
	s.gather()
	for i := leaf; i > 0 && len(s.seek) > 0; i = (i - 1) / 2 {
		sibling := i + 1
		if i%2 == 0 {
			sibling = i - 1
		}
		if s.reach(sibling) < s.far {
			s.visit(sibling)
		}
	}
	for i := range s.seek {
		s.settle(&s.seek[i])
	}
}

// gather works out the box, the set and the farthest of the seekers.
func (s *outward) gather() {
	s.lo = append(s.lo[:0], s.At(int(s.seek[0].p))...)
	s.hi = append(s.hi[:0], s.lo...)
	s.set = s.seek[0].set
	for i := range s.seek {
		if s.seek[i].set != s.set {
			s.set = none
		}
		for j, v := range s.At(int(s.seek[i].p)) {
			s.lo[j], s.hi[j] = min(s.lo[j], v), max(s.hi[j], v)
		}
	}
	s.measure()
}

func (s *outward) measure() {
	s.far = -1
	for i := range s.seek {
		s.far = max(s.far, s.seek[i].d2)
	}
}

// settle notes what a seeker has found.
func (s *outward) settle(k *seeker) {
	s.bound[k.p] = k.d2
	if k.next != none {
		s.next[k.p] = k.next
		s.offer(k.set, k.d2)
	}
}

// visit looks in node i, which may have nearer rows.
func (s *outward) visit(i int) {
	if s.leaf(i) {
		s.scan(i)
		return
	}
	near, far := 2*i+1, 2*i+2
	dn, df := s.reach(near), s.reach(far)
	if df < dn {
		near, far, dn, df = far, near, df, dn
	}
	if dn < s.far {
		s.visit(near)
	}
	if df < s.far {
		s.visit(far)
	}
}

// scan compares the seekers with the rows of leaf i.
func (s *outward) scan(i int) {
	nd := &s.nodes[i]
	better, done := false, false
	var apart, d2 [leafRows]float64
	s.boxDists(s.home, i, &apart)
	for a := range s.seek {
		k := &s.seek[a]
		if best := math.Float64frombits(s.best[k.set].Load()); best < k.d2 {
			k.d2, k.next = best, none
			better = true
			if k.d2 <= s.bound[k.p] {
				done = true
				continue
			}
		}
		if s.ofNode[i] == k.set || s.least[i] >= k.d2 {
			continue
		}
		if apart[k.p-s.first] >= k.d2 {
			continue
		}
		q := s.At(int(k.p))
		for h, j := s.inside(i, q, k.d2, &d2), 0; h != 0; {
			j, h = h.next()
			if p := nd.lo + int32(j); s.boruvka.set[p] != k.set && max(d2[j], s.Mutual.core[p]) < k.d2 {
				k.d2, k.next = max(d2[j], k.core, s.Mutual.core[p]), p
				s.offer(k.set, k.d2)
				better = true
				if k.d2 <= s.bound[k.p] { // nothing is nearer
					done = true
					break
				}
			}
		}
	}
	if done {
		s.seek = slices.DeleteFunc(s.seek, func(k seeker) bool {
			if k.d2 > s.bound[k.p] {
				return false
			}
			s.settle(&k)
			return true
		})
	}
	if better {
		s.measure()
	}
}

// reach returns a lower bound of the squared distance of the seekers to the
// rows of node i outside of their sets, or any number from s.far on if there is
// none nearer.
func (s *outward) reach(i int) float64 {
	if s.set != none && s.ofNode[i] == s.set || s.least[i] >= s.far {
		return math.Inf(1)
	}
	lo, hi := s.bounds(i)
	slo, shi := s.lo[:len(lo)], s.hi[:len(lo)]
	hi = hi[:len(lo)]
	var sum float64
	for j, l := range lo {
		v := max(l-shi[j], slo[j]-hi[j], 0)
		sum += float64(v * v)
		if sum >= s.far {
			break
		}
	}
	return max(sum, s.least[i])
}

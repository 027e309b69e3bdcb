package near

import "math"

// An outward looks for the nearest rows outside of their sets, for the rows of
// a leaf at once: what is too far from the leaf's box is too far for all.
type outward struct {
	*boruvka
	rows  block // of the leaf
	start int32 // its first place
	seek  hits  // its rows whose nearest row isn't known yet
	set   int32 // that all of them are in, or none

	// Of each of its rows: the nearest so far or none, and its distance or what
	// that must be less than; the greatest number below that.
	next  [leafRows]int32
	d2    [leafRows]float64
	limit [leafRows]float64

	box []float64 // of those that seek
	far float64   // the greatest d2 of them
}

// here compares the rows of a leaf with each other.
func (s *outward) here(leaf int32) {
	if s.ofNode[leaf] != none {
		return
	}
	lo, hi := s.nodes[leaf].lo, s.nodes[leaf].hi
	set, core := s.boruvka.set, s.core
	for p := lo; p < hi; p++ {
		s.near[p] = math.Inf(1)
	}
	for p := lo; p < hi; p++ {
		for q := p + 1; q < hi; q++ {
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
	for p := lo; p < hi; p++ {
		if set[p] != s.largest && s.beside[p] != none {
			s.offer(set[p], s.near[p])
		}
	}
}

// leave looks for the nearest rows of those of a leaf in other leaves.
func (s *outward) leave(leaf int32) {
	nd := &s.nodes[leaf]
	s.rows, s.start, s.seek = s.block(int(leaf)), nd.lo, 0
	for k := range int(nd.hi - nd.lo) {
		p := s.start + int32(k)
		set := s.boruvka.set[p]
		if set == s.largest || s.boruvka.next[p] != none {
			continue
		}
		if d2 := math.Float64frombits(s.best[set].Load()); s.bound[p] < d2 {
			s.seek |= 1 << k
			s.next[k] = none
			s.less(k, d2)
		}
	}
	if s.seek == 0 {
		return
	}
	s.enclose()
	for i := leaf; i > 0 && s.seek != 0; i = s.up[i] {
		sibling := i + 1
		if s.kid[s.up[i]] != i {
			sibling = i - 1
		}
		if s.reach(sibling) < s.far {
			s.visit(sibling)
		}
	}
	for h, k := s.seek, 0; h != 0; {
		k, h = h.next()
		s.end(k)
	}
}

// less notes what the distance of the k-th row's nearest is or must be less than.
func (s *outward) less(k int, d2 float64) { s.d2[k], s.limit[k] = d2, math.Nextafter(d2, -1) }

// enclose works out the box, the set and the farthest of the rows that seek.
func (s *outward) enclose() {
	s.set = none
	s.box = s.box[:0]
	d := s.d
	for h, k := s.seek, 0; h != 0; {
		k, h = h.next()
		p := s.start + int32(k)
		row := s.At(int(p))
		if len(s.box) == 0 {
			s.set = s.boruvka.set[p]
			s.box = append(append(s.box, row...), row...)
		}
		if s.boruvka.set[p] != s.set {
			s.set = none
		}
		lo, hi := s.box[:d], s.box[d:]
		for j, v := range row {
			lo[j], hi[j] = min(lo[j], v), max(hi[j], v)
		}
	}
	s.measure()
}

func (s *outward) measure() {
	s.far = -1
	for h, k := s.seek, 0; h != 0; {
		k, h = h.next()
		s.far = max(s.far, s.d2[k])
	}
}

// end notes what the k-th row has found.
func (s *outward) end(k int) {
	p := s.start + int32(k)
	s.seek &^= 1 << k
	if s.next[k] == none {
		s.bound[p] = max(s.bound[p], s.d2[k])
		return
	}
	s.bound[p], s.boruvka.next[p] = s.d2[k], s.next[k]
	s.offer(s.boruvka.set[p], s.d2[k])
}

// visit looks in node i, which may have nearer rows.
func (s *outward) visit(i int32) {
	near := s.kid[i]
	if near == 0 {
		s.scan(int(i))
		return
	}
	far := near + 1
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

// heed takes over what others have found for the sets of the rows that seek. It
// tells whether that is nearer for any.
func (s *outward) heed() (nearer bool) {
	if s.set != none && math.Float64frombits(s.best[s.set].Load()) >= s.far {
		return false
	}
	for h, k := s.seek, 0; h != 0; {
		k, h = h.next()
		p := s.start + int32(k)
		if best := math.Float64frombits(s.best[s.boruvka.set[p]].Load()); best < s.d2[k] {
			s.next[k] = none
			s.less(k, best)
			nearer = true
			if best <= s.bound[p] {
				s.end(k)
			}
		}
	}
	return nearer
}

// scan compares the rows that seek with those of leaf i.
func (s *outward) scan(i int) {
	nearer := s.heed()
	var apart, d2 [leafRows]float64
	start := s.nodes[i].lo
	for h, k := s.rows.within(s.boxOf(i), s.seek, &s.limit, &apart), 0; h != 0; {
		k, h = h.next()
		p := s.start + int32(k)
		set := s.boruvka.set[p]
		if s.ofNode[i] == set || s.least[i] >= s.d2[k] {
			continue
		}
		for in, j := s.inside(i, s.At(int(p)), s.limit[k], &d2), 0; in != 0; {
			j, in = in.next()
			q := start + int32(j)
			if s.boruvka.set[q] == set || max(d2[j], s.core[q]) >= s.d2[k] {
				continue
			}
			s.next[k] = q
			s.less(k, max(d2[j], s.core[p], s.core[q]))
			s.offer(set, s.d2[k])
			nearer = true
			if s.d2[k] <= s.bound[p] { // nothing is nearer
				s.end(k)
				break
			}
		}
	}
	if nearer {
		s.measure()
	}
}

// reach returns a lower bound of the squared distance of the rows that seek to
// the rows of node i outside of their sets, or any number from far on if there
// is none nearer.
func (s *outward) reach(i int32) float64 {
	if s.set != none && s.ofNode[i] == s.set || s.least[i] >= s.far {
		return math.Inf(1)
	}
	return max(boxesDist(s.box, s.boxOf(int(i)), s.far), s.least[i])
}

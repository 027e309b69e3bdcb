package near

import "math"

// A Mutual searches a tree by mutual reachability distance (Campello, Moulavi,
// Sander 2013): that of two rows is the greatest of their distance and of the
// core distances of both. It is squared, as all distances here, and the core
// distances are given squared. A Mutual is immutable and safe for concurrent
// use.
type Mutual struct {
	*Tree
	core  []float64 // by place
	least []float64 // by node: the least of its rows
}

// Mutual returns a search by mutual reachability; core is the squared core
// distance of each row of the matrix, as KthDistances gives it. It takes
// MutualBytes memory besides the tree.
func (t *Tree) Mutual(core []float64) *Mutual {
	place := make([]float64, t.Len())
	for p, row := range t.row {
		place[p] = core[row]
	}
	return t.mutual(place, t.shape())
}

// mutual is Mutual for core distances by place, which it keeps, and a tree of
// that shape.
func (t *Tree) mutual(core []float64, s shape) *Mutual {
	r := &Mutual{Tree: t, core: core, least: make([]float64, len(t.nodes))}
	for i := len(t.nodes) - 1; i >= 0; i-- {
		if kid := s.kid[i]; kid != 0 {
			r.least[i] = min(r.least[kid], r.least[kid+1])
			continue
		}
		r.least[i] = math.Inf(1)
		for _, c := range r.core[t.nodes[i].lo:t.nodes[i].hi] {
			r.least[i] = min(r.least[i], c)
		}
	}
	return r
}

// MutualBytes returns the size of a Mutual over n rows, without its tree.
func MutualBytes(n int) int64 { return int64(n)*8 + int64(mostNodes(n))*8 }

// Nearest returns the row of least squared mutual reachability distance to q,
// whose own squared core distance is core, and that distance. Of several the
// one of least distance is returned, and of several of these the lowest.
func (r *Mutual) Nearest(q []float64, core float64) (row int, reach2 float64) {
	s := reachable{Mutual: r, q: q, core: core, row: math.MaxInt32, reach2: math.Inf(1), d2: math.Inf(1)}
	s.visit(0)
	return int(s.row), s.reach2
}

type reachable struct {
	*Mutual
	q          []float64
	core       float64
	row        int32
	reach2, d2 float64
}

func (s *reachable) visit(i int) {
	if s.leaf(i) {
		for p := int(s.nodes[i].lo); p < int(s.nodes[i].hi); p++ {
			d2 := sqDist(s.At(p), s.q, s.reach2)
			reach2 := max(d2, s.core, s.Mutual.core[p])
			if reach2 < s.reach2 || reach2 == s.reach2 && (d2 < s.d2 || d2 == s.d2 && s.Tree.row[p] < s.row) {
				s.row, s.reach2, s.d2 = s.Tree.row[p], reach2, d2
			}
		}
		return
	}
	near, far, dn, df := s.children(i, s.q, s.reach2)
	if s.worth(near, dn) {
		s.visit(near)
	}
	if s.worth(far, df) {
		s.visit(far)
	}
}

// worth tells whether node i, of which all rows are at least at squared
// distance d2, may have a row to be preferred to the one found.
func (s *reachable) worth(i int, d2 float64) bool {
	reach2 := max(d2, s.core, s.least[i])
	return reach2 < s.reach2 || reach2 == s.reach2 && d2 <= s.d2
}

package near

import "math"

// The functions below add up in the order of the columns. Products are
// converted to float64 so that no compiler fuses them with the addition, which
// would round otherwise on other machines. As soon as a sum is above limit it
// is returned as it is: sums of squares only grow.

// SqDist returns the squared distance of a and b.
func SqDist(a, b []float64) float64 {
	var s float64
	b = b[:len(a)]
	for j, v := range a {
		v -= b[j]
		s += float64(v * v)
	}
	return s
}

// sqDist returns the squared distance of a and b if that is at most limit,
// else any number above limit.
func sqDist(a, b []float64, limit float64) float64 {
	var s float64
	b = b[:len(a)]
	for j, v := range a {
		v -= b[j]
		s += float64(v * v)
		if s > limit {
			break
		}
	}
	return s
}

// sqDist8 is sqDist for places where most sums end above limit: it looks at
// every eighth only, since branches that no one can foresee cost more than
// additions.
func sqDist8(a, b []float64, limit float64) float64 {
	var s float64
	for len(a) >= 8 && len(b) >= 8 {
		x, y := (*[8]float64)(a), (*[8]float64)(b)
		v0, v1, v2, v3 := x[0]-y[0], x[1]-y[1], x[2]-y[2], x[3]-y[3]
		v4, v5, v6, v7 := x[4]-y[4], x[5]-y[5], x[6]-y[6], x[7]-y[7]
		s += float64(v0 * v0)
		s += float64(v1 * v1)
		s += float64(v2 * v2)
		s += float64(v3 * v3)
		s += float64(v4 * v4)
		s += float64(v5 * v5)
		s += float64(v6 * v6)
		s += float64(v7 * v7)
		if s > limit {
			return s
		}
		a, b = a[8:], b[8:]
	}
	b = b[:len(a)]
	for j, v := range a {
		v -= b[j]
		s += float64(v * v)
	}
	return s
}

// minDist returns a lower bound of the squared distance of q to the rows of
// node i, or any number above limit if the bound is.
func (t *Tree) minDist(i int, q []float64, limit float64) float64 {
	return minDist(t.boxOf(i), q, limit)
}

func minDist(box, q []float64, limit float64) float64 {
	lo, hi := box[:len(q)], box[len(q):]
	hi, q = hi[:len(lo)], q[:len(lo)]
	var s float64
	for j, l := range lo {
		v := q[j]
		switch {
		case v < l:
			v = l - v
		case v > hi[j]:
			v -= hi[j]
		default:
			continue
		}
		s += float64(v * v)
		if s > limit {
			break
		}
	}
	return s
}

// boxDist is minDist of a box without a branch for each column. Of l−q and q−h one is
// at most 0, and x+|x| is 0 for that and twice the other: exact, so that the
// sum is four times that of minDist to the last bit.
func boxDist(box, q []float64, limit float64) float64 {
	all := q
	lo, hi := box[:len(q)], box[len(q):]
	var s float64
	for len(lo) >= 4 && len(hi) >= 4 && len(q) >= 4 && s <= 4*limit {
		l, h, v := (*[4]float64)(lo), (*[4]float64)(hi), (*[4]float64)(q)
		v0, v1, v2, v3 := outside(l[0], h[0], v[0]), outside(l[1], h[1], v[1]), outside(l[2], h[2], v[2]), outside(l[3], h[3], v[3])
		s += float64(v0 * v0)
		s += float64(v1 * v1)
		s += float64(v2 * v2)
		s += float64(v3 * v3)
		lo, hi, q = lo[4:], hi[4:], q[4:]
	}
	if len(lo) < 4 {
		for j, l := range lo {
			v := outside(l, hi[j], q[j])
			s += float64(v * v)
		}
	}
	if s > math.MaxFloat64 || s > 0 && s < 0x1p-960 { // squares out of range
		return minDist(box, all, limit)
	}
	return s / 4
}

// children returns the children of node i, that nearer to q first, with bounds of
// the squared distances of q to their rows as minDist returns them.
func (t *Tree) children(i int, q []float64, limit float64) (near, far int, dn, df float64) {
	near, far = 2*i+1, 2*i+2
	dn, df = boxDist(t.boxOf(near), q, limit), boxDist(t.boxOf(far), q, limit)
	if df < dn {
		return far, near, df, dn
	}
	return near, far, dn, df
}

// outside returns twice by how much v is outside of l to h.
func outside(l, h, v float64) float64 {
	below, above := l-v, v-h
	return (below + math.Abs(below)) + (above + math.Abs(above))
}

// maxDist returns an upper bound of the squared distance of q to the rows of
// node i, or any number above limit if the bound is.
func (t *Tree) maxDist(i int, q []float64, limit float64) float64 {
	lo, hi := t.bounds(i)
	hi, q = hi[:len(lo)], q[:len(lo)]
	var s float64
	for j, l := range lo {
		v := max(q[j]-l, hi[j]-q[j])
		s += float64(v * v)
		if s > limit {
			break
		}
	}
	return s
}

// boxesDist returns a lower bound of the squared distance of the rows in a box to
// those in another, or any number above limit if the bound is. It is worked out
// as boxDist is.
func boxesDist(a, b []float64, limit float64) float64 {
	d := len(a) / 2
	alo, ahi, blo, bhi := a[:d], a[d:], b[:d], b[d:]
	var s float64
	for len(alo) >= 4 && len(ahi) >= 4 && len(blo) >= 4 && len(bhi) >= 4 && s <= 4*limit {
		al, ah, bl, bh := (*[4]float64)(alo), (*[4]float64)(ahi), (*[4]float64)(blo), (*[4]float64)(bhi)
		v0, v1, v2, v3 := between(al[0], ah[0], bl[0], bh[0]), between(al[1], ah[1], bl[1], bh[1]), between(al[2], ah[2], bl[2], bh[2]), between(al[3], ah[3], bl[3], bh[3])
		s += float64(v0 * v0)
		s += float64(v1 * v1)
		s += float64(v2 * v2)
		s += float64(v3 * v3)
		alo, ahi, blo, bhi = alo[4:], ahi[4:], blo[4:], bhi[4:]
	}
	if len(alo) < 4 {
		for j, l := range alo {
			v := between(l, ahi[j], blo[j], bhi[j])
			s += float64(v * v)
		}
	}
	if s > math.MaxFloat64 || s > 0 && s < 0x1p-960 { // squares out of range
		return boxesDistExact(a, b)
	}
	return s / 4
}

// between returns twice how far the intervals al to ah and bl to bh are apart.
func between(al, ah, bl, bh float64) float64 {
	below, above := bl-ah, al-bh
	return (below + math.Abs(below)) + (above + math.Abs(above))
}

func boxesDistExact(a, b []float64) float64 {
	d := len(a) / 2
	var s float64
	for j := range d {
		v := max(b[j]-a[d+j], a[j]-b[d+j], 0)
		s += float64(v * v)
	}
	return s
}

// span returns an upper bound of the squared distance of the rows of node a to
// those of node b, or any number above limit if the bound is.
func (t *Tree) span(a, b int, limit float64) float64 {
	alo, ahi := t.bounds(a)
	blo, bhi := t.bounds(b)
	ahi, blo, bhi = ahi[:len(alo)], blo[:len(alo)], bhi[:len(alo)]
	var s float64
	for j, l := range alo {
		v := max(ahi[j]-blo[j], bhi[j]-l)
		s += float64(v * v)
		if s > limit {
			break
		}
	}
	return s
}

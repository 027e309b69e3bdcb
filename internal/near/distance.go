package near

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

// minDist returns a lower bound of the squared distance of q to the rows of
// node i, or any number above limit if the bound is.
func (t *Tree) minDist(i int, q []float64, limit float64) float64 {
	lo, hi := t.bounds(i)
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

// apart returns a lower bound of the squared distance of the rows of node a to
// those of node b, or any number above limit if the bound is.
func (t *Tree) apart(a, b int, limit float64) float64 {
	alo, ahi := t.bounds(a)
	blo, bhi := t.bounds(b)
	ahi, blo, bhi = ahi[:len(alo)], blo[:len(alo)], bhi[:len(alo)]
	var s float64
	for j, l := range alo {
		var v float64
		switch {
		case ahi[j] < blo[j]:
			v = blo[j] - ahi[j]
		case bhi[j] < l:
			v = l - bhi[j]
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

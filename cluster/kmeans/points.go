package kmeans

import "math"

// lanes is how many points the inner loop measures a row against at once, so
// that their additions don't wait for one another.
const lanes = 4

// points are k points of d dimensions, laid out for measuring rows against
// all of them: v[b·d+j] is column j of points lanes·b to lanes·b+lanes-1.
// Places past the last point are filled up with points at infinity.
type points struct {
	k, d int
	v    [][lanes]float64
}

func newPoints(k, d int) *points {
	p := &points{k: k, d: d, v: make([][lanes]float64, (k+lanes-1)/lanes*d)}
	for i := range p.v {
		p.v[i] = [lanes]float64{math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1)}
	}
	return p
}

// resize makes them k points, for which there must be places.
func (p *points) resize(k int) {
	p.k = k
	p.v = p.v[:(k+lanes-1)/lanes*p.d]
	for c := k; c%lanes != 0; c++ {
		for j := range p.d {
			p.v[c/lanes*p.d+j][c%lanes] = math.Inf(1)
		}
	}
}

// set makes row the c-th point.
func (p *points) set(c int, row []float64) {
	for j, v := range row {
		p.v[c/lanes*p.d+j][c%lanes] = v
	}
}

// setAll makes the rows of x the points.
func (p *points) setAll(x []float64) {
	for c := range p.k {
		p.set(c, x[c*p.d:(c+1)*p.d])
	}
}

// block returns the points from lanes·b on.
func (p *points) block(b int) [][lanes]float64 { return p.v[b*p.d : (b+1)*p.d] }

// nearest returns the point nearest to row, the first of several, and its
// squared distance and that of the second nearest (+Inf if there is none).
func (p *points) nearest(row []float64) (best int, d1, d2 float64) {
	d1, d2 = math.Inf(1), math.Inf(1)
	for c := 0; c < p.k; c += lanes {
		s0, s1, s2, s3 := sqDists(row, p.v[c/lanes*p.d:])
		if min(s0, s1, s2, s3) >= d2 {
			continue
		}
		for l, s := range [lanes]float64{s0, s1, s2, s3} {
			if s < d1 {
				best, d1, d2 = c+l, s, d1
			} else if s < d2 {
				d2 = s
			}
		}
	}
	return best, d1, d2
}

// sqDists returns the squared distances of row to the points of a block. They
// are the same to the bit as those of sqDist: float64 keeps machines that
// could from fusing the multiplication with the addition.
func sqDists(row []float64, block [][lanes]float64) (s0, s1, s2, s3 float64) {
	block = block[:len(row)]
	for j, v := range row {
		c := &block[j]
		t0, t1, t2, t3 := v-c[0], v-c[1], v-c[2], v-c[3]
		s0 += float64(t0 * t0)
		s1 += float64(t1 * t1)
		s2 += float64(t2 * t2)
		s3 += float64(t3 * t3)
	}
	return
}

// sqDist returns the squared distance of two points.
func sqDist(a, b []float64) (s float64) {
	b = b[:len(a)]
	for j, v := range a {
		t := v - b[j]
		s += float64(t * t)
	}
	return s
}

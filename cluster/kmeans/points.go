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

// blocks returns how many blocks k points are.
func blocks(k int) int { return (k + lanes - 1) / lanes }

func newPoints(k, d int) *points {
	p := &points{k: k, d: d, v: make([][lanes]float64, blocks(k)*d)}
	for i := range p.v {
		p.v[i] = [lanes]float64{math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1)}
	}
	return p
}

// resize makes them k points, for which there must be places.
func (p *points) resize(k int) {
	p.k = k
	p.v = p.v[:blocks(k)*p.d]
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

// A ranking is what a search for the nearest of points finds, lane by lane.
type ranking struct {
	least, second [lanes]float64 // squared distances; +Inf if there are none
	block         [lanes]float64 // the block of the least, the first of several
	beyond        [lanes]float64 // the least bound of points left out; +Inf if there are none
}

// first returns the nearest point, the first of several, and the squared
// distances of it and of the next of those that were not left out.
func (r *ranking) first() (best int, d1, d2 float64) {
	at := 0
	best = int(r.block[0]) * lanes
	for l := 1; l < lanes; l++ {
		if c := int(r.block[l])*lanes + l; r.least[l] < r.least[at] || r.least[l] == r.least[at] && c < best {
			at, best = l, c
		}
	}
	d2 = r.second[at]
	for l, s := range r.least {
		if l != at {
			d2 = min(d2, s)
		}
	}
	return best, r.least[at], d2
}

// rank takes in the squared distances of a block.
func (r *ranking) rank(block int, s [lanes]float64) {
	for l, s := range s {
		if s < r.least[l] {
			r.least[l], r.second[l], r.block[l] = s, r.least[l], float64(block)
		} else {
			r.second[l] = min(r.second[l], s)
		}
	}
}

var unranked = func() (r ranking) {
	for l := range lanes {
		r.least[l], r.second[l], r.beyond[l] = math.Inf(1), math.Inf(1), math.Inf(1)
	}
	return r
}()

// nearest returns the point nearest to row, the first of several, and its
// squared distance and that of the second nearest (+Inf if there is none).
func (p *points) nearest(row []float64) (best int, d1, d2 float64) {
	var r ranking
	if fast {
		nearestAVX2(&p.v[0], &row[0], p.d, len(p.v)/p.d, &r)
	} else {
		p.nearestGo(row, &r)
	}
	return r.first()
}

func (p *points) nearestGo(row []float64, r *ranking) {
	*r = unranked
	for b := range len(p.v) / p.d {
		r.rank(b, sqDists(row, p.block(b)))
	}
}

// nearestBounded is nearest where bounds are known of the distances to points:
// far less drift, in the order of the points, as many as blocks have places.
// Blocks of which all bounds are above limit, which must be no less than the
// distance to the nearest point, are left out; far is made exact for others.
// beyond is the least bound of what was left out.
func (p *points) nearestBounded(row, far, drift []float64, limit float64) (best int, d1, d2, beyond float64) {
	var r ranking
	if fast {
		nearestBoundedAVX2(&p.v[0], &row[0], p.d, len(p.v)/p.d, &far[0], &drift[0], limit, &r)
	} else {
		p.nearestBoundedGo(row, far, drift, limit, &r)
	}
	best, d1, d2 = r.first()
	return best, d1, d2, min(r.beyond[0], r.beyond[1], r.beyond[2], r.beyond[3])
}

func (p *points) nearestBoundedGo(row, far, drift []float64, limit float64, r *ranking) {
	*r = unranked
	for b := range len(p.v) / p.d {
		far, drift := (*[lanes]float64)(far[b*lanes:]), (*[lanes]float64)(drift[b*lanes:])
		bound := [lanes]float64{far[0] - drift[0], far[1] - drift[1], far[2] - drift[2], far[3] - drift[3]}
		if min(bound[0], bound[1], bound[2], bound[3]) > limit {
			for l, v := range bound {
				r.beyond[l] = min(r.beyond[l], v)
			}
			continue
		}
		s := sqDists(row, p.block(b))
		r.rank(b, s)
		for l, s := range s {
			far[l] = math.Sqrt(s) + drift[l]
		}
	}
}

// pots adds to pots the weighted squared distance of each of the rows to its
// nearest centre, which is upper, or to a point of a block if that is less, for
// each point. No point is nearer to a row whose upper is less than the reach of
// its label: what these come to is returned.
func pots(rows []float64, d int, upper, w []float64, label []int32, reach []float64, block [][lanes]float64, pots *[lanes]float64) (rest float64) {
	if fast {
		return potsAVX2(&rows[0], len(w), d, &upper[0], &w[0], &label[0], &reach[0], &block[0], pots)
	}
	return potsGo(rows, d, upper, w, label, reach, block, pots)
}

func potsGo(rows []float64, d int, upper, w []float64, label []int32, reach []float64, block [][lanes]float64, pots *[lanes]float64) (rest float64) {
	for i, now := range upper {
		if now < reach[label[i]] {
			rest += float64(w[i] * now)
			continue
		}
		for l, s := range sqDists(rows[i*d:(i+1)*d], block) {
			pots[l] += float64(w[i] * min(now, s))
		}
	}
	return rest
}

// sqDists returns the squared distances of row to the points of a block. They
// are the same to the bit as those of sqDist: float64 keeps machines that
// could from fusing the multiplication with the addition.
func sqDists(row []float64, block [][lanes]float64) [lanes]float64 {
	var s0, s1, s2, s3 float64
	block = block[:len(row)]
	for j, v := range row {
		c := &block[j]
		t0, t1, t2, t3 := v-c[0], v-c[1], v-c[2], v-c[3]
		s0 += float64(t0 * t0)
		s1 += float64(t1 * t1)
		s2 += float64(t2 * t2)
		s3 += float64(t3 * t3)
	}
	return [lanes]float64{s0, s1, s2, s3}
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

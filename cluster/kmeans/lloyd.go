package kmeans

import (
	"context"
	"math"
	"slices"
)

// A run moves k centres from their first places to where they stay: Lloyd's
// iteration, in which Hamerly's bounds spare most rows the search for their
// nearest centre, and Elkan's, where they pay, most of what is left of it. All
// memory but theirs is allocated once.
//
// The rows are cut into chunks whose size doesn't depend on the number of
// workers. What is summed is summed by chunk, then over the chunks in order.
type run struct {
	*data
	k     int
	crew  *crew
	chunk int  // rows of a chunk
	fresh bool // sum up all chunks, whether a label changes or not

	centres, last []float64 // k×d: now, and before the last move
	near          *points   // the centres
	label         []int32   // the nearest centre of each row
	upper, lower  []float64 // bounds of the distances of each row to its centre (above) and to any other (below)
	moved, others []float64 // how far each centre has moved, and the farthest that any other has
	half          []float64 // half the distance of each centre to the next
	elkan

	parts   []float64 // sums of each chunk, k×(d+3) as of tally
	changed []bool    // the chunks in which a label changed
	sums    []float64 // of all chunks
	mass    []float64 // a number of each chunk, when seeding and when measuring
	slack   float64
}

// minChunk is the least size of a chunk. Chunks have several rows for each
// cluster, so that the sums are small beside the rows.
const minChunk = 1024

func chunkSize(k int) int { return max(minChunk, 4*k) }

func newRun(a *data, k int, c *crew) *run {
	chunk := chunkSize(k)
	chunks := (a.n + chunk - 1) / chunk
	floats := func(n int) []float64 { return make([]float64, n) }
	return &run{
		data: a, k: k, crew: c, chunk: chunk,
		centres: floats(k * a.d), last: floats(k * a.d), near: newPoints(k, a.d),
		label: make([]int32, a.n), upper: floats(a.n), lower: floats(a.n),
		moved: floats(k), others: floats(k), half: floats(k),
		parts: floats(chunks * k * (a.d + 3)), changed: make([]bool, chunks),
		sums: floats(k * (a.d + 3)), mass: floats(chunks),
		// Bounds are wrong by rounding, which is less than this by orders of
		// magnitude; rows that are closer to being undecided are measured.
		slack: 1e-9 * a.diameter,
	}
}

func (r *run) centre(c int) []float64 { return r.centres[c*r.d : (c+1)*r.d] }

// span returns the rows of chunk c.
func (r *run) span(c int) (lo, hi int) { return c * r.chunk, min((c+1)*r.chunk, r.n) }

// lloyd moves the centres until no label changes, or their squared moves sum
// to tol at most, or maxIter times. In the end labels are those of the
// centres, and the centres are in ascending order of their values unless
// maxIter came first. step is called before each move.
func (r *run) lloyd(ctx context.Context, maxIter int, tol float64, step func()) (moves int, settled bool, err error) {
	if elkanPays(r.k, r.d, maxIter) {
		r.elkan = newElkan(r.n, r.k)
		defer func() { r.elkan = elkan{} }()
	}
	return r.iterate(ctx, maxIter, tol, step)
}

// iterate is lloyd with such bounds as there are.
func (r *run) iterate(ctx context.Context, maxIter int, tol float64, step func()) (moves int, settled bool, err error) {
	assign := r.assign
	r.fresh = true
	r.begin()
	shift, relocated := math.Inf(1), true // nothing is settled before the first move
	for ; ; moves++ {
		if err := ctx.Err(); err != nil {
			return moves, false, err
		}
		r.crew.do(len(r.changed), assign)
		settled = !relocated && (shift <= tol || !slices.Contains(r.changed, true))
		if settled && r.sort() {
			// Rows as near to one centre as to another may change now.
			r.begin()
			r.fresh = true
			r.crew.do(len(r.changed), assign)
			settled = !slices.Contains(r.changed, true)
		}
		if settled || moves == maxIter {
			return moves, settled, nil
		}
		r.fresh = false
		step()
		if shift, relocated = r.move(); moves%elkanMoves == elkanMoves-1 {
			r.elkan.begin()
		}
	}
}

// begin makes the centres those that rows are measured against, where the
// bounds hold for them as they are.
func (r *run) begin() {
	clear(r.moved)
	clear(r.others)
	r.elkan.begin()
	r.near.setAll(r.centres)
	r.halve()
}

// sort numbers the centres in ascending order of their values, by which models
// decide between centres equally near. It tells whether any number changed.
func (r *run) sort() bool {
	order := make([]int, r.k)
	for c := range order {
		order[c] = c
	}
	slices.SortFunc(order, func(a, b int) int { return slices.Compare(r.centre(a), r.centre(b)) })
	if slices.IsSorted(order) {
		return false
	}
	copy(r.last, r.centres)
	number := make([]int32, r.k)
	for to, c := range order {
		number[c] = int32(to)
		copy(r.centre(to), r.last[c*r.d:(c+1)*r.d])
	}
	for i, l := range r.label {
		r.label[i] = number[l]
	}
	return true
}

// assign labels the rows of a chunk with their nearest centres, and sums them
// up if a label has changed.
func (r *run) assign(c int) {
	lo, hi := r.span(c)
	changed := false
	for i := lo; i < hi; i++ {
		a := r.label[i]
		u, l := r.upper[i]+r.moved[a], r.lower[i]-r.others[a]
		bound := max(l, r.half[a]) - r.slack
		if u >= bound {
			row := r.row(i)
			if u = math.Sqrt(sqDist(row, r.centre(int(a)))); u >= bound {
				var b int
				if b, u, l = r.search(i, row, u); int32(b) != a {
					r.label[i], changed = int32(b), true
				}
			}
		}
		r.upper[i], r.lower[i] = u, l
	}
	r.changed[c] = changed
	if changed || r.fresh {
		r.add(c)
	}
}

// add sums up the rows of a chunk.
func (r *run) add(c int) {
	size := r.k * (r.d + 3)
	part := r.parts[c*size : (c+1)*size]
	clear(part)
	lo, hi := r.span(c)
	d, low := r.d, r.low
	x := r.x[lo*d : hi*d]
	for i := lo; i < hi; i++ { // tally, without its calls
		w := r.w[i]
		s := part[int(r.label[i])*(d+3):][:d+3]
		for j, v := range x[:d] {
			s[j] += float64(w * (v - low[j]))
		}
		s[d] += w
		s[d+1]++
		s[d+2] += float64(i)
		x = x[d:]
	}
}

// tally adds row i with weight w and count n to the sums of cluster c: its
// difference from low (d numbers), its weight, the number of
// distinct rows and the sum of their numbers. A cluster of one distinct row
// is told by the last two, so that its centre can be just that row.
func (r *run) tally(sums []float64, c, i int, w, n float64) {
	s, low := sums[c*(r.d+3):(c+1)*(r.d+3)], r.low
	for j, v := range r.row(i) {
		s[j] += float64(w * (v - low[j]))
	}
	s[r.d] += w
	s[r.d+1] += n
	s[r.d+2] += n * float64(i)
}

// move puts each centre at the mean of its rows, and those that have none at
// the rows that are farthest from their centres. It returns the sum of the
// squared moves.
func (r *run) move() (shift float64, relocated bool) {
	size := len(r.sums)
	clear(r.sums)
	for c := range r.changed {
		for i, v := range r.parts[c*size : (c+1)*size] {
			r.sums[i] += v
		}
	}
	relocated = r.relocate()
	copy(r.last, r.centres)
	for c := range r.k {
		s, to := r.sums[c*(r.d+3):(c+1)*(r.d+3)], r.centre(c)
		switch weight, rows := s[r.d], s[r.d+1]; rows {
		case 0: // nowhere to go
		case 1:
			copy(to, r.row(int(s[r.d+2])))
		default:
			for j := range to {
				to[j] = r.low[j] + s[j]/weight
			}
		}
	}
	r.near.setAll(r.centres)
	// The two longest moves serve all centres.
	long, long2 := 0.0, 0.0
	for c := range r.k {
		s := sqDist(r.centre(c), r.last[c*r.d:(c+1)*r.d])
		shift += s
		r.moved[c] = math.Sqrt(s)
		if r.moved[c] > long {
			long, long2 = r.moved[c], long
		} else {
			long2 = max(long2, r.moved[c])
		}
	}
	for c := range r.k {
		r.others[c] = long
		if r.moved[c] == long {
			r.others[c] = long2
		}
	}
	r.elkan.move(r.moved)
	r.halve()
	return shift, relocated
}

// halve works out half the distances between centres: a row that is nearer to
// its centre than that needn't look for another.
func (r *run) halve() {
	for c := range r.k {
		_, _, next := r.near.nearest(r.centre(c))
		r.half[c] = math.Sqrt(next) / 2
	}
}

// relocate moves rows, in the sums, to clusters that have none: the farthest
// from their centres, but the last of no cluster. It tells whether there were
// such clusters.
func (r *run) relocate() (any bool) {
	var taken []int
	for c := range r.k {
		if r.sums[c*(r.d+3)+r.d+1] > 0 {
			continue
		}
		far, dist := -1, 0.0
		for i := range r.n {
			a := int(r.label[i])
			if r.sums[a*(r.d+3)+r.d+1] < 2 {
				continue
			}
			if s := sqDist(r.row(i), r.centre(a)); s > dist && !slices.Contains(taken, i) {
				far, dist = i, s
			}
		}
		if far < 0 {
			return any
		}
		r.tally(r.sums, int(r.label[far]), far, -r.w[far], -1)
		r.tally(r.sums, c, far, r.w[far], 1)
		taken, any = append(taken, far), true
	}
	return any
}

// quality returns the inertia, which is the weighted sum of the squared
// distances of the rows to their centres, and the weighted mean distance. It
// leaves in upper and mass what they hold while seeding.
func (r *run) quality() (inertia, meanDistance float64) {
	distances := make([]float64, len(r.mass))
	r.crew.do(len(r.mass), func(c int) {
		lo, hi := r.span(c)
		var squares, roots float64
		for i := lo; i < hi; i++ {
			s := sqDist(r.row(i), r.centre(int(r.label[i])))
			r.upper[i] = s
			squares += float64(r.w[i] * s)
			roots += float64(r.w[i] * math.Sqrt(s))
		}
		r.mass[c], distances[c] = squares, roots
	})
	for c := range r.mass {
		inertia += r.mass[c]
		meanDistance += distances[c]
	}
	return inertia, meanDistance / r.total
}

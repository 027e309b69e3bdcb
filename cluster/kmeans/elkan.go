package kmeans

import "math"

const (
	// Bounds of the distance of each row to each centre (Elkan 2003) spare
	// distances where Hamerly's fail, but are k numbers a row to read each time.
	// They pay from about so many columns times centres on (BenchmarkBounds):
	// twenty to forty moves among rows around 2·k places took 1.1 to 1.4 times as
	// long with them up to 2,900, 0.97 times at 57 columns and 64 centres, 0.76 at
	// 128 and 100, 0.57 at 128 and 200.
	elkanFrom = 3500

	// Bounds are begun anew after so many moves, so that what rounding adds up
	// to stays below run.slack.
	elkanMoves = 1024
)

// elkanPays tells whether a run of k centres of d columns, moved at most
// maxIter times, should keep Elkan's bounds. Which bounds are kept changes no
// bit of what is found.
func elkanPays(k, d, maxIter int) bool {
	return k*d >= elkanFrom && maxIter > breathMoves
}

// Elkan's bounds: row i is at least far[i·places+c] − drift[c] away from centre
// c. far is nil where they are not kept.
type elkan struct {
	places     int // of centres: whole blocks of points
	far, drift []float64
}

func newElkan(n, k int) elkan {
	places := blocks(k) * lanes
	return elkan{places, make([]float64, n*places), make([]float64, places)}
}

func elkanBytes(n, k int) int64 { return int64(n+1) * int64(blocks(k)*lanes) * 8 }

// begin forgets all bounds.
func (e *elkan) begin() {
	clear(e.far)
	clear(e.drift)
}

// move takes in how far the centres have moved.
func (e *elkan) move(moved []float64) {
	if e.far != nil {
		for c, v := range moved {
			e.drift[c] += v
		}
	}
}

// search returns the nearest centre of row i, the first of several, its
// distance, and a lower bound of that of any other; u is the distance of one of
// them.
func (r *run) search(i int, row []float64, u float64) (best int, d1, lower float64) {
	if r.far == nil {
		best, d1, d2 := r.near.nearest(row)
		return best, math.Sqrt(d1), math.Sqrt(d2)
	}
	best, d1, d2, beyond := r.near.nearestBounded(row, r.far[i*r.places:(i+1)*r.places], r.drift, u+r.slack)
	return best, math.Sqrt(d1), min(math.Sqrt(d2), beyond)
}

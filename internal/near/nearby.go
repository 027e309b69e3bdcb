package near

import "math"

// A nearby is rows in ascending order of their distance, of those equally far
// in the order in which they came. It is laid out for takeAVX2: distances and
// places side by side, each at 1 + its rank, before them a distance below all
// and behind them, up to the end of a step, what is no number.
type nearby struct {
	n     int
	d2    []float64
	place []int64
}

// step is how many rows takeAVX2 moves at once.
const step = 4

// clear leaves no rows.
func (s *nearby) clear() { s.cut(s.n) }

// room makes room for more rows.
func (s *nearby) room(rows int) {
	had, need := len(s.d2), s.n+rows+1+step
	if need <= had {
		return
	}
	d2, place := make([]float64, need+need/2), make([]int64, need+need/2)
	copy(d2, s.d2)
	copy(place, s.place)
	for i := had; i < len(d2); i++ {
		d2[i] = math.NaN()
	}
	d2[0] = -1
	s.d2, s.place = d2, place
}

// at returns the place and the squared distance of the i-th row.
func (s *nearby) at(i int) (place int32, d2 float64) { return int32(s.place[1+i]), s.d2[1+i] }

// tied returns how many rows are as far as the last.
func (s *nearby) tied() int {
	n, d2 := 1, s.d2[:s.n+1]
	if s.n == 0 {
		return 0
	}
	for d2[s.n-n] == d2[s.n] {
		n++
	}
	return n
}

// cut drops the last rows.
func (s *nearby) cut(rows int) {
	for i := s.n - rows + 1; i <= s.n; i++ {
		s.d2[i] = math.NaN()
	}
	s.n -= rows
}

// insert takes in the row at a place. There is room for it.
func (s *nearby) insert(place int32, d2 float64) {
	at := s.n + 1
	for ; s.d2[at-1] > d2; at-- {
		s.d2[at], s.place[at] = s.d2[at-1], s.place[at-1]
	}
	s.d2[at], s.place[at] = d2, int64(place)
	s.n++
}

// take takes in the rows of a leaf, whose first is at a place, and drops what is
// then farther than the k-th. There is room for all, and there are at most k
// before. It stops, and returns which rows are left, before one at the distance
// 0, before one as far as the k-th, and when one more than k are in, the last two
// of them equally far.
func (s *nearby) take(k int, rows hits, apart *[leafRows]float64, first int) hits {
	left, n := takeAVX2(&s.d2[1], &s.place[1], s.n, k, uint32(rows), apart, first)
	s.n = n
	return hits(left)
}

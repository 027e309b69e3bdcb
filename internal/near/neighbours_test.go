package near

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// nearest compares q with all rows and returns the k samples nearest to it, by
// the definition.
func (t table) nearest(q []float64, k, own float64) []Neighbour {
	n, _ := t.x.Dims()
	var all []Neighbour
	for i := range n {
		row := t.x.RawRowView(i)
		w := t.w(i)
		if slices.Equal(row, q) {
			w = max(0, w-own)
		}
		if w > 0 {
			all = append(all, Neighbour{int32(i), SqDist(row, q), w})
		}
	}
	slices.SortFunc(all, func(a, b Neighbour) int { return cmp.Or(cmp.Compare(a.D2, b.D2), cmp.Compare(a.Place, b.Place)) })
	sum := 0.0
	for lo, hi := 0, 0; lo < len(all); lo = hi {
		tied := 0.0
		for hi = lo; hi < len(all) && all[hi].D2 == all[lo].D2; hi++ {
			tied += all[hi].Weight
		}
		if sum+tied >= k {
			for i := range all[lo:hi] {
				all[lo+i].Weight *= (k - sum) / tied
			}
			return all[:hi]
		}
		sum += tied
	}
	return all
}

func TestNeighbours(t *testing.T) {
	for i, tab := range tables() {
		if i%3 != 0 { // enough of each kind
			continue
		}
		n, _ := tab.x.Dims()
		tree := New(tab.x, tab.weight, 1)
		for _, k := range []float64{1, 5, float64(n), 4*float64(n) + 1} {
			for own := range 2 {
				s := tree.Neighbours(k, float64(own))
				for _, q := range tab.queries() {
					want := tab.nearest(q, k, float64(own))
					found := s.Find(q)
					answers := [][]Neighbour{slices.Clone(found)}
					if own == 1 && s.Equal() >= 0 && tab.copies(q) == 1 {
						answers = append(answers, again(t, s, int(s.Equal()), answers[0]))
					}
					for again, got := range answers {
						if !slices.IsSortedFunc(got, func(a, b Neighbour) int { return cmp.Compare(a.D2, b.D2) }) {
							t.Fatalf("%s: neighbours of %v are not in order: %v", tab.name, q, got)
						}
						for i := range got {
							got[i].Place = int32(tree.Row(int(got[i].Place)))
						}
						slices.SortFunc(got, func(a, b Neighbour) int { return cmp.Or(cmp.Compare(a.D2, b.D2), cmp.Compare(a.Place, b.Place)) })
						if !slices.EqualFunc(got, want, func(a, b Neighbour) bool {
							return a.Place == b.Place && a.D2 == b.D2 && math.Abs(a.Weight-b.Weight) <= 1e-12*b.Weight
						}) {
							t.Fatalf("%s: %v neighbours of %v (own %d, again %d) are %v, want %v", tab.name, k, q, own, again, got, want)
						}
					}
				}
			}
		}
	}
}

// copies returns how many rows equal q.
func (t table) copies(q []float64) (n int) {
	for i := range t.x.RawMatrix().Rows {
		if slices.Equal(t.x.RawRowView(i), q) {
			n++
		}
	}
	return n
}

// again returns what a search found for the row at place p, without a search.
func again(t *testing.T, s *Neighbours, p int, found []Neighbour) []Neighbour {
	t.Helper()
	var places []int32
	for _, c := range found {
		places = append(places, c.Place)
	}
	got := slices.Clone(s.Again(p, places, Tied(found), true))
	for i, c := range s.Again(p, places, Tied(found), false) {
		if c.Place != got[i].Place || c.Weight != got[i].Weight {
			t.Fatalf("without distances neighbour %d of place %d is %v, want %v", i, p, c, got[i])
		}
	}
	return got
}

// What is left of k goes to rows equally far by their weights, and exactly to
// one alone.
func TestNeighboursShare(t *testing.T) {
	tab := table{x: mat.NewDense(4, 1, []float64{0, 1, -1, 5}), weight: []float64{1, 3, 1, 7}}
	tree := New(tab.x, tab.weight, 1)
	for _, c := range []struct {
		k      float64
		weight map[float64]float64 // by squared distance and what is added up there
	}{
		{2, map[float64]float64{1: 2}},
		{4, map[float64]float64{1: 4}},
		{6, map[float64]float64{1: 4, 25: 2}},
		{100, map[float64]float64{1: 4, 25: 7}},
	} {
		got := map[float64]float64{}
		for _, n := range tree.Neighbours(c.k, 1).Find([]float64{0}) {
			got[n.D2] += n.Weight
		}
		if len(got) != len(c.weight) {
			t.Errorf("k = %v: %v, want %v", c.k, got, c.weight)
		}
		for d2, w := range c.weight {
			if got[d2] != w {
				t.Errorf("k = %v: %v samples at squared distance %v, want %v", c.k, got[d2], d2, w)
			}
		}
	}
}

// EachNeighbours finds what Find does, for every place once.
func TestEachNeighbours(t *testing.T) {
	compare := func(a, b Neighbour) int { return cmp.Or(cmp.Compare(a.D2, b.D2), cmp.Compare(a.Place, b.Place)) }
	for _, tab := range tables() {
		tree := New(tab.x, tab.weight, 1)
		for _, k := range []float64{1, 7, 1000} {
			got := make([][]Neighbour, tree.Len())
			err := tree.EachNeighbours(context.Background(), k, 2, nil, func(p int, found []Neighbour) {
				got[p] = append(got[p], found...)
			})
			if err != nil {
				t.Fatal(err)
			}
			s := tree.Neighbours(k, 1)
			for p := range got {
				want := s.Find(tree.At(p))
				slices.SortFunc(want, compare)
				slices.SortFunc(got[p], compare)
				if !slices.EqualFunc(got[p], want, func(a, b Neighbour) bool {
					return a.Place == b.Place && a.D2 == b.D2 && math.Abs(a.Weight-b.Weight) <= 1e-12*b.Weight
				}) {
					t.Fatalf("%s: %v neighbours of place %d are %v, want %v", tab.name, k, p, got[p], want)
				}
			}
		}
	}
}

// The quick distances are the plain ones, bit by bit, as far as they are
// within the limit.
func TestQuickDistances(t *testing.T) {
	for i, tab := range tables() {
		if i%4 != 0 {
			continue
		}
		n, _ := tab.x.Dims()
		tree := New(tab.x, nil, 1)
		for _, q := range tab.queries() {
			for _, limit := range []float64{tab.r2, math.Inf(1)} {
				for node := range tree.nodes {
					a, b := tree.minDist(node, q, limit), boxDist(tree.boxOf(node), q, limit)
					if a != b && !(a > limit && b > limit) {
						t.Fatalf("%s: box %d is %v from %v, want %v", tab.name, node, b, q, a)
					}
				}
				for r := range n {
					a, b := sqDist(tab.x.RawRowView(r), q, limit), sqDist8(tab.x.RawRowView(r), q, limit)
					if a != b && !(a > limit && b > limit) {
						t.Fatalf("%s: row %d is %v from %v, want %v", tab.name, r, b, q, a)
					}
				}
			}
		}
	}
}

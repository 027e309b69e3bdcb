package near

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestWithin(t *testing.T) {
	for _, tab := range tables() {
		n, _ := tab.x.Dims()
		tree := New(tab.x, nil, 1)
		for _, q := range tab.queries() {
			var want, got []int
			for i := range n {
				if SqDist(tab.x.RawRowView(i), q) <= tab.r2 {
					want = append(want, i)
				}
			}
			tree.Within(q, tab.r2, func(row int, d2 float64) {
				got = append(got, row)
				if d2 != SqDist(tab.x.RawRowView(row), q) {
					t.Fatalf("%s: Within(%v, %v): row %d at %v", tab.name, q, tab.r2, row, d2)
				}
			})
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Fatalf("%s: Within(%v, %v) = %v, want %v", tab.name, q, tab.r2, got, want)
			}
		}
	}
}

// Each row must be one of those that the rows before it reach at the least
// distance of all, as worked out by comparing all with all. Where that is the
// core distance of what reaches them, it must be the lowest of them.
func TestOrder(t *testing.T) {
	restarts, reached := 0, 0
	for k, tab := range tables() {
		n, _ := tab.x.Dims()
		tree := New(tab.x, tab.weight, 2)
		core, err := tree.KthDistances(context.Background(), float64(1+k%7), 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		limit := []float64{math.Inf(1), 1.5 * tab.r2, slices.Max(core)}[k%3]
		got, err := tree.Mutual(core).Order(context.Background(), limit, nil)
		if err != nil {
			t.Fatal(err)
		}
		reach, within := make([]float64, n), make([]float64, n) // within: by a core distance
		for i := range n {
			reach[i], within[i] = math.Inf(1), math.Inf(1)
		}
		place := make([]int, n)
		for i := range place {
			place[i] = n
		}
		for k, row := range got.Rows {
			if place[row] < n {
				t.Fatalf("%s: row %d is in the order twice", tab.name, row)
			}
			least, lowest := math.Inf(1), n
			for i := range n {
				if place[i] == n {
					least = min(least, reach[i])
				}
			}
			for i := range n {
				if place[i] == n && within[i] == least && i < lowest {
					lowest = i
				}
			}
			from := got.From[row]
			switch {
			case got.Reach[row] != least || reach[row] != least:
				t.Fatalf("%s: row %d at place %d is reached at %v, by all at %v, the least is %v", tab.name, row, k, got.Reach[row], reach[row], least)
			case int(row) > lowest:
				t.Fatalf("%s: row %d at place %d comes before %d, which is reached at the same %v", tab.name, row, k, lowest, least)
			case math.IsInf(least, 1):
				restarts++
				if from != -1 {
					t.Fatalf("%s: row %d is reached by %d, want none", tab.name, row, from)
				}
			default:
				reached++
				if d2 := SqDist(tab.x.RawRowView(int(row)), tab.x.RawRowView(int(from))); place[from] >= k || max(d2, core[from]) != least {
					t.Fatalf("%s: row %d is reached by row %d at %v, want %v", tab.name, row, from, max(d2, core[from]), least)
				}
			}
			place[row] = k
			for i := range n {
				d2 := SqDist(tab.x.RawRowView(int(row)), tab.x.RawRowView(i))
				if core[row] > limit || d2 > limit {
					continue
				}
				reach[i] = min(reach[i], max(core[row], d2))
				if d2 <= core[row] {
					within[i] = min(within[i], core[row])
				}
			}
		}
	}
	if restarts < 1000 || reached < 1000 {
		t.Errorf("%d rows reached by others and %d not: the tables have too few of one", reached, restarts)
	}
}

func TestOrderCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	tree := New(mat.NewDense(3, 1, []float64{1, 2, 3}), nil, 1)
	if _, err := tree.Mutual(make([]float64, 3)).Order(ctx, 2, nil); err != context.Canceled {
		t.Errorf("Order: %v", err)
	}
}

package near

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// cores returns the squared core distances of the rows of a table: with their
// own weights, or any numbers.
func (t table) cores(seed uint64) []float64 {
	n, _ := t.x.Dims()
	core := make([]float64, n)
	if seed%3 == 0 {
		r := rand.New(rand.NewPCG(seed, 9))
		for i := range core {
			core[i] = []float64{0, t.r2, 2 * t.r2}[r.IntN(3)]
		}
		return core
	}
	core, err := New(t.x, t.weight, 1).KthDistances(context.Background(), float64(1+seed%5), 1, nil)
	if err != nil {
		panic(err)
	}
	return core
}

func TestMutualNearest(t *testing.T) {
	for seed, tab := range tables() {
		n, _ := tab.x.Dims()
		core := tab.cores(uint64(seed))
		m := New(tab.x, tab.weight, 1).Mutual(core)
		for k, q := range tab.queries() {
			own := core[k%n]
			row, least, nearest := -1, math.Inf(1), math.Inf(1)
			for i := range n {
				d2 := SqDist(tab.x.RawRowView(i), q)
				if reach2 := max(d2, own, core[i]); row < 0 || reach2 < least || reach2 == least && d2 < nearest {
					row, least, nearest = i, reach2, d2
				}
			}
			if got, reach2 := m.Nearest(q, own); got != row || reach2 != least {
				t.Fatalf("%s: row %d at %v, want %d at %v", tab.name, got, reach2, row, least)
			}
		}
	}
}

// prim returns the squared mutual reachability distances of a minimum spanning
// tree (Prim 1957), ascending.
func prim(tab table, core []float64) []float64 {
	n, _ := tab.x.Dims()
	to, in := make([]float64, n), make([]bool, n)
	for i := range to {
		to[i] = math.Inf(1)
	}
	var d2 []float64
	last := 0
	for range n - 1 {
		in[last] = true
		next := -1
		for i := range n {
			if in[i] {
				continue
			}
			to[i] = min(to[i], max(core[last], core[i], SqDist(tab.x.RawRowView(last), tab.x.RawRowView(i))))
			if next < 0 || to[i] < to[next] {
				next = i
			}
		}
		d2, last = append(d2, to[next]), next
	}
	slices.Sort(d2)
	return d2
}

func TestSpanningTree(t *testing.T) {
	for seed, tab := range tables() {
		core := tab.cores(uint64(seed))
		for _, workers := range []int{1, 3} {
			testSpanningTree(t, tab, core, workers)
		}
	}
}

// Crowds of rows that lie among each other, so that the tree is grown anew: one
// column tells them apart, less than the others are wide. Some are too small for
// nodes of their own, some rows are in none.
func TestSpanningTreeOfCrowds(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 3))
		n, d := 1500, 3+int(seed)
		tab := table{name: "crowds", x: mat.NewDense(n, d, nil)}
		for i := range n {
			crowd := min(r.IntN(20), r.IntN(20))
			for j := range d {
				tab.x.Set(i, j, r.NormFloat64())
			}
			tab.x.Set(i, 0, float64(crowd)*3)
			if seed%2 == 1 {
				for j := range d {
					tab.x.Set(i, j, math.Round(tab.x.At(i, j)))
				}
			}
		}
		core, err := New(tab.x, nil, 1).KthDistances(context.Background(), 4, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{1, 3} {
			testSpanningTree(t, tab, core, workers)
		}
	}
}

// testSpanningTree compares the tree with Prim's.
func testSpanningTree(t *testing.T, tab table, core []float64, workers int) {
	t.Helper()
	n, _ := tab.x.Dims()
	edges, err := New(tab.x, tab.weight, 1).Mutual(core).SpanningTree(context.Background(), workers, nil)
	if err != nil {
		t.Fatal(err)
	}
	set := make([]int, n)
	for i := range set {
		set[i] = i
	}
	var d2 []float64
	for _, e := range edges {
		d2 = append(d2, e.D2)
		a, b := set[e.A], set[e.B]
		if reach2 := max(core[e.A], core[e.B], SqDist(tab.x.RawRowView(int(e.A)), tab.x.RawRowView(int(e.B)))); e.D2 != reach2 || e.A >= e.B || a == b {
			t.Fatalf("%s: edge %+v of two rows in sets %d and %d, at %v of each other", tab.name, e, a, b, reach2)
		}
		for i := range set {
			if set[i] == b {
				set[i] = a
			}
		}
	}
	if want := prim(tab, core); !slices.Equal(d2, want) {
		t.Fatalf("%s: edges of %v, want %v", tab.name, d2, want)
	}
}

func TestSpanningTreeCancelled(t *testing.T) {
	tab := tables()[2]
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if edges, err := New(tab.x, nil, 1).Mutual(tab.cores(1)).SpanningTree(ctx, 2, nil); err != context.Canceled || edges != nil {
		t.Errorf("%d edges, error %v, want %v", len(edges), err, context.Canceled)
	}
}

// The tree of near edges is Kruskal's (1956) by reach, distance and rows.
func TestNearSpanningTree(t *testing.T) {
	for seed, tab := range tables() {
		n, _ := tab.x.Dims()
		core := tab.cores(uint64(seed))
		var all []nearEdge
		for a := range n {
			for b := a + 1; b < n; b++ {
				d2 := SqDist(tab.x.RawRowView(a), tab.x.RawRowView(b))
				all = append(all, nearEdge{Edge{int32(a), int32(b), max(d2, core[a], core[b])}, d2})
			}
		}
		slices.SortStableFunc(all, func(a, b nearEdge) int { return cmp.Or(cmp.Compare(a.D2, b.D2), cmp.Compare(a.d2, b.d2)) })
		set := make([]int, n)
		for i := range set {
			set[i] = i
		}
		var want []Edge
		for _, e := range all {
			if a, b := set[e.A], set[e.B]; a != b {
				want = append(want, e.Edge)
				for i, s := range set {
					if s == b {
						set[i] = a
					}
				}
			}
		}
		got, err := New(tab.x, tab.weight, 1).Mutual(core).NearSpanningTree(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, edges := range [][]Edge{got, want} {
			slices.SortFunc(edges, func(x, y Edge) int { return cmp.Or(cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B)) })
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s: edges %v, want %v", tab.name, got, want)
		}
	}
}

type nearEdge struct {
	Edge
	d2 float64
}

// The least distance of a set to others is that of comparing all with all.
func TestLeast(t *testing.T) {
	for seed, tab := range tables() {
		n, _ := tab.x.Dims()
		core := tab.cores(uint64(seed))
		r := rand.New(rand.NewPCG(uint64(seed), 4))
		sets := 1 + r.IntN(5)
		set, want := make([]int32, n), make([]float64, sets)
		for s := range want {
			want[s] = math.Inf(1)
		}
		for i := range set {
			if set[i] = int32(r.IntN(sets)); seed%2 == 0 { // that are apart
				set[i] = int32(min(sets-1, int(math.Abs(tab.x.At(i, 0)/(1+math.Abs(tab.x.At(i, 0)))*float64(sets)))))
			}
		}
		for a := range n {
			for b := range n {
				if set[a] != set[b] {
					want[set[a]] = min(want[set[a]], max(core[a], core[b], SqDist(tab.x.RawRowView(a), tab.x.RawRowView(b))))
				}
			}
		}
		if got := New(tab.x, tab.weight, 1).Mutual(core).Parting(set).Least(sets); !slices.Equal(got, want) {
			t.Fatalf("%s: sets at %v of others, want %v", tab.name, got, want)
		}
	}
}

// Core distances among all points are what the paper's formula says.
func TestAllPoints(t *testing.T) {
	for _, tab := range tables() {
		n, d := tab.x.Dims()
		got, err := New(tab.x, tab.weight, 1).AllPoints(context.Background(), 2)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			// In units of the nearest row's distance, so that no power is out of range.
			least, sum, samples := math.Inf(1), 0.0, tab.w(i)-1
			for j := range n {
				if j != i {
					least = min(least, SqDist(tab.x.RawRowView(i), tab.x.RawRowView(j)))
				}
			}
			want := 0.0
			if tab.w(i) == 1 && n > 1 && least > 0 && !math.IsInf(least, 1) {
				for j := range n {
					if j != i {
						d2 := SqDist(tab.x.RawRowView(i), tab.x.RawRowView(j))
						sum += tab.w(j) * math.Pow(math.Sqrt(d2/least), -float64(d))
						samples += tab.w(j)
					}
				}
				want = least * math.Pow(math.Pow(sum/samples, -1/float64(d)), 2)
			}
			if math.Abs(got[i]-want) > 1e-11*want {
				t.Fatalf("%s: row %d has the core distance %v, want %v", tab.name, i, got[i], want)
			}
		}
	}
}

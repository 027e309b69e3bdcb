package near

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// A table is rows to search, with weights and a squared distance.
type table struct {
	name   string
	x      *mat.Dense
	weight []float64
	r2     float64
}

// tables returns many small tables of all shapes: points of a lattice, where
// distances often are exactly the one asked for, on a line, in clumps, far
// apart in size, beyond the range of squares.
func tables() []table {
	var all []table
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 0))
		n, d := 1+r.IntN(120), 1+r.IntN(6)
		if seed%8 == 0 {
			d = []int{57, 23, 12}[r.IntN(3)]
		}
		scale := []float64{1, 0.1, 1e-3, 1e5}[r.IntN(4)]
		kind := []string{"lattice", "line", "clumps", "lognormal", "huge"}[seed%5]
		along := make([]float64, d)
		for j := range along {
			along[j] = r.NormFloat64()
		}
		x := mat.NewDense(n, d, nil)
		for i := range n {
			u, c := r.NormFloat64(), float64(10*r.IntN(3))
			for j := range d {
				v := 0.0
				switch kind {
				case "lattice":
					v = float64(r.IntN(4))
				case "line":
					v = u * along[j]
				case "clumps":
					v = c + 0.3*r.NormFloat64()
				case "lognormal":
					v = math.Exp(3 * r.NormFloat64())
				case "huge":
					v = 1e300 * r.NormFloat64()
				}
				x.Set(i, j, v*scale)
			}
		}
		t := table{name: fmt.Sprintf("%s %d×%d seed %d", kind, n, d, seed), x: x}
		if r.IntN(2) == 0 {
			for range n {
				t.weight = append(t.weight, float64(1+r.IntN(4)))
			}
		}
		if t.r2 = SqDist(x.RawRowView(r.IntN(n)), x.RawRowView(r.IntN(n))); kind == "lattice" {
			eps := math.Sqrt(float64(1+r.IntN(6))) * scale
			t.r2 = eps * eps
		}
		all = append(all, t)
	}
	return all
}

func (t table) w(i int) float64 {
	if t.weight == nil {
		return 1
	}
	return t.weight[i]
}

// queries returns the rows and some places between and beside them.
func (t table) queries() [][]float64 {
	n, d := t.x.Dims()
	r := rand.New(rand.NewPCG(9, uint64(n)))
	var qs [][]float64
	for i := range n {
		a, b := t.x.RawRowView(i), t.x.RawRowView(r.IntN(n))
		between := make([]float64, d)
		for j := range d {
			between[j] = a[j] + (b[j]/2-a[j]/2)*float64(r.IntN(6)-1)
		}
		qs = append(qs, a, between)
	}
	return qs
}

// Every search must equal the comparison of all rows with all, bit by bit.
func TestSearch(t *testing.T) {
	for _, tab := range tables() {
		n, _ := tab.x.Dims()
		tree := New(tab.x, tab.weight, 2)
		for _, q := range tab.queries() {
			within, row, least := 0.0, -1, math.Inf(1)
			type near struct{ d2, w float64 }
			var all []near
			for i := range n {
				d2 := SqDist(tab.x.RawRowView(i), q)
				if d2 <= tab.r2 {
					within += tab.w(i)
				}
				if row < 0 || d2 < least {
					row, least = i, d2
				}
				all = append(all, near{d2, tab.w(i)})
			}
			if got := tree.Count(q, tab.r2, math.Inf(1)); got != within {
				t.Fatalf("%s: Count(%v, %v) = %v, want %v", tab.name, q, tab.r2, got, within)
			}
			for _, enough := range []float64{1, within, within + 1} {
				if got := tree.Count(q, tab.r2, enough); (got >= enough) != (within >= enough) {
					t.Fatalf("%s: Count(%v, %v, %v) = %v of %v", tab.name, q, tab.r2, enough, got, within)
				}
			}
			if got, d2 := tree.Nearest(q); got != row || d2 != least {
				t.Fatalf("%s: Nearest(%v) = %d, %v, want %d, %v", tab.name, q, got, d2, row, least)
			}
			slices.SortFunc(all, func(a, b near) int {
				if a.d2 < b.d2 {
					return -1
				}
				return 1
			})
			for _, k := range []float64{1, 3, float64(n), 4*float64(n) + 1} {
				want, sum := math.Inf(1), 0.0
				for _, a := range all {
					if sum += a.w; sum >= k {
						want = a.d2
						break
					}
				}
				if got := tree.Kth(k).Distance(q); got != want {
					t.Fatalf("%s: Kth(%v).Distance(%v) = %v, want %v", tab.name, k, q, got, want)
				}
			}
		}
	}
}

func TestDense(t *testing.T) {
	for _, tab := range tables() {
		n, _ := tab.x.Dims()
		tree := New(tab.x, tab.weight, 1)
		for _, enough := range []float64{1, 2, 5, 20} {
			for _, workers := range []int{1, 8} {
				got, err := tree.Dense(context.Background(), tab.r2, enough, workers, nil)
				if err != nil {
					t.Fatal(err)
				}
				for i := range n {
					if want := tree.Count(tab.x.RawRowView(i), tab.r2, math.Inf(1)) >= enough; got[i] != want {
						t.Fatalf("%s: Dense(%v, %v) of row %d is %t", tab.name, tab.r2, enough, i, got[i])
					}
				}
			}
		}
	}
}

func TestKthDistances(t *testing.T) {
	for _, tab := range tables()[:50] {
		tree := New(tab.x, tab.weight, 1)
		got, err := tree.KthDistances(context.Background(), 4, 8, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, d2 := range got {
			if want := tree.Kth(4).Distance(tab.x.RawRowView(i)); d2 != want {
				t.Fatalf("%s: 4-distance of row %d is %v, want %v", tab.name, i, d2, want)
			}
		}
	}
}

func TestComponents(t *testing.T) {
	for _, tab := range tables() {
		want := components(tab.x, tab.r2)
		for _, workers := range []int{1, 8} {
			got, err := New(tab.x, nil, workers).Components(context.Background(), tab.r2, workers, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s: components by %v: %v, want %v", tab.name, tab.r2, got, want)
			}
		}
	}
}

// components walks from each row to those in reach.
func components(x *mat.Dense, r2 float64) []int32 {
	n, _ := x.Dims()
	of := make([]int32, n)
	for i := range of {
		of[i] = -1
	}
	for i := range n {
		if of[i] >= 0 {
			continue
		}
		of[i] = int32(i)
		for todo := []int{i}; len(todo) > 0; {
			p := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for q := range n {
				if of[q] < 0 && SqDist(x.RawRowView(p), x.RawRowView(q)) <= r2 {
					of[q] = int32(i)
					todo = append(todo, q)
				}
			}
		}
	}
	return of
}

// Many subtrees, several levels above those that are dealt to workers, and
// components of many sizes.
func TestComponentsOfMany(t *testing.T) {
	const n = 6000
	for _, eps := range []float64{0.002, 0.01, 0.02, 0.05, 0.3} {
		r := rand.New(rand.NewPCG(5, 5))
		x := mat.NewDense(n, 2, nil)
		for i := range n {
			x.SetRow(i, []float64{math.Exp(r.NormFloat64()), r.NormFloat64()})
		}
		want := components(x, eps*eps)
		for _, workers := range []int{1, 2, 8} {
			got, err := New(x, nil, workers).Components(context.Background(), eps*eps, workers, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("components of %d rows by %v differ from a walk's, %d workers", n, eps, workers)
			}
		}
	}
}

// The boxes and weights of a tree hold whatever the order of its rows is, and
// its size is what Bytes says at most.
func TestTree(t *testing.T) {
	for _, tab := range tables() {
		tree := New(tab.x, tab.weight, 3)
		n, d := tab.x.Dims()
		seen := make([]bool, n)
		for p := range tree.Len() {
			if seen[tree.Row(p)] || !slices.Equal(tree.At(p), tab.x.RawRowView(tree.Row(p))) || tree.weight[p] != tab.w(tree.Row(p)) {
				t.Fatalf("%s: place %d is not row %d", tab.name, p, tree.Row(p))
			}
			seen[tree.Row(p)] = true
		}
		for i, nd := range tree.nodes {
			lo, hi := tree.bounds(i)
			sum := 0.0
			for p := int(nd.lo); p < int(nd.hi); p++ {
				sum += tree.weight[p]
				for j, v := range tree.At(p) {
					if v < lo[j] || v > hi[j] {
						t.Fatalf("%s: row at %d is outside of the box of node %d", tab.name, p, i)
					}
				}
			}
			if sum != nd.weight {
				t.Fatalf("%s: node %d weighs %v, want %v", tab.name, i, nd.weight, sum)
			}
			if !tree.leaf(i) {
				if l, r := tree.nodes[2*i+1], tree.nodes[2*i+2]; l.lo != nd.lo || l.hi != r.lo || r.hi != nd.hi || l.lo == l.hi {
					t.Fatalf("%s: node %d of %d–%d is cut to %d–%d and %d–%d", tab.name, i, nd.lo, nd.hi, l.lo, l.hi, r.lo, r.hi)
				}
			}
		}
		size := int64(8*cap(tree.rows) + 8*cap(tree.columns) + 4*cap(tree.row) + 8*cap(tree.weight) + 24*cap(tree.nodes) + 8*cap(tree.box))
		if most := Bytes(n, d); size > most {
			t.Fatalf("%s: takes %d bytes, Bytes says %d", tab.name, size, most)
		}
	}
}

// A search that is told to stop stops.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	tree := New(mat.NewDense(3, 1, []float64{1, 2, 3}), nil, 1)
	if _, err := tree.Dense(ctx, 1, 2, 2, nil); err != context.Canceled {
		t.Errorf("Dense: %v", err)
	}
	if _, err := tree.KthDistances(ctx, 2, 2, nil); err != context.Canceled {
		t.Errorf("KthDistances: %v", err)
	}
	if _, err := tree.Components(ctx, 2, 2, nil); err != context.Canceled {
		t.Errorf("Components: %v", err)
	}
}

func TestEach(t *testing.T) {
	for _, workers := range []int{1, 3, 50} {
		count, steps := make([]int, 1000), 0
		err := Each(context.Background(), len(count), 7, workers, func(done int) { steps = max(steps, done) }, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				count[i]++
			}
		})
		if err != nil || steps != 1000 || slices.Min(count) != 1 || slices.Max(count) != 1 {
			t.Errorf("%d workers: error %v, %d steps, numbers done %d to %d times", workers, err, steps, slices.Min(count), slices.Max(count))
		}
	}
}

// Rows of another tree have the nearest rows that Nearest finds.
func TestEachNearest(t *testing.T) {
	all := tables()
	for k, tab := range all {
		n, d := tab.x.Dims()
		tree := New(tab.x, nil, 1)
		others := mat.NewDense(2*n, d, nil)
		for i, q := range tab.queries() {
			others.SetRow(i, q)
		}
		skip := make([]bool, 2*n)
		for i := range skip {
			skip[i] = k%3 == 0 && i%(1+k%7) > 0
		}
		var mu sync.Mutex
		seen := make([]bool, 2*n)
		err := tree.EachNearest(context.Background(), New(others, nil, 1), skip, 2, nil, func(i, nearest int, row []float64, d2 float64) {
			mu.Lock()
			defer mu.Unlock()
			if seen[i] || skip[i] || !slices.Equal(row, others.RawRowView(i)) {
				t.Fatalf("%s: row %d, %v, asked for twice, not to be, or another's", tab.name, i, row)
			}
			seen[i] = true
			if want, least := tree.Nearest(row); nearest != want || d2 != least {
				t.Fatalf("%s: row %d is nearest to %d at %v, want %d at %v", tab.name, i, nearest, d2, want, least)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range seen {
			if !seen[i] && !skip[i] {
				t.Fatalf("%s: row %d is left out", tab.name, i)
			}
		}
	}
}

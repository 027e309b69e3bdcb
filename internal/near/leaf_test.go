package near

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// leaves returns trees of leaves of all sizes, rows of all widths: of any
// numbers, of such that squares are out of range, and of small whole ones,
// which have equal distances.
func leaves() (trees []*Tree) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 5, 15, 16, 17, 31, 32, 33, 47, 64, 65, 300} {
		for _, d := range []int{1, 2, 3, 7, 8, 9, 16, 23, 57} {
			x := mat.NewDense(n, d, nil)
			scale := []float64{1, 1e200, 1e-170}[r.IntN(3)]
			x.Apply(func(_, _ int, _ float64) float64 {
				if n%2 == 0 {
					return float64(r.IntN(4))
				}
				return scale * r.NormFloat64()
			}, x)
			trees = append(trees, New(x, nil, 1))
		}
	}
	return trees
}

// Both ways give the same rows and distances, to the last bit, and these are
// those within the limit.
func TestInside(t *testing.T) {
	for _, tree := range leaves() {
		for i := len(tree.nodes) / 2; i < len(tree.nodes); i++ {
			nd := tree.nodes[i]
			rows := tree.rows[int(nd.lo)*tree.d : int(nd.hi)*tree.d]
			q := tree.At(tree.Len() / 2)
			for _, limit := range []float64{0, SqDist(tree.At(int(nd.lo)), q), SqDist(tree.At(int(nd.hi)-1), q), 1, math.Inf(1)} {
				var a, b [leafRows]float64
				got, want := tree.inside(i, q, limit, &a), insideGo(rows, q, limit, &b)
				if got != want {
					t.Fatalf("%d rows of %d columns within %v: %b, want %b", nd.hi-nd.lo, tree.d, limit, got, want)
				}
				for k := range int(nd.hi - nd.lo) {
					d2 := SqDist(tree.At(int(nd.lo)+k), q)
					if in := got>>k&1 == 1; in != (d2 <= limit) || in && (a[k] != d2 || b[k] != d2) {
						t.Fatalf("row %d at %v: within %v is %v, at %v and %v", k, d2, limit, in, a[k], b[k])
					}
				}
			}
		}
	}
}

func TestBoxDists(t *testing.T) {
	for _, tree := range leaves() {
		a, last := len(tree.nodes)/2, len(tree.nodes)-1
		for b := 0; b <= last; b += max(1, last/5) {
			var d2 [leafRows]float64
			rows := tree.block(a)
			rows.within(tree.boxOf(b), rows.all(), &unlimited, &d2)
			for p := tree.nodes[a].lo; p < tree.nodes[a].hi; p++ {
				if got, want := d2[p-tree.nodes[a].lo], tree.minDist(b, tree.At(int(p)), math.Inf(1)); got != want {
					t.Fatalf("%d rows of %d columns: row %d is %v from box %d, want %v", tree.Len(), tree.d, p, got, b, want)
				}
			}
			testWithin(t, tree, a, b, &d2)
		}
	}
}

// testWithin asks which of some rows of leaf a are within limits of box b: their
// distance itself, less than that, or none.
func testWithin(t *testing.T, tree *Tree, a, b int, want *[leafRows]float64) {
	rows := tree.block(a)
	for _, some := range []hits{1<<leafRows - 1, 1<<lanes - 1, 1 << 1, 0x5555aaaa} {
		some &= 1<<(tree.nodes[a].hi-tree.nodes[a].lo) - 1
		var limit, d2 [leafRows]float64
		var within hits
		for k, v := range want {
			limit[k] = [3]float64{v, v/2 - 1e-300, math.Inf(1)}[(k+int(some))%3]
			if some>>k&1 == 1 && v <= limit[k] {
				within |= 1 << k
			}
		}
		got := rows.within(tree.boxOf(b), some, &limit, &d2)
		if got != within {
			t.Fatalf("%d rows of %d columns: of %b %b are within limits of box %d, want %b", tree.Len(), tree.d, some, got, b, within)
		}
		for h, k := got, 0; h != 0; {
			if k, h = h.next(); d2[k] != want[k] {
				t.Fatalf("%d rows of %d columns: row %d is %v from box %d, want %v", tree.Len(), tree.d, k, d2[k], b, want[k])
			}
		}
	}
}

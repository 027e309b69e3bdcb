package near

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// What a coarse look leaves out is beyond the limit; and where rows are not far
// from each other beside their distance from the mean it lets hardly any other
// through.
func TestCoarse(t *testing.T) {
	if !fastCoarse {
		t.Skip("the processor has no AVX2 or FMA")
	}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		n, d := 1+r.IntN(150), coarseColumns+r.IntN(60)
		scale := []float64{1, 1e-3, 1e7, 1e-12, 1e-30, 1e17}[seed%6]
		far := []float64{0, 0, 1e3, 1e7}[r.IntN(4)]
		x := mat.NewDense(n, d, nil)
		for i := range n {
			away := far * float64(r.IntN(2))
			for j := range d {
				x.Set(i, j, scale*(away+r.NormFloat64()))
			}
			if seed%5 == 0 && i > 0 { // nearly a copy
				copy(x.RawRowView(i), x.RawRowView(r.IntN(i)))
				j := r.IntN(d)
				x.Set(i, j, x.At(i, j)*(1+1e-7*r.NormFloat64()))
			}
		}
		tree := New(x, nil, 1)
		if tree.coarse == nil {
			if scale*(1+far) < 1e15 {
				t.Fatalf("seed %d: no coarse rows", seed)
			}
			continue
		}
		within, through := 0, 0
		for a := len(tree.nodes) / 2; a < len(tree.nodes); a++ {
			rows, rough := tree.block(a), tree.coarse.block(tree, a)
			for b := len(tree.nodes) / 2; b < len(tree.nodes); b++ {
				var limit [leafRows]float64
				for k := range rows.n { // that of some row
					limit[k] = []float64{SqDist(rows.at(k), tree.At(r.IntN(n))), math.Inf(1)}[min(1, r.IntN(8)/7)]
				}
				some := rows.all() & hits(r.Uint32()|r.Uint32())
				var may [leafRows]hits
				rough.within(tree, b, some, &limit, &may)
				lo, m := int(tree.nodes[b].lo), int(tree.nodes[b].hi-tree.nodes[b].lo)
				for h, k := some, 0; h != 0; {
					k, h = h.next()
					if may[k]>>m != 0 {
						t.Fatalf("seed %d: %b of %d rows", seed, may[k], m)
					}
					for j := range m {
						is := SqDist(rows.at(k), tree.At(lo+j)) <= limit[k]
						if is && may[k]>>j&1 == 0 {
							t.Fatalf("seed %d: row %d of leaf %d is within %v of row %d of leaf %d, which is left out", seed, j, b, limit[k], k, a)
						}
						if is {
							within++
						}
						through += int(may[k] >> j & 1)
					}
				}
			}
		}
		if far == 0 && seed%5 > 0 && scale > 1e-15 && scale < 1e15 && float64(through) > 1.01*float64(within)+1 {
			t.Errorf("seed %d: %d pairs are let through, %d are within", seed, through, within)
		}
	}
}

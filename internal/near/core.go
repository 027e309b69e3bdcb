package near

import "context"

// grain is how many rows a worker takes at a time: few enough to stop soon
// when told to, enough that taking them costs nothing.
const grain = 256

// Dense tells for each row of the matrix whether the rows within squared
// distance r2 of it, itself included, weigh at least enough.
//
// Where a node's rows are all within that distance of each other and weigh
// enough together, no distance is computed for any of them: crowds are cheap
// (Gunawan 2013; Gan, Tao 2015). Other rows cost a search that stops at enough.
func (t *Tree) Dense(ctx context.Context, r2, enough float64, workers int, step func(done int)) ([]bool, error) {
	dense := make([]bool, t.Len())
	place := make([]bool, t.Len()) // the same by place: workers write side by side
	t.crowds(0, r2, enough, place)
	err := t.eachLeaf(ctx, workers, step, func() func(leaf int) {
		var sum [leafRows]float64
		group := &together{Tree: t}
		group.found = func(k, leaf int, in hits, _ *[leafRows]float64) {
			lo := int(t.nodes[leaf].lo)
			for j := 0; in != 0 && sum[k] < enough; {
				j, in = in.next()
				sum[k] += t.weight[lo+j]
			}
			if sum[k] >= enough {
				group.limit[k] = none
			}
		}
		return func(leaf int) {
			lo, hi := int(t.nodes[leaf].lo), int(t.nodes[leaf].hi)
			var limit [leafRows]float64
			for p := lo; p < hi; p++ {
				if sum[p-lo], limit[p-lo] = 0, r2; place[p] {
					limit[p-lo] = none
				}
			}
			group.around(leaf, limit)
			for p := lo; p < hi; p++ {
				place[p] = place[p] || sum[p-lo] >= enough
			}
		}
	})
	for p, r := range t.row {
		dense[r] = place[p]
	}
	return dense, err
}

// crowds marks the rows of the highest nodes below i whose own rows make them
// dense.
func (t *Tree) crowds(i int, r2, enough float64, place []bool) {
	nd := &t.nodes[i]
	switch {
	case nd.weight < enough:
	case nd.diag <= r2:
		for p := nd.lo; p < nd.hi; p++ {
			place[p] = true
		}
	case !t.leaf(i):
		t.crowds(2*i+1, r2, enough, place)
		t.crowds(2*i+2, r2, enough, place)
	}
}

// KthDistances returns for each row of the matrix the squared distance within
// which the rows, itself included, weigh at least k, +Inf if all weigh less.
func (t *Tree) KthDistances(ctx context.Context, k float64, workers int, step func(done int)) ([]float64, error) {
	d2 := make([]float64, t.Len())
	err := t.eachLeaf(ctx, workers, step, func() func(leaf int) {
		var each [leafRows]*Kth
		for i := range each {
			each[i] = t.Kth(k)
		}
		group := &together{Tree: t}
		group.found = func(k, leaf int, in hits, d2 *[leafRows]float64) {
			each[k].take(leaf, in, d2)
			group.limit[k] = each[k].d2
		}
		return func(leaf int) {
			lo, hi := int(t.nodes[leaf].lo), int(t.nodes[leaf].hi)
			for p := lo; p < hi; p++ {
				each[p-lo].begin(t.At(p))
			}
			group.around(leaf, unlimited)
			for p := lo; p < hi; p++ {
				d2[t.row[p]] = each[p-lo].d2
			}
		}
	})
	return d2, err
}

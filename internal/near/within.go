package near

// Within calls f with each row within squared distance r2 of q and its squared
// distance, in an order that depends on the tree alone.
func (t *Tree) Within(q []float64, r2 float64, f func(row int, d2 float64)) {
	if t.minDist(0, q, r2) <= r2 {
		t.within(0, q, r2, f)
	}
}

func (t *Tree) within(i int, q []float64, r2 float64, f func(row int, d2 float64)) {
	if t.leaf(i) {
		for p := int(t.nodes[i].lo); p < int(t.nodes[i].hi); p++ {
			if d2 := sqDist(t.At(p), q, r2); d2 <= r2 {
				f(int(t.row[p]), d2)
			}
		}
		return
	}
	for c := 2*i + 1; c <= 2*i+2; c++ {
		if t.minDist(c, q, r2) <= r2 {
			t.within(c, q, r2, f)
		}
	}
}

package forest

import (
	"cmp"
	"math"
	"slices"

	"toolkit/algo"
)

// A way is what a split says of a column: how much of the value a row lost by
// it, and what the column is among the samples that went the other way.
type way struct {
	lost  float64
	other Range
}

// Explain returns the columns by which the row came into leaves of lower
// values than the samples have on average. A step from a node to its child
// loses the difference of their values (it may be negative), and the losses
// add up to the mean of the samples less the value of the row. A column's
// weight is its share of all that columns with a loss above 0 lost; in a
// split by several columns, they share the loss as they took the row to its
// side of the plane. Low and High are the range of the column among the
// samples on the other side of those splits: medians, weighted by loss, of
// both ends.
func (f *Forest) Explain(row []float64) []algo.Reason {
	net := make([]float64, len(f.names))
	ways := make([][]way, len(f.names))
	for t := range f.trees {
		f.trees[t].blame(row, func(column int32, w way) {
			net[column] += w.lost
			if w.lost > 0 {
				ways[column] = append(ways[column], w)
			}
		})
	}
	var reasons []algo.Reason
	var sum float64
	for j, lost := range net {
		if lost > 0 {
			low := median(ways[j], func(w way) float64 { return w.other.Low })
			high := median(ways[j], func(w way) float64 { return w.other.High })
			reasons = append(reasons, algo.Reason{Column: f.names[j], Value: row[j], Low: low, High: high, Weight: lost})
			sum += lost
		}
	}
	for k := range reasons {
		reasons[k].Weight /= sum
	}
	algo.SortReasons(reasons)
	return reasons
}

// blame calls lose with each column's part in what each step of the row lost.
func (t *Tree) blame(row []float64, lose func(column int32, w way)) {
	for at := int32(0); t.Nodes[at].Left != 0; {
		n := &t.Nodes[at]
		at = t.child(at, row)
		lost := n.Value - t.Nodes[at].Value
		terms := t.Terms[n.First:n.Last]
		side := int(at - n.Left)
		if len(terms) == 1 {
			lose(terms[0].Column, way{lost, terms[0].Range[1-side]})
			continue
		}
		push := make([]float64, len(terms))
		var all float64
		for k, term := range terms {
			push[k] = min(max(0, term.push(row, side)), math.MaxFloat64/float64(len(terms)))
			all += push[k]
		}
		for k, term := range terms {
			if push[k] > 0 {
				lose(term.Column, way{lost * (push[k] / all), term.Range[1-side]})
			}
		}
	}
}

// push returns how far the column takes the row to that side, from the middle
// of the samples at the node.
func (t *Term) push(row []float64, side int) float64 {
	low, high := min(t.Range[0].Low, t.Range[1].Low), max(t.Range[0].High, t.Range[1].High)
	p := t.Factor * (row[t.Column] - (low/2 + high/2))
	if side == 0 {
		return -p
	}
	return p
}

// median returns the least end that has at least half of all losses at or
// below it.
func median(ways []way, end func(way) float64) float64 {
	slices.SortFunc(ways, func(a, b way) int { return cmp.Or(cmp.Compare(end(a), end(b)), cmp.Compare(a.lost, b.lost)) })
	var all, sum float64
	for _, w := range ways {
		all += w.lost
	}
	for _, w := range ways {
		if sum += w.lost; sum >= all/2 {
			return end(w)
		}
	}
	return end(ways[len(ways)-1])
}

package optics

import (
	"context"
	"math"

	"toolkit/internal/near"
)

// A plot is the reachability plot of all samples. The copies of a row stand one
// after another: of up to three points of a row, the first is its first copy and
// the last its last one, and between them is one point for all others, which are
// equal to the last.
type plot struct {
	reach  []float64 // one more than there are points: the last is +Inf
	before []float64 // samples before each point, and of all
	from   []int32   // of each point: the first point of the row that reaches it, or −1
	row    []int32   // of each point
	first  []int32   // of each row: its first point
}

// newPlot returns the plot of an order of rows with the given squared core
// distances and weights. A row that reaches something reaches its own copies.
func newPlot(o *near.Order, core, weight []float64, limit float64) *plot {
	p := &plot{before: []float64{0}, first: make([]int32, len(o.Rows))}
	add := func(row int32, reach, weight float64, from int32) {
		p.reach = append(p.reach, reach)
		p.before = append(p.before, p.before[len(p.before)-1]+weight)
		p.from = append(p.from, from)
		p.row = append(p.row, row)
	}
	for _, row := range o.Rows {
		reach, from, w := o.Reach[row], int32(-1), weight[row]
		if o.From[row] >= 0 {
			from = p.first[o.From[row]]
		}
		p.first[row] = int32(len(p.row))
		add(row, math.Sqrt(reach), min(1, w), from)
		if core[row] < reach && core[row] <= limit {
			reach, from = core[row], p.first[row]
		}
		if w > 2 {
			add(row, math.Sqrt(reach), w-2, from)
		}
		if w > 1 {
			add(row, math.Sqrt(reach), min(1, w-1), from)
		}
	}
	p.reach = append(p.reach, math.Inf(1))
	return p
}

// A valley is points of a plot, both ends included.
type valley struct{ start, end int }

// A fall is a steep downward area of a plot.
type fall struct {
	valley
	most float64 // the greatest reach between its end and here
}

// valleys returns the xi-clusters of at least size samples, smaller ones before
// those around them: figure 19 of the paper, in scikit-learn's reading of it.
func (p *plot) valleys(ctx context.Context, xi, minSamples, size float64) ([]valley, error) {
	n := len(p.row)
	rest := 1 - xi
	ratio := func(i int) float64 { return p.reach[i] / p.reach[i+1] } // NaN, which is neither, for 0/0 and ∞/∞
	steepDown := func(i int) bool { return ratio(i) >= 1/rest }
	steepUp := func(i int) bool { return ratio(i) <= rest }
	down := func(i int) bool { return ratio(i) > 1 }
	up := func(i int) bool { return ratio(i) < 1 }
	// extend returns the end of the steep area that begins at i.
	extend := func(i int, steep, back func(int) bool) int {
		end, flat := i, 0.0
		for ; i < n; i++ {
			switch {
			case steep(i):
				end, flat = i, 0
			case back(i):
				return end
			default:
				if flat += p.before[i+1] - p.before[i]; flat > minSamples {
					return end
				}
			}
		}
		return end
	}

	var falls []fall
	var found []valley
	most := 0.0 // the greatest reach between the last area and here
	for i, turns := 0, 0; i < n; i++ {
		most = max(most, p.reach[i])
		if !steepDown(i) && !steepUp(i) {
			continue
		}
		if turns++; turns%64 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		falls = p.open(falls, most, rest)
		end := 0
		if steepDown(i) {
			end = extend(i, steepDown, up)
			falls = append(falls, fall{valley{i, end}, 0})
		} else {
			end = extend(i, steepUp, down)
			for k := len(falls) - 1; k >= 0; k-- {
				if v, ok := p.between(falls[k], valley{i, end}, rest); ok && p.before[v.end+1]-p.before[v.start] >= size {
					found = append(found, v)
				}
			}
		}
		most = p.reach[end+1]
		i = end
	}
	return found, nil
}

// open returns the falls, in place, that a reach of most does not close, each
// with the most reach that came after it.
func (p *plot) open(falls []fall, most, rest float64) []fall {
	kept := falls[:0]
	for _, f := range falls {
		if !math.IsInf(most, 1) && most <= p.reach[f.start]*rest {
			f.most = max(f.most, most)
			kept = append(kept, f)
		}
	}
	return kept
}

// between returns the cluster between a fall and a rise, if there is one.
func (p *plot) between(f fall, rise valley, rest float64) (v valley, ok bool) {
	v = valley{f.start, rise.end}
	left, right := p.reach[f.start], p.reach[rise.end+1]
	switch {
	case right*rest < f.most:
		return v, false
	case left*rest >= right:
		for p.reach[v.start+1] > right && v.start < f.end {
			v.start++
		}
	case right*rest >= left:
		for v.end > rise.start && p.reach[v.end-1] > left {
			v.end--
		}
	}
	// A last point that none of the cluster reaches is not in it (Schubert, Gertz).
	for ; v.start < v.end; v.end-- {
		if p.reach[v.start] > p.reach[v.end] || int(p.from[v.end]) >= v.start && int(p.from[v.end]) < v.end {
			return v, v.start <= f.end && v.end >= rise.start
		}
	}
	return v, false
}

// labels numbers the valleys that have no other in them, by row; −1 for none.
func (p *plot) labels(found []valley) []int32 {
	at := make([]int32, len(p.row)) // by point: label + 1
	next := int32(0)
	for _, v := range found {
		free := true
		for i := v.start; i <= v.end && free; i++ {
			free = at[i] == 0
		}
		if free {
			next++
			for i := v.start; i <= v.end; i++ {
				at[i] = next
			}
		}
	}
	labels := make([]int32, len(p.first))
	for row, i := range p.first {
		labels[row] = at[i] - 1
	}
	return labels
}

package hdbscan

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sort"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"gonum.org/v1/gonum/mat"
)

// A Model is the distinct rows learned from and their condensed tree.
type Model struct {
	names   []string
	x       *mat.Dense // the rows, ascending column by column
	weight  []float64  // of each row: its samples
	core    []float64  // of each row: its squared core distance
	samples float64    // within a core distance
	atLeast float64    // the density of the rows of cluster 0, where that is taken
	search  *near.Mutual
	*tree
	in   []int32 // of each cluster: the taken one that it is or is below, or none
	name []int32 // of each cluster: its label, Noise unless it is taken
}

// A leaving is how a row leaves the condensed tree: the last cluster it is in,
// and the distance at which it leaves that.
type leaving struct {
	cluster int32
	level   float64
}

// choose marks the clusters to take.
func (m *Model) choose(p *Method) {
	m.tree.choose(p)
	m.atLeast = m.clusters[0].death
	if p.Epsilon > 0 {
		m.atLeast = density(p.Epsilon)
	}
}

// settle works out which cluster each is of, and names them by their numbers.
func (m *Model) settle() {
	m.in = m.taken()
	m.name = make([]int32, len(m.clusters))
	for id, c := range m.clusters {
		m.name[id] = algo.Noise
		if c.selected {
			m.name[id] = int32(id)
		}
	}
}

// label returns the label of a row.
func (m *Model) label(l leaving) int32 {
	in := m.in[l.cluster]
	if in == none || in == 0 && density(l.level) < m.atLeast {
		return algo.Noise
	}
	return m.name[in]
}

// Names of columns.
const (
	labelColumn = "label"
	leavesAt    = "leaves_at"
)

// result says of each row what follows from how it leaves the tree.
func (m *Model) result(rows []leaving) *algo.Result {
	n := len(rows)
	res := &algo.Result{Labels: make([]int32, n), Scores: make([]float64, n), Model: m}
	probability := &features.Column{
		Field:  features.Field{Name: "probability", Type: features.Float, Unit: features.Ratio, Role: features.Outcome, Doc: "How firmly the row belongs to its cluster: its density as a share of the greatest in it; 0 for noise."},
		Floats: make([]float64, n),
	}
	leaves := &features.Column{
		Field:  features.Field{Name: leavesAt, Type: features.Float, Role: features.Outcome, Doc: "The mutual reachability distance at which the row leaves the last cluster of the tree that it is in."},
		Floats: make([]float64, n),
	}
	for i, l := range rows {
		at := density(l.level)
		res.Labels[i], res.Scores[i] = m.label(l), m.glosh(l.cluster, at)
		if res.Labels[i] != algo.Noise {
			probability.Floats[i] = m.probability(m.in[l.cluster], at)
		}
		if leaves.Floats[i] = l.level; math.IsInf(l.level, 1) {
			if leaves.Null == nil {
				leaves.Null = make([]bool, n)
			}
			leaves.Floats[i], leaves.Null[i] = 0, true
		}
	}
	res.Columns = []*features.Column{probability, leaves}
	return res
}

// Apply implements algo.Model: the approximate prediction of McInnes and Healy,
// for rows that are each judged as if it were the only one to be added, and
// leave the tree as it is.
func (m *Model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	n, _ := x.Dims()
	rows := make([]leaving, n)
	err := near.Each(ctx, n, 256, runtime.GOMAXPROCS(0), nil, func(lo, hi int) {
		others := m.search.Kth(m.samples - 1)
		for i := lo; i < hi; i++ {
			rows[i] = m.judge(x.X.RawRowView(i), others)
		}
	})
	if err != nil {
		return nil, err
	}
	return m.result(rows), nil
}

// judge returns how a row leaves the tree; others finds how far it is to as
// many samples as make a core distance together with the row itself.
func (m *Model) judge(q []float64, others *near.Kth) leaving {
	if k, ok := m.find(q); ok {
		return leaving{m.of[k], m.level[k]}
	}
	core := 0.0
	if m.samples > 1 {
		core = others.Distance(q)
	}
	k, reach2 := m.search.Nearest(q, core)
	l := leaving{m.of[k], max(m.level[k], math.Sqrt(reach2))}
	for l.cluster != 0 && density(l.level) <= m.clusters[l.cluster].birth {
		l.cluster = m.clusters[l.cluster].parent
	}
	return l
}

// find returns the row that equals q, and whether there is one.
func (m *Model) find(q []float64) (int, bool) {
	return sort.Find(len(m.of), func(i int) int { return slices.Compare(q, m.x.RawRowView(i)) })
}

// Explain implements algo.Explainer. The row is compared with the densest rows
// of the cluster that it leaves last, which its score is measured by: a reason's
// Low and High are the value of the nearest of them, its Weight the column's
// share of the squared distance to it. Columns without a share are left out.
func (m *Model) Explain(x *features.Matrix, i int) []algo.Reason {
	row := x.X.RawRowView(i)
	l := m.judge(row, m.search.Kth(m.samples-1))
	c := m.clusters[l.cluster]
	nearest, least := none, math.Inf(1)
	for k, of := range m.of {
		if of < l.cluster || of >= c.end || density(m.level[k]) < c.densest {
			continue
		}
		if d2 := near.SqDist(row, m.x.RawRowView(k)); nearest == none || d2 < least {
			nearest, least = k, d2
		}
	}
	dense := m.x.RawRowView(nearest)
	length := 0.0
	for j, v := range row {
		length = math.Hypot(length, v/2-dense[j]/2) // halves, as the whole may be beyond float64
	}
	var reasons []algo.Reason
	for j, v := range row {
		if share := (v/2 - dense[j]/2) / length; length > 0 && share != 0 {
			reasons = append(reasons, algo.Reason{Column: m.names[j], Value: v, Low: dense[j], High: dense[j], Weight: share * share})
		}
	}
	algo.SortReasons(reasons)
	return reasons
}

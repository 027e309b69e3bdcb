package spectral

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

// The graphs that a Model is of.
const (
	byGamma     = "rbf"
	byLocal     = "local"
	byKNN       = "knn"
	byLandmarks = "landmarks"
)

// A Model is the distinct rows learned from, or the landmarks, with their
// coordinates and clusters. A row that it judges is joined to them as the graph
// joins rows, and does not change them: coordinate j is the mean of theirs, by
// affinity, over eigenvalue j (the Nyström extension: Bengio and others 2003),
// of landmarks the mean itself, as of the rows learned from. A row that equals
// one learned from has its coordinates. Clusters are read off as in Fit.
type Model struct {
	saved
	names  []string
	x      *mat.Dense // the points: distinct rows, ascending column by column, or landmarks
	weight []float64  // samples of each
	scale  []float64  // of each, what rbf calls c
	coords *mat.Dense // of each; nil without eigenvectors
	label  []int32    // of each
	tree   *near.Tree // of x
	local  *near.Tree // of x without weights, for byLocal
}

// A saved is what a Model knows besides its points.
type saved struct {
	Graph     string    `json:"graph"`
	Gamma     float64   `json:"gamma"` // of byGamma and byLandmarks
	Neighbors int       `json:"neighbors"`
	Values    []float64 `json:"eigenvalues"`
	Reader    reader    `json:"reader"`
}

// plant makes the trees.
func (m *Model) plant(workers int) {
	weight := m.weight
	if m.Graph == byLandmarks {
		weight = nil
	}
	m.tree = near.New(m.x, weight, workers)
	if m.Graph == byLocal {
		m.local = near.New(m.x, nil, workers)
	}
}

// axes returns how many coordinates a row has: one of 0 without eigenvectors.
func (m *Model) axes() int { return max(len(m.Values), 1) }

// Apply implements algo.Model. A row costs O(m·(d+k)) for m distinct rows, or
// O(log m) or so of nearest neighbours or landmarks.
func (m *Model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	n, _ := x.Dims()
	res := &algo.Result{Labels: make([]int32, n), Coords: mat.NewDense(n, m.axes(), nil), Model: m}
	for j := range m.axes() {
		res.Axes = append(res.Axes, axis(j))
	}
	err := near.Each(ctx, n, 64, runtime.GOMAXPROCS(0), nil, func(lo, hi int) {
		j := m.judge()
		for i := lo; i < hi; i++ {
			res.Labels[i] = j.row(x.X.RawRowView(i), res.Coords.RawRowView(i))
		}
	})
	return res, err
}

// A judge is what judging takes, for one goroutine.
type judge struct {
	*Model
	search  *near.Neighbours // of KNN and landmarks
	seventh *near.Neighbours // of local scaling
	share   []float64
	buffer  []float64
}

func (m *Model) judge() *judge {
	j := &judge{Model: m, buffer: make([]float64, m.axes())}
	switch m.Graph {
	case byKNN:
		j.search = m.tree.Neighbours(float64(m.Neighbors-1), 0)
	case byLandmarks:
		j.search = m.tree.Neighbours(float64(m.Neighbors), 0)
	default:
		j.share = make([]float64, len(m.label))
		if m.Graph == byLocal {
			j.seventh = m.local.Neighbours(float64(min(localNeighbour, len(m.label))), 0)
		}
	}
	return j
}

// row sets coords to those of row q and returns its cluster.
func (j *judge) row(q, coords []float64) int32 {
	m := j.Model
	if k, ok := m.find(q); ok {
		if m.coords != nil {
			copy(coords, m.coords.RawRowView(k))
		}
		return m.label[k]
	}
	if m.coords != nil {
		switch m.Graph {
		case byKNN:
			j.near(q, coords, func(found []near.Neighbour, add func(int, float64)) {
				sum := 0.0
				for _, f := range found {
					sum += f.Weight
				}
				for _, f := range found {
					add(int(f.Place), f.Weight/sum)
				}
			})
		case byLandmarks:
			j.near(q, coords, func(found []near.Neighbour, add func(int, float64)) {
				shares(found, m.Gamma, add)
			})
		default:
			j.all(q, coords)
		}
		if m.Graph != byLandmarks {
			for a, v := range m.Values {
				coords[a] /= v
			}
		}
		for a, v := range coords { // over an eigenvalue of almost 0
			if math.IsNaN(v) || math.IsInf(v, 0) {
				coords[a] = 0
			}
		}
		if c, ok := m.Reader.read(coords, j.buffer); ok {
			return c
		}
	}
	k, _ := m.tree.Nearest(q)
	return m.label[k]
}

// near adds up the coordinates of the points near q.
func (j *judge) near(q, coords []float64, share func([]near.Neighbour, func(place int, share float64))) {
	share(j.search.Find(q), func(place int, part float64) {
		for a, v := range j.coords.RawRowView(j.tree.Row(place)) {
			coords[a] += part * v
		}
	})
}

// all adds up the coordinates of all points, by their affinities to q.
func (j *judge) all(q, coords []float64) {
	c := math.Sqrt(j.Gamma)
	if j.Graph == byLocal {
		c = localScale(farthest(j.seventh.Find(q)))
	}
	least := math.Inf(1)
	for k := range j.share {
		j.share[k] = min(c*j.scale[k]*near.SqDist(q, j.x.RawRowView(k)), math.MaxFloat64)
		least = min(least, j.share[k])
	}
	sum := 0.0
	for k, e := range j.share {
		j.share[k] = 0
		if e-least < vanish {
			j.share[k] = j.weight[k] * expNeg(least-e)
		}
		sum += j.share[k]
	}
	for k, s := range j.share {
		if s == 0 {
			continue
		}
		for a, v := range j.coords.RawRowView(k) {
			coords[a] += s / sum * v
		}
	}
}

// farthest returns the squared distance of the farthest of neighbours.
func farthest(found []near.Neighbour) (d2 float64) {
	for _, f := range found {
		d2 = max(d2, f.D2)
	}
	return d2
}

// find returns the row learned from that equals q, and whether there is one.
func (m *Model) find(q []float64) (int, bool) {
	if m.Graph == byLandmarks {
		return 0, false
	}
	return sort.Find(len(m.label), func(i int) int { return slices.Compare(q, m.x.RawRowView(i)) })
}

// Explain implements algo.Explainer. The row is compared with the nearest point
// of another cluster: a reason's Low and High are the value there, its Weight
// the column's share of the squared distance, so that the weightiest columns
// are those that keep the row from being of that cluster. There are none if
// there is one cluster. It costs O(m·d).
func (m *Model) Explain(x *features.Matrix, i int) []algo.Reason {
	row := x.X.RawRowView(i)
	own := m.judge().row(row, make([]float64, m.axes()))
	nearest, least := -1, math.Inf(1)
	for k, l := range m.label {
		if l == own {
			continue
		}
		if d2 := near.SqDist(row, m.x.RawRowView(k)); nearest < 0 || d2 < least {
			nearest, least = k, d2
		}
	}
	if nearest < 0 {
		return nil
	}
	other, length := m.x.RawRowView(nearest), 0.0
	for j, v := range row {
		length = math.Hypot(length, v/2-other[j]/2) // halves, as the whole may be beyond float64
	}
	var reasons []algo.Reason
	for j, v := range row {
		if share := (v/2 - other[j]/2) / length; length > 0 && share != 0 {
			reasons = append(reasons, algo.Reason{Column: m.names[j], Value: v, Low: other[j], High: other[j], Weight: share * share})
		}
	}
	algo.SortReasons(reasons)
	return reasons
}

// rename gives clusters new names, from 0; number has them plus 1 by the old
// ones, 0 for a cluster that no row is in. A landmark may be in such a cluster:
// it goes into that of the nearest landmark that is not.
func (m *Model) rename(number []int32, clusters int) {
	if m.Reader.Axes != nil {
		axes := make([][]float64, clusters)
		for c, axis := range m.Reader.Axes {
			if number[c] > 0 {
				axes[number[c]-1] = axis
			}
		}
		m.Reader.Axes = axes
	}
	label := make([]int32, len(m.label)) // apart from the labels of rows, which are the old ones
	var lost []int
	for i, l := range m.label {
		if label[i] = number[l] - 1; label[i] < 0 {
			lost = append(lost, i)
		}
	}
	for _, i := range lost {
		least := math.Inf(1)
		best := int32(0)
		for k, l := range m.label {
			if d2 := near.SqDist(m.x.RawRowView(i), m.x.RawRowView(k)); number[l] > 0 && d2 < least {
				best, least = number[l]-1, d2
			}
		}
		label[i] = best
	}
	m.label = label
}

package spectral

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// A matrix is the symmetric matrix D^-½·W·D^-½ of a graph of n distinct rows,
// W[a,b] being √(w_a·w_b) times the affinity, less 1 on the diagonal.
type matrix interface {
	// mul sets y to the product with eight vectors x, each by rows of eight
	// and padded to whole blocks of side rows.
	mul(ctx context.Context, y, x []float64) error

	// gather returns Σ v_a·A[a,b]·v_b over the rows a and b of two groups, for
	// each two groups.
	gather(ctx context.Context, group []int32, groups int, v []float64) (*mat.SymDense, error)
}

// lost is the share of a degree that is lost in rounding. Parts of a graph of n
// rows that are joined by less have eigenvalues above 1 − n·lost each.
const lost = 1e-16

var logLost = math.Log(lost)

// A graph is the affinities of distinct rows, normalised.
type graph struct {
	matrix
	n        int
	weight   []float64 // samples of each row
	logRoot  []float64 // log √(weight·degree); −Inf for rows without neighbours and copies, which are isolated
	comp     []int32   // the part of the graph that each row is in, of isolated rows too
	samples  []float64 // of each part
	isolated []bool    // whether a part is an isolated row
	kernel   []float64 // √(weight·degree), of length 1 in each part
}

func newGraph(m matrix, weight, logDegree []float64, comp []int32, components int) *graph {
	n := len(weight)
	g := &graph{matrix: m, n: n, weight: weight, comp: comp, logRoot: make([]float64, n), kernel: make([]float64, n)}
	g.samples, g.isolated = make([]float64, components), make([]bool, components)
	largest, square := make([]float64, components), make([]float64, components)
	for c := range largest {
		largest[c] = math.Inf(-1)
	}
	for i, w := range weight {
		g.logRoot[i] = (math.Log(w) + logDegree[i]) / 2
		g.samples[comp[i]] += w
		g.isolated[comp[i]] = math.IsInf(logDegree[i], -1)
		largest[comp[i]] = max(largest[comp[i]], g.logRoot[i])
	}
	for i, c := range comp {
		if !g.isolated[c] {
			g.kernel[i] = math.Exp(g.logRoot[i] - largest[c])
			square[c] += g.kernel[i] * g.kernel[i]
		}
	}
	for i, c := range comp {
		if !g.isolated[c] {
			g.kernel[i] /= math.Sqrt(square[c])
		}
	}
	return g
}

// parts returns the parts that are not isolated rows, that of most samples
// first.
func (g *graph) parts() []int32 {
	var parts []int32
	for c, is := range g.isolated {
		if !is {
			parts = append(parts, int32(c))
		}
	}
	slices.SortStableFunc(parts, func(a, b int32) int { return cmp.Compare(g.samples[b], g.samples[a]) })
	return parts
}

// project takes from t what it has of the eigenvectors of eigenvalue 1 that
// the parts have, and all of isolated rows.
func (g *graph) project(t []float64) {
	dot := make([]float64, len(g.samples))
	for i, c := range g.comp {
		dot[c] += g.kernel[i] * t[i]
	}
	for i, c := range g.comp {
		if t[i] -= g.kernel[i] * dot[c]; g.isolated[c] {
			t[i] = 0
		}
	}
}

// groups parts the rows into at most that many groups around rows far from
// each other (Gonzalez 1985): the first is the one of largest degree, the next
// is always the row farthest from those before. It returns the group of each
// row. x are the rows.
func (g *graph) groups(ctx context.Context, x *mat.Dense, most int) (group []int32, count int, err error) {
	group = make([]int32, g.n)
	far := make([]float64, g.n)
	next := 0
	for i, l := range g.logRoot {
		far[i] = math.Inf(1)
		if l > g.logRoot[next] {
			next = i
		}
	}
	for ; count < most && far[next] > 0; count++ {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		centre := x.RawRowView(next)
		far[next] = 0
		group[next] = int32(count)
		for i := range far {
			d2 := 0.0
			for k, v := range x.RawRowView(i) {
				d2 += (v - centre[k]) * (v - centre[k])
			}
			if d2 < far[i] {
				far[i], group[i] = d2, int32(count)
			}
		}
		next = 0
		for i, d2 := range far {
			if d2 > far[next] {
				next = i
			}
		}
	}
	return group, count, nil
}

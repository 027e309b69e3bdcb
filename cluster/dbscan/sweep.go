package dbscan

import (
	"context"
	"math"
	"sort"
	"strconv"
	"strings"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"
)

// A Sweep is values of eps to say the clusters, noise and largest cluster of: N
// of them, evenly spaced from From to To, both included. The zero Sweep has none.
type Sweep struct {
	From, To float64
	N        int
}

// sweepValues is how many values a sweep has if it isn't said, mostSweepValues
// how many at most.
const (
	sweepValues     = 100
	mostSweepValues = 10_000
)

func (s *Sweep) String() string {
	if s.N == 0 {
		return ""
	}
	return formatFloat(s.From) + ".." + formatFloat(s.To) + ":" + strconv.Itoa(s.N)
}

// Set implements pflag.Value.
func (s *Sweep) Set(text string) error {
	*s = Sweep{}
	if text == "" {
		return nil
	}
	from, rest, ok := strings.Cut(text, "..")
	to, n, counted := strings.Cut(rest, ":")
	v := Sweep{N: sweepValues}
	var err [3]error
	v.From, err[0] = strconv.ParseFloat(from, 64)
	v.To, err[1] = strconv.ParseFloat(to, 64)
	if counted {
		v.N, err[2] = strconv.Atoi(n)
	}
	if !ok || err[0] != nil || err[1] != nil || err[2] != nil || v.N == 0 {
		return &algo.ParamError{Name: sweepFlag, Value: text, Want: wantSweep}
	}
	*s = v
	return nil
}

// Type implements pflag.Value.
func (s *Sweep) Type() string { return "A..B[:N]" }

const (
	sweepFlag = "eps-sweep"
	wantSweep = "A..B or A..B:N with 0 < A < B, whose squares are finite, and 2 to 10000 values"
)

// ok tells whether the sweep has values as it should, or none.
func (s *Sweep) ok() bool {
	return *s == Sweep{} || s.From > 0 && s.From < s.To && !math.IsInf(s.To*s.To, 1) && s.N >= 2 && s.N <= mostSweepValues
}

// values returns the values of eps, ascending.
func (s *Sweep) values() []float64 {
	eps := make([]float64, s.N)
	for k := range eps {
		eps[k] = s.From + (s.To-s.From)*float64(k)/float64(s.N-1)
	}
	eps[s.N-1] = s.To
	return eps
}

// A border is a row that comes to be of the cluster of another as eps grows.
type border struct {
	at  int32 // the value of eps that it is so from
	row int32
	of  int32 // a core row
}

// sweep returns the table of what DBSCAN finds for each value of eps. core is
// the squared core distance of each distinct row.
//
// A row is core from its core distance on, and core rows hang together for eps
// as they do in the minimum spanning tree of mutual reachability by edges of at
// most eps (Campello, Moulavi, Sander 2013). Before it is core a row is a border
// row of its nearest core row, and the rows that can be it are nearer than its
// core distance: fewer than min-samples samples.
func (m *Method) sweep(ctx context.Context, c *features.Collapsed, core []float64, tree *near.Tree, workers int, steps *steps) (*features.Table, error) {
	eps := m.Sweep.values()
	squares := make([]float64, len(eps))
	for k, e := range eps {
		squares[k] = e * e
	}
	// from returns which value of eps is the first of at least a squared distance.
	from := func(d2 float64) int32 { return int32(sort.SearchFloat64s(squares, d2)) }
	edges, err := tree.Mutual(core).SpanningTree(ctx, workers, steps.next())
	if err != nil {
		return nil, err
	}
	borders, err := m.borders(ctx, c, core, tree, from, squares, workers, steps.next())
	if err != nil {
		return nil, err
	}

	t := newSweepTable(m)
	n := len(core)
	parent, to, weight := make([]int32, n), make([]int32, n), make([]float64, n)
	for i := range parent {
		parent[i], to[i] = int32(i), none
	}
	find := func(i int32) int32 {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	samples := c.Samples()
	e, b := 0, 0
	for k := range eps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for ; e < len(edges) && edges[e].D2 <= squares[k]; e++ {
			parent[find(edges[e].A)] = find(edges[e].B)
		}
		for ; b < len(borders) && borders[b].at <= int32(k); b++ {
			to[borders[b].row] = borders[b].of
		}
		clear(weight)
		cores, noise, largest := 0, 0.0, 0.0
		for i, w := range c.Weight {
			of := int32(i)
			if core[i] <= squares[k] {
				cores++
			} else if of = to[i]; of == none {
				noise += w
				continue
			}
			root := find(of)
			weight[root] += w
			largest = max(largest, weight[root])
		}
		t.add(eps[k], float64(cores-e), noise, noise/samples, largest/samples)
	}
	return t.Table, nil
}

const none = -1

// borders returns what the border rows are of, in the order of eps.
func (m *Method) borders(ctx context.Context, c *features.Collapsed, core []float64, tree *near.Tree, from func(float64) int32, squares []float64, workers int, step func(int)) ([]border, error) {
	const grain = 256
	n := len(core)
	found := make([][]border, (n+grain-1)/grain) // by run of rows
	last := squares[len(squares)-1]
	err := near.Each(ctx, n, grain, workers, step, func(lo, hi int) {
		nearest := make([]struct {
			row int32
			d2  float64
		}, len(squares)) // of the rows that are core from a value of eps on
		for p := lo; p < hi; p++ {
			row := tree.Row(p)
			end := from(core[row])
			if end == 0 || math.IsInf(core[row], 1) {
				continue // core for every eps, or all weigh too little for any
			}
			for k := range end {
				nearest[k].row = none
			}
			tree.Within(tree.At(p), min(core[row], last), func(other int, d2 float64) {
				k := from(max(d2, core[other]))
				if k >= end {
					return
				}
				if o := &nearest[k]; o.row == none || d2 < o.d2 || d2 == o.d2 && int32(other) < o.row {
					o.row, o.d2 = int32(other), d2
				}
			})
			best, least := int32(none), math.Inf(1)
			for k := range end {
				o := nearest[k]
				if o.row != none && (best == none || o.d2 < least || o.d2 == least && o.row < best) {
					best, least = o.row, o.d2
					found[lo/grain] = append(found[lo/grain], border{k, int32(row), best})
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	// By counting, the borders come into the order of eps.
	start := make([]int, len(squares)+1)
	for _, run := range found {
		for _, b := range run {
			start[b.at+1]++
		}
	}
	for k := range squares {
		start[k+1] += start[k]
	}
	all := make([]border, start[len(squares)])
	for _, run := range found {
		for _, b := range run {
			all[start[b.at]] = b
			start[b.at]++
		}
	}
	return all, nil
}

// A sweepTable is the table of a sweep: of as many columns as add takes numbers.
type sweepTable struct{ *features.Table }

func newSweepTable(m *Method) sweepTable {
	t := &features.Table{Name: "epssweep", Meta: map[string]string{"min_samples": strconv.Itoa(m.MinSamples)}}
	for _, f := range []features.Field{
		{Name: "eps", Doc: "Greatest distance of neighbours."},
		{Name: "clusters", Unit: features.Count, Doc: "Clusters that DBSCAN finds for it."},
		{Name: "noise", Unit: features.Count, Doc: "Samples that it leaves as noise."},
		{Name: "noise_share", Unit: features.Ratio, Doc: "Share of the samples that is noise."},
		{Name: "largest_share", Unit: features.Ratio, Doc: "Share of the samples that is in the largest cluster."},
	} {
		f.Type, f.Role = features.Float, features.Value
		t.Columns = append(t.Columns, &features.Column{Field: f})
	}
	return sweepTable{t}
}

func (t sweepTable) add(row ...float64) {
	for j, v := range row {
		t.Columns[j].Floats = append(t.Columns[j].Floats, v)
	}
}

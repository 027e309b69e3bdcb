package scale

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"toolkit/algo"
	"toolkit/features"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A quantile is a way to scale by rank: the share of the samples below a value
// is put through spread.
type quantile struct {
	name, doc string
	spread    func(share float64) float64
}

var (
	Quantile = (&quantile{
		name: "quantile",
		doc: `quantile: columns from 0 to 1, by rank

A value becomes the share of the samples that are below it, equal ones counting
half: whatever the distribution, as many are below 0.1 as between 0.1 and 0.2.
` + quantileDoc,
		spread: func(share float64) float64 { return share },
	}).algorithm()

	Normal = (&quantile{
		name: "normal",
		doc: `normal: columns of a normal distribution, by rank

A value becomes the normal quantile of the share of the samples that are below
it, equal ones counting half.
` + quantileDoc,
		spread: distuv.UnitNormal.Quantile,
	}).algorithm()
)

const quantileDoc = `How far apart values are is lost, but not their order. Of more than 1,000
different values in a column as many are kept, evenly spread by rank, and what
is between them is interpolated. Other rows' values beyond those learned from
become the outermost of these.`

// maxPoints is how many values of a column are kept at most.
const maxPoints = 1000

func (q *quantile) algorithm() *algo.Algorithm {
	return &algo.Algorithm{
		Name: q.name, Doc: q.doc, Cost: "O(n·d·log n) time, O(n·(d + workers)) memory", Gives: algo.Coords,
		New:  func() algo.Method { return quantileMethod{q} },
		Load: q.load,
	}
}

type quantileMethod struct{ *quantile }

func (quantileMethod) Flags(*pflag.FlagSet) {}

func (quantileMethod) Check() error { return nil }

func (quantileMethod) Bytes(n, distinct, d, workers int) int64 {
	// The coordinates; for each worker the sorted values of a column, and
	// these with their shares while their slices grow.
	return 8*int64(n)*int64(d) + 64*int64(n)*int64(min(workers, d)) + 16*int64(d)*int64(min(n, maxPoints))
}

func (q quantileMethod) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	_, d := x.Dims()
	m := &quantileModel{quantile: q.quantile, columns: x.Names, points: make([]points, d)}
	err := algo.Each(ctx, env.NumWorkers(), d, func(j int) { m.points[j] = q.learn(column{x, j}) })
	if err != nil {
		return nil, err
	}
	return m.apply(ctx, x, env.NumWorkers())
}

// points are values of a column, ascending, and what they become.
type points struct{ value, coord []float64 }

// learn returns the points of a column: all values, or of too many those
// nearest to evenly spread shares, with the least and the greatest.
func (q *quantile) learn(c column) points {
	sorted := c.sorted()
	total := c.x.Samples()
	var all points
	var below float64
	for lo := 0; lo < len(sorted); {
		var equal float64
		hi := lo
		for ; hi < len(sorted) && sorted[hi].v == sorted[lo].v; hi++ {
			equal += sorted[hi].w
		}
		all.value = append(all.value, sorted[lo].v)
		all.coord = append(all.coord, (below+equal/2)/total) // the share, for now
		below += equal
		lo = hi
	}
	kept := all
	if len(all.value) > maxPoints {
		kept = points{}
		for k, next := 0, 0; k < maxPoints; k++ {
			// The first share not below, of those not yet taken, so that enough are left.
			i := sort.SearchFloat64s(all.coord, float64(k)/(maxPoints-1))
			i = min(max(i, next), len(all.value)-(maxPoints-k))
			kept.value, kept.coord = append(kept.value, all.value[i]), append(kept.coord, all.coord[i])
			next = i + 1
		}
	}
	for k, share := range kept.coord {
		kept.coord[k] = q.spread(share)
	}
	return kept
}

// between returns where the value at v of from, which ascends, lies in to. It
// is the first of to below them, and the last above.
func between(from, to []float64, v float64) float64 {
	i := sort.SearchFloat64s(from, v) // the first not below v
	switch {
	case i == len(from):
		return to[i-1]
	case i == 0 || from[i] == v:
		return to[i]
	}
	// Halves, as the distance of two values may be beyond float64; of the
	// least numbers there are no halves, but no such distances either.
	lo, hi, half := from[i-1], from[i], 1.0
	if math.IsInf(hi-lo, 0) {
		half = 0.5
	}
	share := (v*half - lo*half) / (hi*half - lo*half)
	return to[i-1]*(1-share) + to[i]*share
}

// A quantileModel is what a quantile has learned of each column.
type quantileModel struct {
	*quantile
	columns []string
	points  []points
}

var _ algo.Inverter = (*quantileModel)(nil)

// Apply implements algo.Model.
func (m *quantileModel) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	return m.apply(ctx, x, algo.Env{}.NumWorkers())
}

func (m *quantileModel) apply(ctx context.Context, x *features.Matrix, workers int) (*algo.Result, error) {
	n, d := x.Dims()
	coords := mat.NewDense(n, d, nil)
	err := algo.Each(ctx, workers, (n+rowsAtOnce-1)/rowsAtOnce, func(b int) {
		for i := b * rowsAtOnce; i < min((b+1)*rowsAtOnce, n); i++ {
			to := coords.RawRowView(i)
			for j, v := range x.X.RawRowView(i) {
				to[j] = between(m.points[j].value, m.points[j].coord, v)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return &algo.Result{Coords: coords, Axes: x.Names, Model: m}, nil
}

// Invert implements algo.Inverter. Beyond the outermost coordinates there is
// no bound.
func (m *quantileModel) Invert(column int, v float64) float64 {
	p := m.points[column]
	switch {
	case v < p.coord[0]:
		return math.Inf(-1)
	case v > p.coord[len(p.coord)-1]:
		return math.Inf(1)
	}
	return between(p.coord, p.value, v)
}

// The columns of a quantileModel's table: one row for each point.
const (
	colNumber = "number"
	colValue  = "value"
	colCoord  = "coordinate"
)

// State implements algo.Model.
func (m *quantileModel) State() *features.Table {
	var names []string
	field := func(name string, t features.Type, role features.Role, doc string) *features.Column {
		return &features.Column{Field: features.Field{Name: name, Type: t, Role: role, Doc: doc}}
	}
	number := field(colNumber, features.Int, features.Key, "Number of the column, from 0.")
	value := field(colValue, features.Float, features.Key, "Value of the column.")
	coord := field(colCoord, features.Float, features.Outcome, "What it becomes.")
	for j, p := range m.points {
		for range p.value {
			names = append(names, m.columns[j])
			number.Ints = append(number.Ints, int64(j))
		}
		value.Floats = append(value.Floats, p.value...)
		coord.Floats = append(coord.Floats, p.coord...)
	}
	name := features.TextColumn(features.Field{Name: colColumn, Role: features.Key, Doc: "Name of the column."}, names)
	return &features.Table{Name: m.name, Columns: []*features.Column{number, name, value, coord}}
}

func (q *quantile) load(t *features.Table) (algo.Model, error) {
	number, name, value, coord := t.Column(colNumber), t.Column(colColumn), t.Column(colValue), t.Column(colCoord)
	if number == nil || name == nil || value == nil || coord == nil || number.Type != features.Int || value.Type != features.Float || coord.Type != features.Float {
		return nil, fmt.Errorf("table %s has not the columns of a model by rank: %s, %s, %s, %s", t.Name, colNumber, colColumn, colValue, colCoord)
	}
	m := &quantileModel{quantile: q}
	for i, j := range number.Ints {
		switch last := int64(len(m.points)) - 1; {
		case j == last+1:
			m.points, m.columns = append(m.points, points{}), append(m.columns, name.String(i))
		case j != last:
			return nil, fmt.Errorf("table %s: point %d is of column %d, after %d", t.Name, i, j, last)
		}
		p := &m.points[j]
		p.value, p.coord = append(p.value, value.Floats[i]), append(p.coord, coord.Floats[i])
	}
	for j, p := range m.points {
		if !slices.IsSortedFunc(p.value, cmp.Compare[float64]) || !slices.IsSortedFunc(p.coord, cmp.Compare[float64]) {
			return nil, fmt.Errorf("table %s: the points of column %s do not ascend", t.Name, m.columns[j])
		}
	}
	return m, nil
}

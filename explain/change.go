package explain

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/prose"

	"gonum.org/v1/gonum/mat"
)

const (
	spread    = 64   // values of a column that are tried, evenly spread over those of normal rows
	cuts      = 7    // values tried between the nearest normal one and the nearest that is not
	precision = 1e-3 // of a change: the least part of it that is looked at
)

// A Change is what would have made a row normal by a method: another value of
// one column, all others as they are.
type Change struct {
	Found  bool   `json:"found"`
	Column string `json:"column,omitempty"`
	From   Number `json:"from"`
	To     Number `json:"to"`
	Size   Number `json:"size"`             // distance between the two rows in the model's own scale
	Others int    `json:"others,omitempty"` // columns that would do too, by a larger change

	// Together are columns that, where no single one suffices, would have made
	// the row normal with the values of a normal row.
	Together []string `json:"together,omitempty"`
	Like     *int     `json:"like,omitempty"` // that row

	Words string `json:"words"` // the change, or why there is none

	unit features.Unit
}

// change returns what would have made row i of a table normal by a method
// that flags it. like is a normal row near it, below 0 if there is none.
func (o *Outputs) change(ctx context.Context, m *method, i, like int) (*Change, error) {
	none := func(why string) (*Change, error) {
		return &Change{From: nan, To: nan, Size: nan, Words: why}, nil
	}
	if m.model == nil {
		return none("it has no model that could judge another row")
	}
	x := o.matrix(m.table, m.model)
	if x == nil {
		return none("its model was learned from columns that the table does not have")
	}
	row, ok := matrixRow(x, i)
	if !ok {
		return none("the row has no value in one of its columns")
	}
	t := o.Tables[m.table]
	c := &changer{model: m.model, x: x, row: row, anomalous: m.anomalous}
	c.whole = func(j int) bool {
		col := t.Column(x.Names[j])
		return col != nil && col.Type != features.Float
	}
	c.normal = func(k int) bool { return !m.flags(int(x.TableRow(k))) }
	as, err := algo.Apply(ctx, m.model, c.one())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.name(), err)
	}
	if !m.judges(as) {
		return none("its model does not say what is anomalous")
	}
	if !m.anomalous(as, 0) {
		return none("its model does not flag a row like it a second time: it has learned from this one")
	}
	best, others, err := c.smallest(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.name(), err)
	}
	if best == nil {
		return o.together(ctx, c, like)
	}
	best.Others = others
	if col := t.Column(best.Column); col != nil {
		best.unit = unitOf(col)
	}
	best.Words = best.words()
	return best, nil
}

// together returns which columns of c's row have to be those of a normal row
// for it to be normal: those that differ most in what the algorithm sees, as
// few as suffice in that order.
func (o *Outputs) together(ctx context.Context, c *changer, like int) (*Change, error) {
	change := &Change{From: nan, To: nan, Size: nan, Words: "no single feature suffices"}
	at, ok := -1, false
	if like >= 0 {
		at, ok = matrixRow(c.x, like)
	}
	if !ok {
		return change, nil
	}
	row, other := c.x.X.RawRowView(c.row), c.x.X.RawRowView(at)
	single := mat.NewDense(len(row)+1, len(row), nil) // the row, and it with each column as the other's
	for k := range len(row) + 1 {
		copy(single.RawRowView(k), row)
		if k > 0 {
			single.Set(k, k-1, other[k-1])
		}
	}
	y, err := c.model.Enter(ctx, c.x.Other(single))
	if err != nil {
		return nil, err
	}
	var columns []int
	for _, j := range order(len(row)) {
		if row[j] != other[j] {
			columns = append(columns, j)
		}
	}
	far := func(j int) float64 { return distance2(y.X.RawRowView(0), y.X.RawRowView(j+1)) }
	slices.SortStableFunc(columns, func(a, b int) int { return cmp.Compare(far(b), far(a)) })
	if len(columns) == 0 {
		return change, nil
	}
	x := mat.NewDense(len(columns), len(row), nil)
	for k := range columns {
		copy(x.RawRowView(k), row)
		for _, j := range columns[:k+1] {
			x.Set(k, j, other[j])
		}
	}
	r, err := algo.Apply(ctx, c.model, c.x.Other(x))
	if err != nil {
		return nil, err
	}
	for k := range columns {
		if c.anomalous(r, k) {
			continue
		}
		for _, j := range columns[:k+1] {
			change.Together = append(change.Together, c.x.Names[j])
		}
		change.Like = &like
		change.Words = fmt.Sprintf("no single feature suffices; as in row %d, normal, %s would", like, prose.List(change.Together))
		break
	}
	return change, nil
}

// A changer looks for values that make a row normal.
type changer struct {
	model     *algo.ChainModel
	x         *features.Matrix
	row       int
	anomalous func(r *algo.Result, i int) bool
	normal    func(k int) bool // whether row k of x is
	whole     func(j int) bool // whether column j has whole numbers only
}

// one returns the row alone.
func (c *changer) one() *features.Matrix { return c.rows([]trial{{-1, 0}}) }

// A trial is another value of a column; no other for a column below 0.
type trial struct {
	column int
	value  float64
}

// rows returns a matrix of the row with each of the trials.
func (c *changer) rows(trials []trial) *features.Matrix {
	_, d := c.x.Dims()
	x := mat.NewDense(len(trials), d, nil)
	for k, t := range trials {
		copy(x.RawRowView(k), c.x.X.RawRowView(c.row)[:d])
		if t.column >= 0 {
			x.Set(k, t.column, t.value)
		}
	}
	return c.x.Other(x)
}

// try tells of each of the trials whether it makes the row normal.
func (c *changer) try(ctx context.Context, trials []trial) ([]bool, error) {
	r, err := algo.Apply(ctx, c.model, c.rows(trials))
	if err != nil {
		return nil, err
	}
	ok := make([]bool, len(trials))
	for k := range ok {
		ok[k] = !c.anomalous(r, k)
	}
	return ok, nil
}

// A bracket is a value of a column that makes the row normal, and the nearest
// to the row's own of those tried that does not.
type bracket struct {
	column       int
	bad, good, v float64
}

// smallest returns the smallest change of one column that makes the row
// normal, in the distance of what the model's algorithm sees, and how many
// other columns would do too; nil if none does. Columns are tried at values
// that normal rows have, the nearest first, and then between them. Columns
// NAME=VALUE are left as they are, as a row has one of a name, and so are categories.
func (c *changer) smallest(ctx context.Context) (*Change, int, error) {
	var trials []trial
	var of [][2]int // trials of each column below and above the row's value, the nearest first
	for j, name := range c.x.Names {
		if strings.Contains(name, "=") || c.x.CategoriesOf(j) != nil {
			continue
		}
		below, above := c.values(j)
		for _, side := range [][]float64{below, above} {
			at := len(trials)
			for _, v := range side {
				trials = append(trials, trial{j, v})
			}
			of = append(of, [2]int{at, len(trials)})
		}
	}
	if len(trials) == 0 {
		return nil, 0, nil
	}
	ok, err := c.try(ctx, trials)
	if err != nil {
		return nil, 0, err
	}
	var found []*bracket
	for _, span := range of {
		for k := span[0]; k < span[1]; k++ {
			if !ok[k] {
				continue
			}
			t := trials[k]
			b := &bracket{column: t.column, good: t.value, v: c.x.X.At(c.row, t.column)}
			b.bad = b.v
			if k > span[0] {
				b.bad = trials[k-1].value
			}
			found = append(found, b)
			break
		}
	}
	if len(found) == 0 {
		return nil, 0, nil
	}
	if err := c.narrow(ctx, found); err != nil {
		return nil, 0, err
	}
	return c.nearest(ctx, found)
}

// values returns values of column j that normal rows have, below and above
// the row's own, the nearest first: the nearest ones, then at growing
// distance in their order, and some evenly spread.
func (c *changer) values(j int) (below, above []float64) {
	n, _ := c.x.Dims()
	var all []float64
	for k := range n {
		if c.normal(k) {
			all = append(all, c.x.X.At(k, j))
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	v := c.x.X.At(c.row, j)
	at, found := slices.BinarySearch(all, v)
	rest := all[at:]
	if found {
		rest = rest[1:]
	}
	below = slices.Clone(all[:at])
	slices.Reverse(below)
	return thin(below), thin(rest)
}

// thin returns the values at places that grow apart, and some evenly spread.
func thin(v []float64) []float64 {
	var out []float64
	next, step := 0, max(1, len(v)/spread)
	for k := range v {
		if k == next || k%step == 0 || k == len(v)-1 {
			out = append(out, v[k])
		}
		if k == next {
			next = max(k+1, k*5/4)
		}
	}
	return out
}

// narrow moves the good values as near to the row's own as they stay good.
func (c *changer) narrow(ctx context.Context, found []*bracket) error {
	for {
		var trials []trial
		var of []*bracket
		for _, b := range found {
			for _, v := range c.between(b) {
				trials, of = append(trials, trial{b.column, v}), append(of, b)
			}
		}
		if len(trials) == 0 {
			return nil
		}
		ok, err := c.try(ctx, trials)
		if err != nil {
			return err
		}
		done := map[*bracket]bool{}
		for k, t := range trials { // of each bracket from the bad end on
			b := of[k]
			switch {
			case done[b]:
			case ok[k]:
				b.good, done[b] = t.value, true
			default:
				b.bad = t.value
			}
		}
	}
}

// between returns values between the ends of b, from its bad end on; none if
// they are as near as matters.
func (c *changer) between(b *bracket) []float64 {
	width := b.good - b.bad
	if math.Abs(width) <= precision*math.Abs(b.good-b.v) {
		return nil
	}
	var vs []float64
	for k := 1; k <= cuts; k++ {
		v := b.bad + width*float64(k)/(cuts+1)
		if c.whole(b.column) {
			v = math.Round(v)
		}
		last := b.bad
		if len(vs) > 0 {
			last = vs[len(vs)-1]
		}
		if v != last && v != b.good && v != b.bad {
			vs = append(vs, v)
		}
	}
	return vs
}

// nearest returns the change that is the smallest in what the algorithm sees.
func (c *changer) nearest(ctx context.Context, found []*bracket) (*Change, int, error) {
	trials := []trial{{-1, 0}}
	columns := map[int]bool{}
	for _, b := range found {
		trials = append(trials, trial{b.column, b.good})
		columns[b.column] = true
	}
	y, err := c.model.Enter(ctx, c.rows(trials))
	if err != nil {
		return nil, 0, err
	}
	size := func(k int) float64 { return math.Sqrt(distance2(y.X.RawRowView(0), y.X.RawRowView(k))) }
	k := slices.MinFunc(order(len(found)), func(a, b int) int { return cmp.Compare(size(a+1), size(b+1)) })
	b := found[k]
	return &Change{
		Found: true, Column: c.x.Names[b.column], From: Number(b.v), To: Number(b.good), Size: Number(size(k + 1)),
	}, len(columns) - 1, nil
}

// order returns 0 to n-1.
func order(n int) []int {
	v := make([]int, n)
	for i := range v {
		v[i] = i
	}
	return v
}

func distance2(a, b []float64) float64 {
	var s float64
	for j := range a {
		s += (a[j] - b[j]) * (a[j] - b[j])
	}
	return s
}

package explain

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/prose"

	"gonum.org/v1/gonum/mat"
)

const (
	spread    = 64   // values of a column that are tried, evenly spread over those of normal rows; categories at most
	said      = 3    // categories that are said, of those that make a row normal
	cuts      = 7    // values tried between the nearest normal one and the nearest that is not
	precision = 1e-3 // of a change: the least part of it that is looked at
)

// A Change is what would have made a row normal by a method: another value of
// one column, all others as they are.
type Change struct {
	Found  bool     `json:"found"`
	Column string   `json:"column,omitempty"`
	From   Value    `json:"from"`
	To     Value    `json:"to"`
	Size   Number   `json:"size"`             // distance between the two rows in the model's own scale
	Others []string `json:"others,omitempty"` // columns that would do too, by a larger change, the smallest first

	// Or are other categories that would do, the most frequent of normal rows
	// first, as To is the most frequent of all.
	Or []string `json:"or,omitempty"`

	// Together are columns that, where no single one suffices, would have made
	// the row normal with the values of a normal row.
	Together []string `json:"together,omitempty"`
	Like     *int     `json:"like,omitempty"` // that row

	Words string `json:"words"` // the change, or why there is none

	unit features.Unit
}

// noChange returns that there is none, and why.
func noChange(why string) *Change {
	return &Change{From: Value{Number: nan}, To: Value{Number: nan}, Size: nan, Words: why}
}

// change returns what would have made row i of a table normal by a method
// that flags it. like is a normal row near it, below 0 if there is none.
func (o *Outputs) change(ctx context.Context, m *method, i, like int) (*Change, error) {
	none := func(why string) (*Change, error) {
		return noChange(why), nil
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
	c := &changer{model: m.model, x: x, row: row, dials: dials(t, x), anomalous: m.anomalous}
	c.whole = func(d *dial) bool { return t.Column(d.name).Type != features.Float }
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
	best, err := c.smallest(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.name(), err)
	}
	if best == nil {
		return o.together(ctx, c, like)
	}
	col := t.Column(best.Column)
	best.unit = unitOf(col)
	if col.Type == features.Text {
		best.From.Category = "null"
		if !col.IsNull(i) {
			best.From.Category = col.String(i)
		}
	}
	best.Words = best.words()
	return best, nil
}

// together returns which columns of c's row have to be those of a normal row
// for it to be normal: those that differ most in what the algorithm sees, as
// few as suffice in that order.
func (o *Outputs) together(ctx context.Context, c *changer, like int) (*Change, error) {
	change := noChange("no single feature suffices")
	at, ok := -1, false
	if like >= 0 {
		at, ok = matrixRow(c.x, like)
	}
	if !ok {
		return change, nil
	}
	row, other := c.x.X.RawRowView(c.row), c.x.X.RawRowView(at)
	single := []trial{{}} // the row, and it with each thing as the other's
	for _, d := range c.dials {
		if v := d.of(other); v != d.of(row) {
			single = append(single, trial{d, v})
		}
	}
	y, err := c.model.Enter(ctx, c.rows(single))
	if err != nil {
		return nil, err
	}
	places := order(len(single))[1:]
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(distance2(y, 0, b), distance2(y, 0, a)) })
	if len(places) == 0 {
		return change, nil
	}
	x := mat.NewDense(len(places), len(row), nil)
	for k := range places {
		copy(x.RawRowView(k), row)
		for _, s := range places[:k+1] {
			single[s].dial.set(x.RawRowView(k), single[s].value)
		}
	}
	r, err := algo.Apply(ctx, c.model, c.x.Other(x))
	if err != nil {
		return nil, err
	}
	for k := range places {
		if c.anomalous(r, k) {
			continue
		}
		for _, s := range places[:k+1] {
			change.Together = append(change.Together, single[s].dial.name)
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
	dials     []*dial
	anomalous func(r *algo.Result, i int) bool
	normal    func(k int) bool   // whether row k of x is
	whole     func(d *dial) bool // whether a number is always a whole one
}

// one returns the row alone.
func (c *changer) one() *features.Matrix { return c.rows([]trial{{}}) }

// A trial is another value of a dial; none of no dial.
type trial struct {
	dial  *dial
	value float64
}

// rows returns a matrix of the row with each of the trials.
func (c *changer) rows(trials []trial) *features.Matrix {
	_, d := c.x.Dims()
	x := mat.NewDense(len(trials), d, nil)
	for k, t := range trials {
		copy(x.RawRowView(k), c.x.X.RawRowView(c.row)[:d])
		if t.dial != nil {
			t.dial.set(x.RawRowView(k), t.value)
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

// A bracket is a value of a dial that makes the row normal, and the nearest to
// the row's own of those tried that does not.
type bracket struct {
	dial         *dial
	bad, good, v float64
	or           []string // of a category: others that make it normal
}

// smallest returns the smallest change of one column that makes the row
// normal, in the distance of what the model's algorithm sees; nil if none does. Numbers are tried at values
// that normal rows have, the nearest first, and then between them; categories
// from the most frequent one of normal rows on.
func (c *changer) smallest(ctx context.Context) (*Change, error) {
	var trials []trial
	var of [][2]int // trials of each column below and above the row's value, the nearest first
	for _, d := range c.dials {
		for _, side := range c.sides(d) {
			at := len(trials)
			for _, v := range side {
				trials = append(trials, trial{d, v})
			}
			of = append(of, [2]int{at, len(trials)})
		}
	}
	if len(trials) == 0 {
		return nil, nil
	}
	ok, err := c.try(ctx, trials)
	if err != nil {
		return nil, err
	}
	var found []*bracket
	for _, span := range of {
		for k := span[0]; k < span[1]; k++ {
			if !ok[k] {
				continue
			}
			d := trials[k].dial
			b := &bracket{dial: d, good: trials[k].value, v: d.of(c.x.X.RawRowView(c.row))}
			b.bad = b.v
			if k > span[0] {
				b.bad = trials[k-1].value
			}
			if d.values != nil {
				b.or = also(trials[k+1:span[1]], ok[k+1:])
			}
			found = append(found, b)
			break
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	if err := c.narrow(ctx, found); err != nil {
		return nil, err
	}
	return c.nearest(ctx, found)
}

// also returns the first categories of trials that made the row normal, too.
func also(trials []trial, ok []bool) []string {
	var or []string
	for k, t := range trials {
		if ok[k] && len(or) < said-1 {
			or = append(or, t.dial.value(t.value).Category)
		}
	}
	return or
}

// sides returns values of d that normal rows have, in the order to try them in: of
// a number those below and those above the row's own, the nearest first: the nearest
// ones, then at growing distance in their order, and some evenly spread.
func (c *changer) sides(d *dial) [][]float64 {
	weight := map[float64]float64{} // by value
	n, _ := c.x.Dims()
	for k := range n {
		if c.normal(k) {
			weight[d.of(c.x.X.RawRowView(k))] += c.x.W(k)
		}
	}
	v := d.of(c.x.X.RawRowView(c.row))
	if d.values != nil {
		return [][]float64{d.others(weight, v)}
	}
	all := slices.Sorted(maps.Keys(weight))
	at, found := slices.BinarySearch(all, v)
	below, above := slices.Clone(all[:at]), all[at:]
	if found {
		above = above[1:]
	}
	slices.Reverse(below)
	return [][]float64{thin(below), thin(above)}
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
				trials, of = append(trials, trial{b.dial, v}), append(of, b)
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
	if b.dial.values != nil || math.Abs(width) <= precision*math.Abs(b.good-b.v) {
		return nil
	}
	var vs []float64
	for k := 1; k <= cuts; k++ {
		v := b.bad + width*float64(k)/(cuts+1)
		if c.whole(b.dial) {
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
func (c *changer) nearest(ctx context.Context, found []*bracket) (*Change, error) {
	trials := []trial{{}}
	for _, b := range found {
		trials = append(trials, trial{b.dial, b.good})
	}
	y, err := c.model.Enter(ctx, c.rows(trials))
	if err != nil {
		return nil, err
	}
	size := func(k int) float64 { return math.Sqrt(distance2(y, 0, k)) }
	places := order(len(found))
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(size(a+1), size(b+1)) })
	b := found[places[0]]
	best := &Change{Found: true, Column: b.dial.name, From: b.dial.value(b.v), To: b.dial.value(b.good), Or: b.or, Size: Number(size(places[0] + 1))}
	for _, k := range places {
		if name := found[k].dial.name; name != best.Column && !slices.Contains(best.Others, name) {
			best.Others = append(best.Others, name)
		}
	}
	return best, nil
}

// order returns 0 to n-1.
func order(n int) []int {
	v := make([]int, n)
	for i := range v {
		v[i] = i
	}
	return v
}

package hst

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

func TestAlgorithm(t *testing.T) {
	algotest.Run(t, Algorithm)
	t.Run("shallow", func(t *testing.T) {
		algotest.Run(t, Algorithm, algotest.Set("depth", "6"), algotest.Set("trees", "60"))
	})
}

func fit(t testing.TB, h HST, x *features.Matrix, env algo.Env) *algo.Result {
	t.Helper()
	r, err := algo.Fit(context.Background(), &h, x, env)
	if err != nil {
		t.Fatalf("%+v: %v", h, err)
	}
	return r
}

func apply(t testing.TB, m algo.Model, x *features.Matrix) []float64 {
	t.Helper()
	r, err := algo.Apply(context.Background(), m, x)
	if err != nil {
		t.Fatal(err)
	}
	return r.Scores
}

func update(t testing.TB, m algo.Model, x *features.Matrix) {
	t.Helper()
	if err := m.(algo.Updater).Update(context.Background(), x); err != nil {
		t.Fatal(err)
	}
}

// small returns a table of few values with weights up to most.
func small(r *rand.Rand, n, d, most int) *features.Matrix {
	x := &features.Matrix{X: mat.NewDense(n, d, nil), Weight: make([]float64, n)}
	for j := range d {
		x.Names = append(x.Names, string(rune('a'+j)))
	}
	for i := range n {
		x.Weight[i] = float64(1 + r.IntN(most))
		for j := range d {
			x.X.Set(i, j, math.Floor(math.Exp(3*r.Float64())))
		}
	}
	return x
}

// cut returns rows lo to hi-1 of x.
func cut(x *features.Matrix, lo, hi int) *features.Matrix {
	_, d := x.Dims()
	return &features.Matrix{Names: x.Names, X: x.X.Slice(lo, hi, 0, d).(*mat.Dense), Weight: x.Weight[lo:hi]}
}

// repeat returns x with each row as often as it weighs, in the same order.
func repeat(x *features.Matrix) *features.Matrix {
	_, d := x.Dims()
	var data []float64
	for i, w := range x.Weight {
		for range int(w) {
			data = append(data, x.X.RawRowView(i)...)
		}
	}
	y := &features.Matrix{Names: x.Names, X: mat.NewDense(len(data)/d, d, data)}
	y.Weight = slices.Repeat([]float64{1}, len(data)/d)
	return y
}

// A plain is the method as the paper has it: whole trees with two masses a
// node, which rows go down one by one.
type plain struct {
	HST
	spaces []space
	r, l   []map[uint64]float64 // mass of each tree's nodes in the last full window, and in the next
	total  float64              // samples of the last full window
	seen   float64              // and of the next
}

func newPlain(m *Model) *plain {
	p := &plain{HST: m.params}
	for t := range p.Trees {
		p.spaces = append(p.spaces, newSpace(algo.Env{Seed: m.seed}, t, m.ranges))
		p.r = append(p.r, map[uint64]float64{})
		p.l = append(p.l, map[uint64]float64{})
	}
	return p
}

// path returns the nodes that a row goes through in tree t, from the root.
func (p *plain) path(t int, row []float64) []uint64 {
	low, high := slices.Clone(p.spaces[t].low), slices.Clone(p.spaces[t].high)
	nodes := []uint64{1}
	for len(nodes) <= p.Depth {
		at := nodes[len(nodes)-1]
		j := p.spaces[t].column(at)
		middle := low[j]/2 + high[j]/2
		if row[j] > middle {
			low[j] = middle
			nodes = append(nodes, 2*at+1)
		} else {
			high[j] = middle
			nodes = append(nodes, 2*at)
		}
	}
	return nodes
}

func (p *plain) add(row []float64, weight float64) {
	for t := range p.spaces {
		for _, node := range p.path(t, row) {
			p.l[t][node] += weight
		}
	}
	p.seen += weight
}

// turn makes the next window the last full one.
func (p *plain) turn() {
	p.r, p.total, p.seen = p.l, p.seen, 0
	p.l = nil
	for range p.Trees {
		p.l = append(p.l, map[uint64]float64{})
	}
}

// score returns the paper's score, the sum of r·2^depth, in units of the
// window's samples.
func (p *plain) score(row []float64) (sum float64) {
	for t := range p.spaces {
		for depth, node := range p.path(t, row) {
			if r := p.r[t][node]; depth == p.Depth || r <= sizeLimit*p.total {
				sum += math.Ldexp(r/p.total, depth)
				break
			}
		}
	}
	return sum
}

func (p *plain) scores(x *features.Matrix) []float64 {
	n, _ := x.Dims()
	s := make([]float64, n)
	for i := range n {
		s[i] = math.Log2((1 + math.Exp2(float64(p.Depth))) / (1 + p.score(x.X.RawRowView(i))/float64(p.Trees)))
	}
	return s
}

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-9 {
			t.Fatalf("%s: score of row %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestAgainstPlain(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		h := HST{Trees: 1 + r.IntN(8), Depth: 1 + r.IntN(12), Window: 1 + r.IntN(60)}
		d := 1 + r.IntN(4)
		x := small(r, 1+r.IntN(80), d, 1+r.IntN(4))
		m := fit(t, h, x, algo.Env{Seed: seed}).Model.(*Model)
		p := newPlain(m)
		for i, w := range x.Weight {
			p.add(x.X.RawRowView(i), w)
		}
		p.turn()
		other := small(r, 30, d, 1)
		near(t, "after Fit", apply(t, m, other), p.scores(other))

		for block := range 4 { // a stream, sample by sample
			x := small(r, 1+r.IntN(50), d, 5)
			update(t, m, x)
			ones := repeat(x)
			for i := range ones.Weight {
				if p.add(ones.X.RawRowView(i), 1); p.seen == float64(h.Window) {
					p.turn()
				}
			}
			near(t, "after Update", apply(t, m, other), p.scores(other))
			if block == 1 { // a model that was kept in a file goes on as if it had not been
				m = reload(t, m)
			}
		}
	}
}

func reload(t *testing.T, m *Model) *Model {
	t.Helper()
	var file bytes.Buffer
	if err := m.State().WriteArrow(&file); err != nil {
		t.Fatal(err)
	}
	table, err := features.ReadArrow(bytes.NewReader(file.Bytes()), int64(file.Len()), "trees")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := Algorithm.Load(table)
	if err != nil {
		t.Fatal(err)
	}
	return loaded.(*Model)
}

// Neither the cut of a stream into blocks nor weights against repetition make
// a difference; nor do rows so heavy that they fill several windows.
func TestUpdate(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		h := HST{Trees: 3, Depth: 8, Window: 1 + r.IntN(40)}
		stream := small(r, 1+r.IntN(100), 2, 1+r.IntN(100))
		n, _ := stream.Dims()
		first := small(r, 20, 2, 1)
		whole, parts, ones := fit(t, h, first, algo.Env{}).Model, fit(t, h, first, algo.Env{}).Model, fit(t, h, first, algo.Env{}).Model
		update(t, whole, stream)
		for lo := 0; lo < n; {
			hi := min(n, lo+1+r.IntN(30))
			update(t, parts, cut(stream, lo, hi))
			lo = hi
		}
		update(t, ones, repeat(stream))
		if !reflect.DeepEqual(whole.State(), parts.State()) {
			t.Fatalf("seed %d: another model by blocks", seed)
		}
		other := small(r, 30, 2, 1)
		if !slices.Equal(apply(t, whole, other), apply(t, ones, other)) {
			t.Fatalf("seed %d: other scores by repetition", seed)
		}
	}
}

// What was ordinary becomes strange, and the other way round, when the
// stream changes.
func TestStreamChanges(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	around := func(n int, centre float64) *features.Matrix {
		x := &features.Matrix{Names: []string{"a", "b"}, X: mat.NewDense(n, 2, nil)}
		x.X.Apply(func(int, int, float64) float64 { return centre + r.NormFloat64() }, x.X)
		return x
	}
	x := around(500, 0)
	x.X.SetRow(0, []float64{20, 20})
	m := fit(t, Default(), x, algo.Env{}).Model
	both := &features.Matrix{Names: x.Names, X: mat.NewDense(2, 2, []float64{0, 0, 20, 20})}
	if s := apply(t, m, both); s[0] >= s[1] {
		t.Errorf("scores %v, want the second higher", s)
	}
	update(t, m, around(100, 20)) // no full window
	if s := apply(t, m, both); s[0] >= s[1] {
		t.Errorf("scores %v after a part of a window, want the second higher", s)
	}
	update(t, m, around(150, 20))
	if s := apply(t, m, both); s[0] <= s[1] {
		t.Errorf("scores %v after the change, want the first higher", s)
	}
	if why := m.(*Model).Explain(both, 0); len(why) != 2 || why[0].Low < 15 {
		t.Errorf("reasons %v, want both columns, ordinary about 20", why)
	}
}

func TestUpdateStopped(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	x := small(r, 300, 2, 3)
	m := fit(t, Default(), x, algo.Env{}).Model
	was := m.State()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := m.(algo.Updater).Update(ctx, x); err != context.Canceled {
		t.Errorf("Update when cancelled: error %v", err)
	}
	if err := m.(algo.Updater).Update(ctx, cut(x, 0, 2)); err != context.Canceled {
		t.Errorf("Update with a few rows when cancelled: error %v", err)
	}
	if !reflect.DeepEqual(m.State(), was) {
		t.Error("the model has changed")
	}
}

// Work ranges reach beyond the columns' ranges on both sides, and columns are
// drawn evenly.
func TestSpace(t *testing.T) {
	x := &features.Matrix{Names: []string{"a", "b", "c"}, X: mat.NewDense(2, 3, []float64{-1, 0, 5, 3, 0, 6})}
	m, err := newModel(Default(), 1, x)
	if err != nil {
		t.Fatal(err)
	}
	for tree := range 20 {
		s := newSpace(algo.Env{Seed: 1}, tree, m.ranges)
		for j, c := range m.ranges {
			width := max(c.High-c.Low, 1e-300)
			if !(s.low[j] <= c.Low && c.High <= s.high[j]) || c.High > c.Low && !(s.high[j]-s.low[j] >= 2*width && s.high[j]-s.low[j] <= 4*width) {
				t.Errorf("tree %d: space %v to %v of column %v", tree, s.low[j], s.high[j], c)
			}
		}
		var times [3]int
		for node := range uint64(3000) {
			times[s.column(1+node)]++
		}
		for _, n := range times {
			if n < 850 || n > 1150 { // 1,000 and six standard deviations
				t.Errorf("tree %d: columns are drawn %v times", tree, times)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	for _, h := range []HST{{0, 15, 250}, {25, 0, 250}, {25, 41, 250}, {25, 15, 0}} {
		if err := h.Check(); err == nil {
			t.Errorf("%+v passes", h)
		}
	}
	wide := &features.Matrix{Names: []string{"a"}, X: mat.NewDense(2, 1, []float64{-1e308, 1e308})}
	h := Default()
	if _, err := algo.Fit(context.Background(), &h, wide, algo.Env{}); err == nil || !strings.Contains(err.Error(), "column a") {
		t.Errorf("a range of 2e308: error %v", err)
	}
	r := rand.New(rand.NewPCG(5, 0))
	m := fit(t, Default(), small(r, 9, 2, 1), algo.Env{}).Model
	other := small(r, 9, 3, 1)
	if err := m.(algo.Updater).Update(context.Background(), other); err == nil {
		t.Error("Update by other columns gives no error")
	}
	if _, err := m.Apply(context.Background(), other); err == nil {
		t.Error("Apply to other columns gives no error")
	}
	for damaged, by := range map[string]string{
		"{":                     `{`,
		"--trees":               `{"Trees":0}`,
		"ranges of columns and": `{"Trees":25,"Depth":15,"Window":250,"ranges":[]}`,
	} {
		state := m.State()
		state.Meta[metaState] = by
		if _, err := load(state); err == nil {
			t.Errorf("%s: no error", damaged)
		}
	}
}

package hst

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/internal/forest"

	"gonum.org/v1/gonum/mat"
)

// Model is the counts of a window in the trees, and the rows of the next
// window as far as they have come. It is safe for concurrent use; Apply and
// Explain judge by the last window that was full when they were called.
type Model struct {
	params HST
	seed   uint64
	names  []string
	ranges []forest.Range // of the columns

	mu     sync.Mutex
	forest *forest.Forest // of the last full window; its trees are not changed
	next   window
}

// A window is rows with weights, in the order in which they came.
type window struct {
	Rows    []float64 `json:"rows"` // row by row
	Weights []float64 `json:"weights"`
}

func (w *window) add(row []float64, weight float64) {
	w.Rows = append(w.Rows, row...)
	w.Weights = append(w.Weights, weight)
}

// newModel returns a model without counts for the columns of x.
func newModel(h HST, seed uint64, x *features.Matrix) (*Model, error) {
	n, d := x.Dims()
	m := &Model{params: h, seed: seed, names: slices.Clone(x.Names), ranges: make([]forest.Range, d)}
	for j := range m.ranges {
		m.ranges[j] = forest.Range{Low: math.Inf(1), High: math.Inf(-1)}
	}
	for i := range n {
		for j, v := range x.X.RawRowView(i)[:d] {
			r := &m.ranges[j]
			r.Low, r.High = min(r.Low, v), max(r.High, v)
		}
	}
	for j, r := range m.ranges {
		if math.IsInf(4*(r.High-r.Low), 0) { // space is up to four times as wide
			return nil, fmt.Errorf("column %s: %v to %v is too wide a range to halve: scale the column or leave it out", m.names[j], r.Low, r.High)
		}
	}
	return m, nil
}

func (m *Model) check(x *features.Matrix) error {
	if !slices.Equal(x.Names, m.names) {
		return fmt.Errorf("the model has the columns %s, the rows have %s: choose the same",
			strings.Join(m.names, ","), strings.Join(x.Names, ","))
	}
	return nil
}

// full returns the trees of the last full window.
func (m *Model) full() *forest.Forest {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.forest
}

// Apply scores the rows of x, which has the columns that the model was
// learned from, by the last full window, with all CPUs. It learns nothing
// from them.
func (m *Model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	scores, err := m.scores(ctx, m.full(), x, algo.Env{}.NumWorkers())
	if err != nil {
		return nil, err
	}
	return &algo.Result{Scores: scores, Model: m}, nil
}

// scores returns log2((1+2^depth)/(1+density)) for each row of x.
func (m *Model) scores(ctx context.Context, f *forest.Forest, x *features.Matrix, workers int) ([]float64, error) {
	scores, err := f.Mean(ctx, x, workers)
	if err != nil {
		return nil, err
	}
	most := math.Log1p(math.Ldexp(1, m.params.Depth))
	for i, density := range scores {
		scores[i] = (most - math.Log1p(density)) / math.Ln2
	}
	return scores, nil
}

// Explain returns the columns that took row i of x into less dense parts of
// space than those of the samples, by how much: each halving changes the
// density to be expected to the mean of the samples on its side. Weight is a
// column's part of the loss, net of what its halvings gained; Low and High
// are the range of the column among the samples on the other side, the median
// over the halvings that lost. It takes O(trees·depth) time.
func (m *Model) Explain(x *features.Matrix, i int) []algo.Reason {
	return m.full().Explain(x.X.RawRowView(i))
}

// Update learns on from the rows of x, in their order: they fill windows, and
// the last full one takes the place of what was learned before. A row that
// does not go into a window as a whole is divided, as if it were as many rows
// as its weight. The ranges of the columns stay those of Fit; what lies
// outside belongs to the outermost parts of space. To score each block before
// learning from it, call Apply first. After an error, m is as it was.
//
// How rows are cut into blocks makes no difference.
func (m *Model) Update(ctx context.Context, x *features.Matrix) error {
	if err := m.check(x); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	size := float64(m.params.Window)
	next := window{slices.Clone(m.next.Rows), slices.Clone(m.next.Weights)}
	var filled float64
	for _, w := range next.Weights {
		filled += w
	}
	var full window // the last full one, if there is one
	n, d := x.Dims()
	for i := range n {
		row, weight := x.X.RawRowView(i)[:d], x.W(i)
		for filled+weight >= size {
			part := size - filled
			next.add(row, part)
			full, next = next, window{}
			filled, weight = 0, weight-part
			if weight >= size { // the row fills windows alone, all of them equal
				weight = math.Mod(weight, size)
				full = window{slices.Clone(row), []float64{size}}
			}
		}
		if weight > 0 {
			next.add(row, weight)
			filled += weight
		}
	}
	if full.Weights != nil {
		rows := &features.Matrix{Names: m.names, Weight: full.Weights, X: mat.NewDense(len(full.Weights), len(m.names), full.Rows)}
		f, err := m.count(ctx, rows, algo.Env{}.NumWorkers())
		if err != nil {
			return err
		}
		m.forest = f
	}
	m.next = next
	return nil
}

// metaState is the key of a state's Meta for what is not in the trees.
const metaState = "hst"

// state is what a Model knows besides the counts, as JSON.
type state struct {
	HST
	Seed   uint64         `json:"seed"`
	Ranges []forest.Range `json:"ranges"`
	Next   window         `json:"next"`
}

// State returns the trees with the counts of the last full window.
func (m *Model) State() *features.Table {
	m.mu.Lock()
	defer m.mu.Unlock()
	text, err := json.Marshal(state{m.params, m.seed, m.ranges, m.next})
	if err != nil {
		panic("hst: state: " + err.Error())
	}
	t := m.forest.Table()
	t.Meta[metaState] = string(text)
	return t
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	m, err := read(t)
	if err != nil {
		return nil, fmt.Errorf("reading the half-space trees: %w", err)
	}
	return m, nil
}

func read(t *features.Table) (*Model, error) {
	f, err := forest.Read(t)
	if err != nil {
		return nil, err
	}
	var s state
	if err := json.Unmarshal([]byte(t.Meta[metaState]), &s); err != nil {
		return nil, fmt.Errorf("%s: %w", metaState, err)
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	d := len(f.Names())
	if len(s.Ranges) != d || len(s.Next.Rows) != d*len(s.Next.Weights) {
		return nil, fmt.Errorf("%d ranges of columns and %d values of %d rows, want them for %d columns",
			len(s.Ranges), len(s.Next.Rows), len(s.Next.Weights), d)
	}
	return &Model{params: s.HST, seed: s.Seed, names: f.Names(), ranges: s.Ranges, forest: f, next: s.Next}, nil
}

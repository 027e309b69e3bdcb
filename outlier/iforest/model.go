package iforest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/internal/forest"
)

// Model is the trees.
type Model struct {
	forest *forest.Forest // the value of a leaf is the length of the path of its samples
	sample int            // samples that each tree was grown from
}

// Apply scores the rows of x, which has the columns that the model was
// learned from, with all CPUs.
func (m *Model) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	if !slices.Equal(x.Names, m.forest.Names()) {
		return nil, fmt.Errorf("the model has the columns %s, the rows have %s: choose the same",
			strings.Join(m.forest.Names(), ","), strings.Join(x.Names, ","))
	}
	scores, err := m.scores(ctx, x, algo.Env{}.NumWorkers())
	if err != nil {
		return nil, err
	}
	return &algo.Result{Scores: scores, Model: m}, nil
}

// scores returns 2^(−path/c) for each row of x; from a sample of one, of which
// c is 0 and nothing can be learned, 1/2.
func (m *Model) scores(ctx context.Context, x *features.Matrix, workers int) ([]float64, error) {
	scores, err := m.forest.Mean(ctx, x, workers)
	if err != nil {
		return nil, err
	}
	c := meanPath(m.sample)
	for i, path := range scores {
		scores[i] = 0.5
		if c > 0 {
			scores[i] = math.Exp2(-path / c)
		}
	}
	return scores, nil
}

// Explain returns the columns that shortened the path of row i of x below the
// mean path of the samples, by how much. Each split changes the path to be
// expected: to the mean of the samples on its side. Weight is a column's part
// of the shortening, net of what its splits lengthened; Low and High are the
// range of the column among the samples that the row was parted from, the
// median over the splits that shortened the path. A row with a path no
// shorter than the mean can still have columns that shorten it. It takes
// O(trees·log sample) time.
func (m *Model) Explain(x *features.Matrix, i int) []algo.Reason {
	return m.forest.Explain(x.X.RawRowView(i))
}

// metaSample is the key of a state's Meta for what the trees don't say.
const metaSample = "iforest_sample"

// State returns the nodes of all trees.
func (m *Model) State() *features.Table {
	t := m.forest.Table()
	t.Meta[metaSample] = strconv.Itoa(m.sample)
	return t
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	f, err := forest.Read(t)
	if err != nil {
		return nil, fmt.Errorf("reading the trees of the Isolation Forest: %w", err)
	}
	sample, err := strconv.Atoi(t.Meta[metaSample])
	if err != nil || sample < 1 {
		return nil, fmt.Errorf("reading the trees of the Isolation Forest: %s is %q, want a number of samples", metaSample, t.Meta[metaSample])
	}
	return &Model{f, sample}, nil
}

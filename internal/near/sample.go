package near

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// A Sample is what a model compares rows with: the distinct rows that it was
// learned from, with the weights of their copies, in a tree.
type Sample struct {
	Names  []string
	X      *mat.Dense
	Weight []float64
	Tree   *Tree

	// K is how many samples are looked for, Novelty whether those that are
	// judged later are new ones, also if they equal one of these.
	K       float64
	Novelty bool
}

// The flag that sets Novelty.
const (
	NoveltyFlag  = "novelty"
	NoveltyUsage = "a saved model takes every row that it judges for a new sample, also a copy of one learned from"
)

// NewSample returns a sample of the distinct rows x, which it keeps, for
// searches for k neighbours, or as many as a row has others.
func NewSample(names []string, x *mat.Dense, weight []float64, k int, novelty bool, workers int) *Sample {
	var total float64
	for _, w := range weight {
		total += w
	}
	return &Sample{names, x, weight, New(x, weight, workers), max(1, min(float64(k), total-1)), novelty}
}

// Others returns a search for the neighbours of rows of the sample itself.
func (s *Sample) Others() *Neighbours { return s.Tree.Neighbours(s.K, 1) }

// Search returns a search for the neighbours of rows that are judged.
func (s *Sample) Search() *Neighbours {
	if s.Novelty {
		return s.Tree.Neighbours(s.K, 0)
	}
	return s.Others()
}

// CheckNames tells whether columns of these names are those of the sample.
func (s *Sample) CheckNames(names []string) error {
	if slices.Equal(names, s.Names) {
		return nil
	}
	return fmt.Errorf("the model has the columns %s, the rows have %s: choose the same",
		strings.Join(s.Names, ","), strings.Join(names, ","))
}

// Distance returns the square root of d2, at most the greatest float64.
func Distance(d2 float64) float64 { return min(math.Sqrt(d2), math.MaxFloat64) }

// weightColumn is the first column of a kept sample, named so that it is
// unlikely to be one of the features, too.
const weightColumn = "samples_of_row"

// Keys of a state's Meta.
const (
	metaNeighbors = "neighbors"
	metaNovelty   = "novelty"
)

// State returns the sample as a model's state, with more columns before its
// own: a row for each row.
func (s *Sample) State(name string, before ...*features.Column) *features.Table {
	t := &features.Table{Name: name, Columns: before, Meta: map[string]string{
		metaNeighbors: strconv.FormatFloat(s.K, 'g', -1, 64),
		metaNovelty:   strconv.FormatBool(s.Novelty),
	}}
	t.Columns = append(t.Columns, &features.Column{
		Field:  features.Field{Name: weightColumn, Type: features.Float, Unit: features.Count, Role: features.Outcome, Doc: "How many samples the row stands for."},
		Floats: s.Weight,
	})
	t.Columns = append(t.Columns, algo.RowColumns(s.Names, s.X)...)
	return t
}

// LoadSample returns the sample whose State is t, and the columns before its
// own, which are all of real numbers.
func LoadSample(t *features.Table, before ...features.Field) (*Sample, []*features.Column, error) {
	k, err := strconv.ParseFloat(t.Meta[metaNeighbors], 64)
	if err != nil || !(k >= 1) || math.IsInf(k, 1) {
		return nil, nil, fmt.Errorf("%s is %q, want a number of at least 1", metaNeighbors, t.Meta[metaNeighbors])
	}
	novelty, err := strconv.ParseBool(t.Meta[metaNovelty])
	if err != nil {
		return nil, nil, fmt.Errorf("%s is %q, want true or false", metaNovelty, t.Meta[metaNovelty])
	}
	n, first := t.Len(), len(before)+1 // column of values
	if n == 0 || len(t.Columns) <= first {
		return nil, nil, fmt.Errorf("%d rows of %d columns, want more", n, len(t.Columns))
	}
	for j, c := range t.Columns {
		want := c.Name
		if j < len(before) {
			want = before[j].Name
		} else if j < first {
			want = weightColumn
		}
		if c.Name != want || c.Type != features.Float || c.Len() != n {
			return nil, nil, fmt.Errorf("column %s: want %d real numbers named %s", c.Name, n, want)
		}
	}
	m := &features.Matrix{Weight: t.Columns[first-1].Floats}
	m.Names, m.X = algo.RowsOf(t.Columns[first:])
	if err := m.Check(); err != nil {
		return nil, nil, err
	}
	s := &Sample{m.Names, m.X, m.Weight, New(m.X, m.Weight, 1), k, novelty}
	return s, t.Columns[:len(before)], nil
}

// Reasons tells in which columns row is away from its neighbours: a reason's
// Low and High are their least and greatest value, and its Weight is the
// column's share of the squared distance to their mean. Columns without a
// share are left out: all of them where the neighbours' mean is the row.
func (s *Sample) Reasons(row []float64, neighbours []Neighbour) []algo.Reason {
	var total float64
	for _, c := range neighbours {
		total += c.Weight
	}
	var reasons []algo.Reason
	var most, sum float64
	for j, v := range row {
		r := algo.Reason{Column: s.Names[j], Value: v, Low: math.Inf(1), High: math.Inf(-1)}
		for _, c := range neighbours {
			o := s.Tree.At(int(c.Place))[j]
			r.Low, r.High = min(r.Low, o), max(r.High, o)
			r.Weight += (v - o) * (c.Weight / total)
		}
		if r.Weight = math.Abs(r.Weight); r.Weight > 0 && !math.IsInf(r.Weight, 1) {
			most = max(most, r.Weight)
			reasons = append(reasons, r)
		}
	}
	for k := range reasons { // relative to the greatest, so that no square is out of range
		w := reasons[k].Weight / most
		reasons[k].Weight = w * w
		sum += w * w
	}
	for k := range reasons {
		reasons[k].Weight /= sum
	}
	algo.SortReasons(reasons)
	return reasons
}

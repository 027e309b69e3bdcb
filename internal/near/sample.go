package near

import (
	"cmp"
	"fmt"
	"math"
	"slices"

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
}

// NewSample returns a sample of the distinct rows x, which it keeps.
func NewSample(names []string, x *mat.Dense, weight []float64, workers int) *Sample {
	return &Sample{names, x, weight, New(x, weight, workers)}
}

// Total returns how many samples there are.
func (s *Sample) Total() float64 {
	var sum float64
	for _, w := range s.Weight {
		sum += w
	}
	return sum
}

// Distance returns the square root of d2, at most the greatest float64.
func Distance(d2 float64) float64 { return min(math.Sqrt(d2), math.MaxFloat64) }

// weightColumn is the first column of a kept sample, named so that it is
// unlikely to be one of the features, too.
const weightColumn = "samples_of_row"

// Columns returns the sample as columns of a model's state: the weights, then
// the values.
func (s *Sample) Columns() []*features.Column {
	cols := []*features.Column{{
		Field:  features.Field{Name: weightColumn, Type: features.Float, Unit: features.Count, Role: features.Outcome, Doc: "How many samples the row stands for."},
		Floats: s.Weight,
	}}
	for j, name := range s.Names {
		cols = append(cols, &features.Column{
			Field:  features.Field{Name: name, Type: features.Float, Role: features.Value, Doc: "Value of the row."},
			Floats: mat.Col(nil, j, s.X),
		})
	}
	return cols
}

// ReadSample returns the sample of those columns, read from a file.
func ReadSample(cols []*features.Column) (*Sample, error) {
	if len(cols) < 2 || cols[0].Name != weightColumn || cols[0].Len() == 0 {
		return nil, fmt.Errorf("want a column %s, then those of the values, of at least one row", weightColumn)
	}
	n, d := cols[0].Len(), len(cols)-1
	x := mat.NewDense(n, d, nil)
	s := &features.Matrix{X: x, Weight: cols[0].Floats}
	for j, c := range cols {
		if c.Type != features.Float || c.Len() != n {
			return nil, fmt.Errorf("column %s: want %d real numbers", c.Name, n)
		}
		if j > 0 {
			s.Names = append(s.Names, c.Name)
			x.SetCol(j-1, c.Floats)
		}
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	return NewSample(s.Names, x, s.Weight, 1), nil
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
	slices.SortStableFunc(reasons, func(a, b algo.Reason) int { return cmp.Compare(b.Weight, a.Weight) })
	return reasons
}

package algotest

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math"
	"reflect"
	"regexp"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

var snake = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// wellFormed reports what is wrong with the form of a result of x.
func (s *subject) wellFormed(x *features.Matrix, r *algo.Result) {
	n, _ := x.Dims()
	if r.Labels != nil {
		s.labels(r.Labels, n)
	}
	s.wellFormedParts(x, r)
}

// wellFormedParts is wellFormed for what a model says of rows, whose clusters
// have numbers already.
func (s *subject) wellFormedParts(x *features.Matrix, r *algo.Result) {
	n, _ := x.Dims()
	var got algo.Parts
	if r.Labels != nil {
		got |= algo.Labels
	}
	if r.Scores != nil {
		got |= algo.Scores
		if len(r.Scores) != n {
			s.errorf("%d scores for %d rows", len(r.Scores), n)
		}
		for i, v := range r.Scores {
			if !finite(v) {
				s.errorf("score of row %d is %v", i, v)
				break
			}
		}
	}
	if r.Coords != nil {
		got |= algo.Coords
		s.coords(r, n)
	}
	if got != s.Gives {
		s.errorf("gives parts %03b (coords, scores, labels), declared %03b", got, s.Gives)
	}
	s.columns("column", r.Columns, n)
	for _, t := range r.Tables {
		if !snake.MatchString(t.Name) {
			s.errorf("table name %q is not in snake_case", t.Name)
		}
		s.columns("column of table "+t.Name, t.Columns, t.Len())
	}
	stats := map[string]bool{}
	for _, st := range r.Stats {
		if st.Name == "" || stats[st.Name] {
			s.errorf("stat name %q is empty or used twice", st.Name)
		}
		if !finite(st.Value) {
			s.errorf("stat %s is %v", st.Name, st.Value)
		}
		stats[st.Name] = true
	}
}

func (s *subject) labels(labels []int32, n int) {
	if len(labels) != n {
		s.errorf("%d labels for %d rows", len(labels), n)
	}
	next := int32(0)
	for i, l := range labels {
		switch {
		case l < algo.Noise || l == algo.Noise && !s.Noise:
			s.errorf("label of row %d is %d", i, l)
			return
		case l > next:
			s.errorf("label of row %d is %d before there is a %d: labels are numbered by first row, without gaps", i, l, next)
			return
		case l == next:
			next++
		}
	}
}

func (s *subject) coords(r *algo.Result, n int) {
	rows, p := r.Coords.Dims()
	if rows != n || len(r.Axes) != p {
		s.errorf("coords of %d×%d and %d axes for %d rows", rows, p, len(r.Axes), n)
	}
	for i := range rows {
		for _, v := range r.Coords.RawRowView(i) {
			if !finite(v) {
				s.errorf("coords of row %d have %v", i, v)
				return
			}
		}
	}
	seen := map[string]bool{}
	for _, a := range r.Axes {
		if a == "" || seen[a] {
			s.errorf("axis name %q is empty or used twice", a)
		}
		seen[a] = true
	}
}

func (s *subject) columns(what string, cols []*features.Column, n int) {
	seen := map[string]bool{}
	for _, c := range cols {
		switch {
		case !snake.MatchString(c.Name):
			s.errorf("%s: name %q is not in snake_case", what, c.Name)
		case seen[c.Name]:
			s.errorf("%s: name %s is used twice", what, c.Name)
		case c.Doc == "":
			s.errorf("%s %s has no Doc", what, c.Name)
		case c.Len() != n:
			s.errorf("%s %s has %d rows, want %d", what, c.Name, c.Len(), n)
		}
		seen[c.Name] = true
	}
}

// same reports where two results differ in a bit of what is written of them.
func (s *subject) same(what string, a, b *algo.Result) {
	for _, part := range []struct {
		name string
		a, b any
	}{
		{"labels", a.Labels, b.Labels},
		{"scores", bits(a.Scores), bits(b.Scores)},
		{"coords", denseBits(a.Coords), denseBits(b.Coords)},
		{"axes", a.Axes, b.Axes},
		{"columns", encode(a.Columns), encode(b.Columns)},
		{"tables", encode(a.Tables), encode(b.Tables)},
		{"stats", encode(a.Stats), encode(b.Stats)},
	} {
		if !reflect.DeepEqual(part.a, part.b) {
			s.errorf("%s: %s differ", what, part.name)
		}
	}
}

// near reports where two results differ in labels, or in scores or
// coordinates by more than 1e-9 of the largest.
func (s *subject) near(what string, a, b *algo.Result) {
	if !reflect.DeepEqual(a.Labels, b.Labels) {
		s.errorf("%s: labels differ (ARI %.4f)", what, ari(a.Labels, b.Labels))
	}
	s.nearFloats(what+": scores", a.Scores, b.Scores)
	if (a.Coords == nil) != (b.Coords == nil) {
		s.errorf("%s: only one has coords", what)
	} else if a.Coords != nil {
		s.nearFloats(what+": coords", mat.DenseCopyOf(a.Coords).RawMatrix().Data, mat.DenseCopyOf(b.Coords).RawMatrix().Data)
	}
}

func (s *subject) nearFloats(what string, a, b []float64) {
	if len(a) != len(b) {
		s.errorf("%s: %d and %d values", what, len(a), len(b))
		return
	}
	size, worst := 1.0, 0.0
	for i := range a {
		size = max(size, math.Abs(a[i]))
		worst = max(worst, math.Abs(a[i]-b[i]))
	}
	if !(worst <= 1e-9*size) {
		s.errorf("%s differ by %g, where the largest is %g", what, worst, size)
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func bits(v []float64) []uint64 {
	if v == nil {
		return nil
	}
	b := make([]uint64, len(v))
	for i := range v {
		b[i] = math.Float64bits(v[i])
	}
	return b
}

func denseBits(m *mat.Dense) any {
	if m == nil {
		return nil
	}
	n, p := m.Dims()
	return []any{n, p, bits(mat.DenseCopyOf(m).RawMatrix().Data)}
}

// encode writes v as bytes that tell all values apart, NaNs being equal.
func encode(v any) []byte {
	if t, ok := v.([]*features.Table); ok {
		var b []byte
		for _, t := range t {
			b = fmt.Appendln(b, t.Name, t.Meta) // fmt sorts maps
			b = append(b, encode(t.Columns)...)
		}
		return b
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// copyTable returns t as it is after having been written and read.
func (s *subject) copyTable(t *features.Table) *features.Table {
	var file bytes.Buffer
	if err := t.WriteArrow(&file); err != nil {
		s.fatalf("writing the State: %v", err)
	}
	c, err := features.ReadArrow(bytes.NewReader(file.Bytes()), int64(file.Len()), t.Name)
	if err != nil {
		s.fatalf("reading the State: %v", err)
	}
	return c
}

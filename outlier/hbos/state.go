package hbos

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"toolkit/algo"
	"toolkit/features"
)

// Keys of a state's Meta: what Apply and Update must know besides the bins.
const (
	metaMode  = "hbos_mode"
	metaTol   = "hbos_tol"
	metaAlpha = "hbos_alpha"
)

// valueField is the column of a state that only models with categories have.
var valueField = features.Field{Name: "value", Role: features.Key, Doc: "Category that the bin is the bar of; none for a range of numbers."}

// binFields are the columns of a state after the name of the bin's column.
var binFields = []features.Field{
	{Name: "bin", Type: features.Int, Role: features.Key, Doc: "Number of the bin in its column, from 0."},
	{Name: "low", Type: features.Float, Unit: features.Coordinate, Role: features.Value, Doc: "Lower bound."},
	{Name: "high", Type: features.Float, Unit: features.Coordinate, Role: features.Value, Doc: "Upper bound."},
	{Name: "samples", Type: features.Float, Unit: features.Count, Role: features.Outcome, Doc: "Samples counted in the bin."},
	{Name: "scored", Type: features.Float, Unit: features.Count, Role: features.Outcome, Doc: "Samples that have the bin's score: in pyod mode not those on its lower border, which have that of the bin below."},
	{Name: "height", Type: features.Float, Role: features.Outcome, Doc: "Density in pyod mode, else the density relative to the column's highest."},
	{Name: "score", Type: features.Float, Role: features.Outcome, Doc: "What a value in the bin adds to a row's score."},
}

// State returns the bins of all columns, a row each, in the order of the
// columns: also what a result's table "bins" is.
func (m *Model) State() *features.Table {
	t := &features.Table{Name: "bins", Meta: map[string]string{
		metaMode:  string(m.mode),
		metaTol:   strconv.FormatFloat(m.tol, 'g', -1, 64),
		metaAlpha: strconv.FormatFloat(m.alpha, 'g', -1, 64),
	}}
	cols := make([]*features.Column, len(binFields))
	for k, f := range binFields {
		cols[k] = &features.Column{Field: f}
	}
	var names, values []string
	var numbers, bars []bool // which rows are bins of numbers, and bars of categories
	categories := false
	for j, h := range m.hists {
		for b := range h.low {
			names = append(names, m.names[j])
			cols[0].Ints = append(cols[0].Ints, int64(b))
			value := ""
			if h.values != nil {
				value, categories = h.values[b], true
			}
			values, numbers, bars = append(values, value), append(numbers, h.values == nil), append(bars, h.values != nil)
		}
		for k, part := range h.parts() {
			cols[k+1].Floats = append(cols[k+1].Floats, part...)
		}
	}
	column := features.TextColumn(features.Field{Name: "column", Role: features.Key, Doc: "Column that the bin belongs to."}, names)
	t.Columns = append([]*features.Column{column}, cols...)
	if categories {
		of := features.TextColumn(valueField, values)
		of.Null = numbers
		cols[1].Null, cols[2].Null = bars, bars // which have no bounds
		t.Columns = slices.Insert(t.Columns, 1, of)
	}
	return t
}

// parts returns the slices that a state keeps, in the order of binFields.
func (h *histogram) parts() [6][]float64 {
	return [...][]float64{h.low, h.high, h.samples, h.scored, h.height, h.share}
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	m, err := read(t)
	if err != nil {
		return nil, fmt.Errorf("reading the model of HBOS: %w", err)
	}
	return m, nil
}

func read(t *features.Table) (*Model, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	column := t.Column("column")
	if column == nil || column.Type != features.Text {
		return nil, errors.New("no column of names")
	}
	cols := make([]*features.Column, len(binFields))
	for k, f := range binFields {
		if cols[k] = t.Column(f.Name); cols[k] == nil || cols[k].Type != f.Type {
			return nil, fmt.Errorf("no numeric column %s", f.Name)
		}
	}
	values := t.Column(valueField.Name)
	if values != nil && values.Type != features.Text {
		return nil, fmt.Errorf("column %s is no text", valueField.Name)
	}
	mode := Mode(t.Meta[metaMode])
	if mode != PyOD && mode != Static && mode != Dynamic {
		return nil, fmt.Errorf("%s is %q, want a mode", metaMode, mode)
	}
	tol, err := strconv.ParseFloat(t.Meta[metaTol], 64)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", metaTol, err)
	}
	alpha, err := strconv.ParseFloat(t.Meta[metaAlpha], 64)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", metaAlpha, err)
	}
	var names []string
	var hists []*histogram
	for lo, hi := 0, 0; lo < t.Len(); lo = hi {
		for hi = lo; hi < t.Len() && cols[0].Ints[hi] == int64(hi-lo); hi++ {
		}
		if hi == lo {
			return nil, fmt.Errorf("row %d: the bin's number is %d, want %d", lo, cols[0].Ints[lo], 0)
		}
		h := newHistogram(hi - lo)
		if values != nil && !values.IsNull(lo) {
			var of []string
			for i := lo; i < hi; i++ {
				of = append(of, values.String(i))
			}
			if h = bars(of); len(h.values) != hi-lo || !slices.Equal(h.values, of) {
				return nil, fmt.Errorf("row %d: the categories are not in order", lo)
			}
		}
		for k, part := range h.parts() {
			if h.values == nil || k > 1 { // bars have bounds of their own
				copy(part, cols[k+1].Floats[lo:hi])
			}
		}
		if h.values == nil {
			h.prepare(mode.reach(tol))
		}
		names, hists = append(names, column.String(lo)), append(hists, h)
	}
	if hists == nil {
		return nil, errors.New("no bins")
	}
	return newModel(mode, tol, alpha, names, hists), nil
}

package loda

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/features"
)

// metaColumns is where a state's Meta keeps the columns, as JSON.
const metaColumns = "loda_columns"

// A columnState is a column, and between what its values are ordinary.
type columnState struct {
	Name string  `json:"name"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// The columns of a state.
const (
	stateLow = iota
	stateHigh
	stateSamples
	stateColumns
	stateWeights
	stateInside
	stateOutside
	stateWidth
)

var stateFields = [stateWidth]features.Field{
	stateLow:     {Name: "low", Type: features.Float, Role: features.Value, Doc: "Lower bound of bin 0."},
	stateHigh:    {Name: "high", Type: features.Float, Role: features.Value, Doc: "Upper bound of the last of the bins inside."},
	stateSamples: {Name: "samples", Type: features.Float, Unit: features.Count, Role: features.Outcome, Doc: "Samples in all bins."},
	stateColumns: {Name: "columns", Type: features.List, Role: features.Value, Doc: "Numbers of the columns that are summed up, from 0."},
	stateWeights: {Name: "weights", Type: features.List, Role: features.Value, Doc: "What each of them is weighed by."},
	stateInside:  {Name: "inside", Type: features.List, Role: features.Outcome, Doc: "Samples in each of the bins of equal width from low to high."},
	stateOutside: {Name: "outside", Type: features.List, Role: features.Outcome, Doc: "Samples in bins of the same width beyond: number of the bin, then samples."},
}

// itemType returns the type of the items of a list.
func itemType(column int) features.Type {
	if column == stateColumns {
		return features.Int
	}
	return features.Float
}

// State returns the directions and their histograms, a row each.
func (m *Model) State() *features.Table {
	var cols []columnState
	for j, name := range m.names {
		cols = append(cols, columnState{name, m.low[j], m.high[j]})
	}
	text, err := json.Marshal(cols)
	if err != nil {
		panic("loda: state: " + err.Error()) // names and finite numbers
	}
	t := &features.Table{Name: "directions", Meta: map[string]string{metaColumns: string(text)}}
	for k, f := range stateFields {
		c := &features.Column{Field: f}
		if f.Type == features.List {
			c.Items = []*features.Column{{Field: features.Field{Name: "item", Type: itemType(k)}}}
		}
		t.Columns = append(t.Columns, c)
	}
	list := func(which int, v []float64) {
		c := t.Columns[which]
		c.Items[0].Floats = append(c.Items[0].Floats, v...)
		c.Ends = append(c.Ends, int32(len(c.Items[0].Floats)))
	}
	for p, h := range *m.hists.Load() {
		for which, v := range [...]float64{stateLow: h.low, stateHigh: h.high, stateSamples: h.samples} {
			t.Columns[which].Floats = append(t.Columns[which].Floats, v)
		}
		c := t.Columns[stateColumns]
		for _, j := range m.directions[p].columns {
			c.Items[0].Ints = append(c.Items[0].Ints, int64(j))
		}
		c.Ends = append(c.Ends, int32(len(c.Items[0].Ints)))
		list(stateWeights, m.directions[p].weights)
		list(stateInside, h.inside)
		var outside []float64
		for _, b := range slices.Sorted(maps.Keys(h.outside)) {
			outside = append(outside, b, h.outside[b])
		}
		list(stateOutside, outside)
	}
	return t
}

// load returns the model whose State is t.
func load(t *features.Table) (algo.Model, error) {
	m, err := read(t)
	if err != nil {
		return nil, fmt.Errorf("reading the model of LODA: %w", err)
	}
	return m, nil
}

func read(t *features.Table) (*Model, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	var names []columnState
	if err := json.Unmarshal([]byte(t.Meta[metaColumns]), &names); err != nil {
		return nil, fmt.Errorf("%s: %w", metaColumns, err)
	}
	m := &Model{}
	for _, c := range names {
		m.names, m.low, m.high = append(m.names, c.Name), append(m.low, c.Low), append(m.high, c.High)
	}
	var cols [stateWidth]*features.Column
	for k, f := range stateFields {
		c := t.Column(f.Name)
		if c == nil || c.Type != f.Type || f.Type == features.List && (len(c.Items) != 1 || c.Items[0].Type != itemType(k)) {
			return nil, fmt.Errorf("no column %s of the right type", f.Name)
		}
		cols[k] = c
	}
	hists := make([]*histogram, t.Len())
	for p := range hists {
		list := func(which int) []float64 {
			lo, hi := cols[which].Span(p)
			return cols[which].Items[0].Floats[lo:hi]
		}
		h := &histogram{
			low: cols[stateLow].Floats[p], high: cols[stateHigh].Floats[p], samples: cols[stateSamples].Floats[p],
			inside: slices.Clone(list(stateInside)), outside: map[float64]float64{},
		}
		for pair := range slices.Chunk(list(stateOutside), 2) {
			if len(pair) == 2 {
				h.outside[pair[0]] = pair[1]
			}
		}
		lo, hi := cols[stateColumns].Span(p)
		d := direction{weights: slices.Clone(list(stateWeights))}
		for _, j := range cols[stateColumns].Items[0].Ints[lo:hi] {
			if j < 0 || j >= int64(len(m.names)) {
				return nil, fmt.Errorf("row %d: there is no column %d", p, j)
			}
			d.columns = append(d.columns, int(j))
		}
		switch {
		case len(d.columns) == 0 || len(d.columns) != len(d.weights):
			return nil, fmt.Errorf("row %d: %d columns, %d weights", p, len(d.columns), len(d.weights))
		case !(h.low < h.high) || !(h.samples > 0) || math.IsInf(h.samples, 0):
			return nil, fmt.Errorf("row %d: %v samples from %v to %v", p, h.samples, h.low, h.high)
		case len(h.inside) == 0 || p > 0 && len(h.inside) != hists[0].bins():
			return nil, fmt.Errorf("row %d: %d bins, unlike the others", p, len(h.inside))
		}
		h.prepare()
		h.derive()
		hists[p] = h
		m.directions = append(m.directions, d)
	}
	if len(hists) == 0 {
		return nil, errors.New("no directions")
	}
	m.hists.Store(&hists)
	return m, nil
}

package algo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// An Inverter is a Model whose coordinates are the columns that it has
// learned from, each on a scale of its own.
type Inverter interface {
	// Invert returns the value of the column whose coordinate is v. It
	// ascends with v; ±Inf are the values of ±Inf.
	Invert(column int, v float64) float64
}

// An Attributor is a Model whose coordinates are made of several columns each.
type Attributor interface {
	// Attribute returns the reasons in the columns of x for what the reasons
	// in the coordinates of row i of x say of it, the weightiest first.
	Attribute(x *features.Matrix, i int, reasons []Reason) []Reason
}

// A ChainModel is what a Chain has learned.
type ChainModel struct {
	columns []string
	text    []string // those of them that are of categories
	steps   []chainStep
}

type chainStep struct {
	algorithm *Algorithm
	model     Model
}

// Columns returns the names of the columns that the model was learned from.
func (m *ChainModel) Columns() []string { return slices.Clone(m.columns) }

// Algorithm returns the algorithm of the last step, which judges the rows.
func (m *ChainModel) Algorithm() *Algorithm { return m.steps[len(m.steps)-1].algorithm }

// Before returns the algorithms of the steps before the last.
func (m *ChainModel) Before() []*Algorithm {
	var as []*Algorithm
	for _, s := range m.steps[:len(m.steps)-1] {
		as = append(as, s.algorithm)
	}
	return as
}

// Apply implements Model. A matrix of other columns than those learned from
// is an error.
func (m *ChainModel) Apply(ctx context.Context, x *features.Matrix) (*Result, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	x, err := m.Enter(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.last().Apply(ctx, x)
}

// Updates tells whether the model can learn on.
func (m *ChainModel) Updates() bool { _, ok := m.last().(Updater); return ok }

// Update implements Updater, though it is an error unless Updates: the last
// step learns on from x. The
// steps before it stay as they are, scalers with the means and deviations that
// they have, so that what was learned before keeps its meaning.
func (m *ChainModel) Update(ctx context.Context, x *features.Matrix) error {
	last, ok := m.last().(Updater)
	if !ok {
		return fmt.Errorf("models of %s can't learn on", m.Algorithm())
	}
	if err := m.check(x); err != nil {
		return err
	}
	x, err := m.Enter(ctx, x)
	if err != nil {
		return err
	}
	return last.Update(ctx, x)
}

// check reports columns of x that are others than those learned from.
func (m *ChainModel) check(x *features.Matrix) error {
	if !slices.Equal(x.Names, m.columns) {
		return fmt.Errorf("the model was learned from the columns %v, not %v: choose those", m.columns, x.Names)
	}
	for j, name := range x.Names {
		kinds := [2]string{"numbers", "text"}
		if text := slices.Contains(m.text, name); text != (x.CategoriesOf(j) != nil) {
			if text {
				kinds[0], kinds[1] = kinds[1], kinds[0]
			}
			return fmt.Errorf("column %s: the model was learned from %s, the rows have %s", name, kinds[0], kinds[1])
		}
	}
	return nil
}

// Enter takes x through all steps but the last: the rows as the algorithm that
// judges them has them.
func (m *ChainModel) Enter(ctx context.Context, x *features.Matrix) (_ *features.Matrix, err error) {
	for s := range m.steps[:len(m.steps)-1] {
		if x, err = m.step(ctx, s, x); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// step takes x through step s.
func (m *ChainModel) step(ctx context.Context, s int, x *features.Matrix) (*features.Matrix, error) {
	in, past := passing(m.steps[s].algorithm, x)
	if in == nil {
		return x, nil
	}
	r, err := m.steps[s].model.Apply(ctx, in)
	if err == nil {
		x = in.With(r.Axes, r.Coords).Join(past)
		err = x.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.steps[s].algorithm.Name, err)
	}
	return x, nil
}

func (m *ChainModel) last() Model { return m.steps[len(m.steps)-1].model }

// Explain returns the reasons that the last step gives for row i of x, told
// in the columns and units of x as far as the steps before are Inverters or
// Attributors; else in the coordinates of the last of them that is neither.
// There are none if the last step gives none.
func (m *ChainModel) Explain(x *features.Matrix, i int) []Reason {
	last, ok := m.last().(Explainer)
	if !ok {
		return nil
	}
	_, d := x.Dims()
	one := x.Other(x.X.Slice(i, i+1, 0, d).(*mat.Dense))
	one.Row = []int64{x.TableRow(i)}
	rows := []*features.Matrix{one} // as each step has it
	for s := range m.steps[:len(m.steps)-1] {
		row, err := m.step(context.Background(), s, rows[s])
		if err != nil {
			return nil // a row that Apply refuses has no judgement to explain
		}
		rows = append(rows, row)
	}
	reasons := last.Explain(rows[len(rows)-1], 0)
	numbers := func(k int) bool { return reasons[k].Of == 0 }
	for s := len(rows) - 2; s >= 0; s-- {
		switch model := m.steps[s].model.(type) {
		case Inverter:
			in, _ := passing(m.steps[s].algorithm, rows[s])
			for k := range reasons {
				if !numbers(k) {
					continue
				}
				r := &reasons[k]
				j := slices.Index(in.Names, r.Column)
				r.Value, r.Low, r.High = model.Invert(j, r.Value), model.Invert(j, r.Low), model.Invert(j, r.High)
			}
		case Attributor:
			in, past := passing(m.steps[s].algorithm, rows[s])
			if past == nil {
				reasons = model.Attribute(in, 0, reasons)
				continue
			}
			others := slices.DeleteFunc(slices.Clone(reasons), func(r Reason) bool { return r.Of == 0 })
			reasons = slices.DeleteFunc(reasons, func(r Reason) bool { return r.Of > 0 })
			reasons = append(model.Attribute(in, 0, reasons), others...)
			SortReasons(reasons)
		default:
			return reasons
		}
	}
	for k := range reasons { // without the rounding of there and back
		if !numbers(k) {
			continue
		}
		reasons[k].Value = one.X.At(0, slices.Index(one.Names, reasons[k].Column))
	}
	return reasons
}

// chainKey is where a State keeps, in its Meta, all but the last step's state.
const chainKey = "chain"

// chainState is a ChainModel as JSON, without the table of its last step.
type chainState struct {
	Columns []string    `json:"columns"`
	Text    []string    `json:"text,omitempty"` // those of categories
	Steps   []stepState `json:"steps"`
}

type stepState struct {
	Algorithm string `json:"algorithm"`
	State     []byte `json:"state,omitempty"` // an Arrow file, in base64; none for the last
}

// State returns the table of the last step's model, with the states of the
// steps before it in its Meta.
func (m *ChainModel) State() *features.Table {
	state := chainState{Columns: m.columns, Text: m.text}
	for _, s := range m.steps {
		state.Steps = append(state.Steps, stepState{Algorithm: s.algorithm.Name})
	}
	for i, s := range m.steps[:len(m.steps)-1] {
		var file bytes.Buffer
		if err := s.model.State().WriteArrow(&file); err != nil {
			panic("algo: state of " + s.algorithm.Name + ": " + err.Error())
		}
		state.Steps[i].State = file.Bytes()
	}
	text, err := json.Marshal(state)
	if err != nil {
		panic("algo: state of a chain: " + err.Error())
	}
	t := *m.last().State()
	t.Meta = maps.Clone(t.Meta)
	if t.Meta == nil {
		t.Meta = map[string]string{}
	}
	t.Meta[chainKey] = string(text)
	return &t
}

// LoadChain returns the ChainModel whose State is t, its algorithms taken
// from the list.
func LoadChain(t *features.Table, list []*Algorithm) (Model, error) {
	text, ok := t.Meta[chainKey]
	if !ok {
		return nil, fmt.Errorf("table %s is not a saved model: it has no %q in its metadata", t.Name, chainKey)
	}
	var state chainState
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		return nil, fmt.Errorf("saved model %s: %w", t.Name, err)
	}
	if len(state.Steps) == 0 {
		return nil, fmt.Errorf("saved model %s has no steps", t.Name)
	}
	m := &ChainModel{columns: state.Columns, text: state.Text}
	for i, s := range state.Steps {
		step, err := loadStep(t, s, i == len(state.Steps)-1, list)
		if err != nil {
			return nil, fmt.Errorf("saved model %s: %s: %w", t.Name, s.Algorithm, err)
		}
		m.steps = append(m.steps, step)
	}
	return m, nil
}

func loadStep(t *features.Table, s stepState, last bool, list []*Algorithm) (step chainStep, err error) {
	i := slices.IndexFunc(list, func(a *Algorithm) bool { return a.Name == s.Algorithm })
	if i < 0 || list[i].Load == nil {
		return step, errors.New("no algorithm of that name loads models")
	}
	var state *features.Table
	if last {
		own := *t
		own.Meta = maps.Clone(t.Meta)
		delete(own.Meta, chainKey)
		state = &own
	} else if state, err = features.ReadArrow(bytes.NewReader(s.State), int64(len(s.State)), s.Algorithm); err != nil {
		return step, err
	}
	model, err := list[i].Load(state)
	return chainStep{list[i], model}, err
}

package algotest

import (
	"bytes"
	"context"
	"math"
	"reflect"
	"slices"

	"toolkit/algo"
	"toolkit/features"
)

func (s *subject) model() {
	blobs, _ := Blobs(300, 4, 1)
	for _, x := range []*features.Matrix{blobs, counts(300, 4, 1)} {
		r := s.fit(x)
		if (r.Model == nil) != (s.Load == nil) {
			s.fatalf("Load and Result.Model don't go together")
		}
		if r.Model == nil {
			return
		}
		state := s.copyTable(r.Model.State())
		applied := s.apply(r.Model, x)
		s.near("Fit and Apply", r, applied)
		loaded, err := s.Load(s.copyTable(state))
		if err != nil {
			s.fatalf("Load: %v", err)
		}
		s.same("Apply before and after Load", applied, s.apply(loaded, x))
		want := encode([]*features.Table{state})
		if !bytes.Equal(encode([]*features.Table{s.copyTable(loaded.State())}), want) {
			s.errorf("State differs after Load")
		}
		if !bytes.Equal(encode([]*features.Table{s.copyTable(r.Model.State())}), want) {
			s.errorf("Apply changed the State")
		}
		some := []int{250, 3, 77, 3}
		s.near("Apply of some rows and of all", s.apply(loaded, rows(x, some)), spread(applied, some))
	}
	if _, err := s.Load(&features.Table{Name: "empty"}); err == nil {
		s.errorf("Load of an empty table gives no error")
	}
}

// update checks what learning on must be: declared, harmless where it fails,
// kept with the model, and a change.
func (s *subject) update() {
	x, _ := Blobs(1200, 4, 1)
	first, rest := make([]int, 300), make([]int, 900)
	for i := range first {
		first[i] = i
	}
	for i := range rest {
		rest[i] = 300 + i
	}
	m := s.fit(rows(x, first)).Model
	u, ok := m.(algo.Updater)
	if ok != s.Updates {
		s.errorf("Updates is %v, but that models are Updaters is %v", s.Updates, ok)
	}
	if !ok {
		return
	}
	x = rows(x, rest)
	ctx := context.Background()
	kept := s.copyTable(m.State())
	before := encode([]*features.Table{kept})
	other := x.With([]string{"a", "b", "c", "d"}, x.X)
	done, cancel := context.WithCancel(ctx)
	cancel()
	if u.Update(ctx, other) == nil {
		s.errorf("Update with other columns gives no error")
	}
	if u.Update(done, x) == nil {
		s.errorf("Update gives no error when cancelled")
	}
	if !bytes.Equal(encode([]*features.Table{s.copyTable(m.State())}), before) {
		s.errorf("Update that gives an error changes the model")
	}
	loaded, err := s.Load(kept)
	if err != nil {
		s.fatalf("Load: %v", err)
	}
	for _, u := range []algo.Updater{u, loaded.(algo.Updater)} {
		if err := u.Update(ctx, x); err != nil {
			s.fatalf("Update: %v", err)
		}
	}
	after := encode([]*features.Table{s.copyTable(m.State())})
	if bytes.Equal(after, before) {
		s.errorf("Update of 900 rows changes nothing")
	}
	if !bytes.Equal(encode([]*features.Table{s.copyTable(loaded.State())}), after) {
		s.errorf("a model that was kept learns on to another one")
	}
	s.wellFormedParts(x, s.apply(m, x))
}

func (s *subject) apply(m algo.Model, x *features.Matrix) *algo.Result {
	r, err := m.Apply(context.Background(), x)
	if err != nil {
		s.fatalf("Apply: %v", err)
	}
	return r
}

func (s *subject) reasons() {
	x, planted := withOutliers(300, 4, 1)
	m := s.fit(x).Model
	e, ok := m.(algo.Explainer)
	if !ok {
		return
	}
	s.explain(x, m)
	if i := slices.Index(planted, true); s.Gives&algo.Scores != 0 && len(e.Explain(x, i)) == 0 {
		s.errorf("no reason for row %d, an outlier", i)
	}
	loaded, err := s.Load(s.copyTable(m.State()))
	if err != nil {
		s.fatalf("Load: %v", err)
	}
	again, ok := loaded.(algo.Explainer)
	if !ok || !reflect.DeepEqual(again.Explain(x, 0), e.Explain(x, 0)) {
		s.errorf("reasons differ after Load")
	}
}

// explain checks the form of the reasons for the rows of x, if m gives any.
func (s *subject) explain(x *features.Matrix, m algo.Model) {
	e, ok := m.(algo.Explainer)
	if !ok {
		return
	}
	n, _ := x.Dims()
	for i := range n {
		before, sum := len(s.faults), 0.0
		reasons := e.Explain(x, i)
		for k, r := range reasons {
			j := slices.Index(x.Names, r.Column)
			switch {
			case j < 0:
				s.errorf("reason for row %d: there is no column %q", i, r.Column)
			case !finite(r.Value) || math.Abs(r.Value-x.X.At(i, j)) > 1e-9*math.Abs(r.Value):
				s.errorf("reason for row %d: %s is %v, want the row's %v", i, r.Column, r.Value, x.X.At(i, j))
			case !(r.Low <= r.High):
				s.errorf("reason for row %d: %s is ordinary from %v to %v", i, r.Column, r.Low, r.High)
			case !finite(r.Weight) || r.Weight < 0:
				s.errorf("reason for row %d: weight %v", i, r.Weight)
			case k > 0 && r.Weight > reasons[k-1].Weight:
				s.errorf("reasons for row %d are not in order of weight", i)
			}
			sum += r.Weight
		}
		if sum > 1+1e-9 {
			s.errorf("weights of the reasons for row %d sum to %v", i, sum)
		}
		if len(s.faults) > before {
			return
		}
	}
}

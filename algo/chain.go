package algo

import (
	"context"
	"fmt"
	"strings"

	"toolkit/features"

	"github.com/spf13/pflag"
)

// A Step is an algorithm of a chain, with its parameters.
type Step struct {
	Algorithm *Algorithm
	Method    Method
}

// NewStep returns a step with default parameters.
func NewStep(a *Algorithm) Step { return Step{a, a.New()} }

// A Chain is a Method of several steps, each of which learns from the
// coordinates that the one before it gives: scalers, then an algorithm. Its
// result is that of the last step, with the warnings of all, and its model,
// if all steps have one, is a *ChainModel.
//
// Columns of categories pass by a step before the last that takes none, and come
// behind the coordinates that it gives. If there are no others, there is no such step.
type Chain struct{ Steps []Step }

// NewChain returns the chain of the steps. It panics if there is none, or if
// one but the last gives no coordinates.
func NewChain(steps ...Step) *Chain {
	if len(steps) == 0 {
		panic("algo: chain without steps")
	}
	for _, s := range steps[:len(steps)-1] {
		if s.Algorithm.Gives&Coords == 0 {
			panic("algo: " + s.Algorithm.Name + " gives no coordinates for the next step of a chain")
		}
	}
	return &Chain{steps}
}

// Flags declares the parameters of all steps. A flag that several steps have
// is declared for each of them with the name of its algorithm before it:
// pca.components. Two steps of one algorithm that has flags panic.
func (c *Chain) Flags(fs *pflag.FlagSet) {
	own := make([]*pflag.FlagSet, len(c.Steps))
	steps := make(map[string]int) // that have a flag of the name
	for i, s := range c.Steps {
		own[i] = pflag.NewFlagSet(s.Algorithm.Name, pflag.ContinueOnError)
		own[i].SortFlags = false
		s.Method.Flags(own[i])
		own[i].VisitAll(func(f *pflag.Flag) { steps[f.Name]++ })
	}
	for i, s := range c.Steps {
		own[i].VisitAll(func(f *pflag.Flag) {
			if steps[f.Name] > 1 {
				f.Name, f.Shorthand = s.Algorithm.Name+"."+f.Name, ""
			}
			fs.AddFlag(f)
		})
	}
}

// Check implements Method.
func (c *Chain) Check() error {
	for i, s := range c.Steps {
		if err := s.Method.Check(); err != nil {
			return c.wrap(i, err)
		}
	}
	return nil
}

// Bytes implements Method: the dearest step, and the coordinates that it
// learns from, which are taken to be of d columns.
func (c *Chain) Bytes(n, distinct, d, workers int) int64 {
	var peak int64
	for i, s := range c.Steps {
		b := s.Method.Bytes(n, distinct, d, workers)
		if i > 0 {
			b += 8 * int64(n) * int64(d)
		}
		peak = max(peak, b)
	}
	return peak
}

// Fit implements Method. Coordinates that are not finite, as of numbers too
// large to be scaled, are a *features.ValueError.
func (c *Chain) Fit(ctx context.Context, x *features.Matrix, env Env) (*Result, error) {
	model := &ChainModel{columns: x.Names}
	if _, text := x.Split(); text != nil {
		model.text = text.Names
	}
	var warnings []error
	for i, s := range c.Steps {
		in, past := x, (*features.Matrix)(nil)
		if i < len(c.Steps)-1 {
			if in, past = passing(s.Algorithm, x); in == nil {
				continue
			}
		} else if err := takes(s.Algorithm, x); err != nil {
			return nil, err
		}
		r, err := s.Method.Fit(ctx, in, env)
		if err != nil {
			return nil, c.wrap(i, err)
		}
		if r.Model == nil {
			model = nil
		} else if model != nil {
			model.steps = append(model.steps, chainStep{s.Algorithm, r.Model})
		}
		for _, w := range r.Warnings {
			warnings = append(warnings, c.wrap(i, w))
		}
		if i == len(c.Steps)-1 {
			r.Warnings, r.Model = warnings, nil
			if model != nil {
				r.Model = model
				r.Tables = model.own(r.Tables, x.Names)
			}
			return r, nil
		}
		x = in.With(r.Axes, r.Coords).Join(past)
		if err := x.Check(); err != nil {
			return nil, c.wrap(i, err)
		}
	}
	panic("algo: chain without steps")
}

// passing returns the columns of x that the algorithm takes, nil if there are
// none, and those of categories that pass by it.
func passing(a *Algorithm, x *features.Matrix) (in, past *features.Matrix) {
	if a.Categories {
		return x, nil
	}
	return x.Split()
}

// takes reports columns of x that the algorithm does not take.
func takes(a *Algorithm, x *features.Matrix) error {
	if _, past := passing(a, x); past != nil {
		return fmt.Errorf("%s takes numbers only, not text: choose columns NAME=VALUE in place of %s", a.Name, strings.Join(past.Names, ", "))
	}
	return nil
}

// Seconds implements Forecaster, if the last step does: that takes most of the
// time where it needs a forecast of its own.
func (c *Chain) Seconds(ctx context.Context, x *features.Matrix, env Env) (seconds float64, ok bool, err error) {
	last := len(c.Steps) - 1
	f, ok := c.Steps[last].Method.(Forecaster)
	if !ok {
		return 0, false, nil
	}
	if last > 0 {
		env.Progress = nil
		r, err := (&Chain{c.Steps[:last]}).Fit(ctx, x, env)
		if err != nil {
			return 0, false, err
		}
		x = x.With(r.Axes, r.Coords)
	}
	return f.Seconds(ctx, x, env)
}

// wrap says in which step an error arose, if it isn't the last, whose name
// the caller has.
func (c *Chain) wrap(i int, err error) error {
	if i == len(c.Steps)-1 {
		return err
	}
	return fmt.Errorf("%s: %w", c.Steps[i].Algorithm.Name, err)
}

// Package scale has the algorithms that bring columns to a common scale:
// each gives every row's columns again, of the same names, as coordinates.
//
//	none      as they are
//	log1p     sign(x)·log(1+|x|): counts and bytes, whose tails are long
//	standard  (x − mean) / standard deviation
//	robust    (x − median) / interquartile range: outliers do not move it
//	minmax    (x − least) / (greatest − least)
//	quantile  share of the samples below x: any distribution becomes uniform
//	normal    normal quantile of that share
//
// They are the first steps of an [algo.Chain]; their models are
// [algo.Inverter]s.
package scale

import (
	"context"
	"fmt"
	"math"
	"strings"

	"toolkit/algo"
	"toolkit/features"

	"github.com/spf13/pflag"
)

// Algorithms are all scalers.
var Algorithms = []*algo.Algorithm{Standard, Robust, MinMax, Log1p, Quantile, Normal, None}

// The scalers.
var (
	Standard = (&kind{
		name: "standard",
		doc: `standard: columns of mean 0 and standard deviation 1

The standard deviation is the population's, with divisor n. Columns that are
constant become 0, as with scikit-learn's StandardScaler.`,
		cost:  "O(n·d) time, O(n·d) memory",
		learn: moments,
	}).algorithm()

	Robust = (&kind{
		name: "robust",
		doc: `robust: columns of median 0 and interquartile range 1

Quartiles are interpolated linearly between values, as numpy's are. A column
whose quartiles are equal is centred and keeps its unit, as with
scikit-learn's RobustScaler.`,
		cost:  "O(n·d·log n) time, O(n·(d + workers)) memory",
		learn: quartiles,
	}).algorithm()

	MinMax = (&kind{
		name: "minmax",
		doc: `minmax: columns from 0 to 1

Columns that are constant become 0. Other rows than those learned from can
come to lie below 0 or above 1.`,
		cost:  "O(n·d) time, O(n·d) memory",
		learn: bounds,
	}).algorithm()

	Log1p = (&kind{
		name: "log1p",
		doc: `log1p: the logarithm of 1 + x, odd for negative x

A value x becomes sign(x)·log(1 + |x|): 0 stays 0, and 9 bytes are as far from
99 as 99 from 999.`,
		cost:    "O(n·d) time and memory",
		learn:   nothing,
		forward: func(v float64) float64 { return math.Copysign(math.Log1p(math.Abs(v)), v) },
		inverse: func(v float64) float64 { return math.Copysign(math.Expm1(math.Abs(v)), v) },
	}).algorithm()

	None = (&kind{
		name:  "none",
		doc:   "none: columns as they are",
		cost:  "O(n·d) time and memory",
		learn: nothing,
	}).algorithm()
)

// New returns the steps that a list of names, such as "log1p,standard",
// stands for. None adds no step.
func New(list string) ([]algo.Step, error) {
	var steps []algo.Step
	for name := range strings.SplitSeq(list, ",") {
		a := find(strings.TrimSpace(name))
		switch a {
		case nil:
			return nil, &NameError{name}
		case None:
		default:
			steps = append(steps, algo.NewStep(a))
		}
	}
	return steps, nil
}

func find(name string) *algo.Algorithm {
	for _, a := range Algorithms {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// A NameError is a name that no scaler has.
type NameError struct{ Name string }

func (e *NameError) Error() string {
	var names []string
	for _, a := range Algorithms {
		names = append(names, a.Name)
	}
	return fmt.Sprintf("no scaler is named %q: choose of %s, several with commas between", e.Name, strings.Join(names, ", "))
}

// A kind is a way to scale: columns are put through forward, then centred and
// divided by what learn finds for each.
type kind struct {
	name, doc, cost  string
	learn            func(c column) (center, scale float64)
	forward, inverse func(float64) float64 // nil for none
}

func (k *kind) algorithm() *algo.Algorithm {
	return &algo.Algorithm{
		Name:  k.name,
		Doc:   k.doc,
		Cost:  k.cost,
		Gives: algo.Coords,
		New:   func() algo.Method { return method{k} },
		Load:  k.load,
	}
}

// A method is a kind as an algo.Method; it has no parameters.
type method struct{ *kind }

func (method) Flags(*pflag.FlagSet) {}

func (method) Check() error { return nil }

func (method) Bytes(n, distinct, d, workers int) int64 {
	// The coordinates, and one column for each worker.
	return 8*int64(n)*int64(d) + 24*int64(n)*int64(min(workers, d))
}

func (k method) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	_, d := x.Dims()
	m := &model{kind: k.kind, columns: x.Names, center: make([]float64, d), scale: make([]float64, d)}
	err := algo.Each(ctx, env.NumWorkers(), d, func(j int) {
		m.center[j], m.scale[j] = k.learn(column{x, j})
	})
	if err != nil {
		return nil, err
	}
	for j, name := range m.columns {
		if s := m.center[j] + m.scale[j]; math.IsNaN(s) || math.IsInf(s, 0) {
			return nil, fmt.Errorf("scaling column %s: its values are too far apart for %s: put log1p before it, or leave the column out", name, k.name)
		}
	}
	return m.apply(ctx, x, env.NumWorkers())
}

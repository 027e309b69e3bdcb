// Package stability says how far a result holds when it is made again: with
// other seeds, of a part of the rows only, and of a window of time only.
package stability

import (
	"context"
	"errors"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/evaluate"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// A Verdict is what a method says of the rows of a matrix. What it does not
// say is nil.
type Verdict struct {
	Labels  []int32
	Scores  []float64
	Flagged []bool // called anomalous
}

// A Fit makes a result of a matrix.
type Fit func(ctx context.Context, x *features.Matrix, env algo.Env) (*Verdict, error)

// Options say how often a result is made again, and of what.
type Options struct {
	Seeds      int     // other seeds
	Subsamples int     // drawn without replacement
	Share      float64 // of the rows that a subsample has
	Windows    int     // of time, of equally many rows; fewer than two are none
	Time       []int64 // of each row; nil if it is not known, and there are no windows
	Env        algo.Env
}

// An Agreement says how far two results of the same rows agree. What they
// don't both say is NaN.
type Agreement struct {
	Labels  float64 // adjusted Rand index of the samples: 1 the same, 0 chance
	Scores  float64 // rank correlation of the rows; NaN if one of the two is constant
	Flagged float64 // Jaccard index of the samples called anomalous; NaN if neither calls any so
}

// Value is that of the labels, without labels that of the scores.
func (a Agreement) Value() float64 {
	if a.Labels == a.Labels {
		return a.Labels
	}
	return a.Scores
}

// A Stability is how far the results agree with the first, on the rows that
// both are of. Those that the method refused to make are missing.
type Stability struct {
	Seeds, Subsamples, Windows []Agreement
	Refused                    int // such as of too few rows for the parameters
}

// Measure makes a result again, one fit after the other, and compares it with
// whole, that of all rows of x: for each subsample and window a fit of those
// rows alone. Time and memory are those of the fits.
func Measure(ctx context.Context, x *features.Matrix, whole *Verdict, fit Fit, o Options) (*Stability, error) {
	s := new(Stability)
	env := o.Env
	env.Progress = nil
	again := func(to *[]Agreement, rows []int, env algo.Env) error {
		part := x
		if rows != nil {
			part = take(x, rows)
		}
		v, err := fit(ctx, part, env)
		switch {
		case rows != nil && Refused(err):
			s.Refused++
		case err != nil:
			return err
		default:
			*to = append(*to, Compare(whole.of(rows), v, part.Weight))
		}
		return nil
	}
	for i := range o.Seeds {
		other := env
		other.Seed = env.Rand("stability/seed", i).Uint64()
		if err := again(&s.Seeds, nil, other); err != nil {
			return nil, err
		}
	}
	for i := range o.Subsamples {
		if err := again(&s.Subsamples, subsample(env, i, x, o.Share), env); err != nil {
			return nil, err
		}
	}
	for _, rows := range windows(o.Time, o.Windows) {
		if err := again(&s.Windows, rows, env); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Refused tells whether an error is the algorithm's, of its parameters on these
// rows, and not of all that was to be done.
func Refused(err error) bool {
	var param *algo.ParamError
	var memory *algo.MemoryError
	return errors.As(err, &param) || errors.As(err, &memory)
}

// Compare returns how far two results of the same rows agree; weight is how
// many samples each row is, nil for one.
func Compare(a, b *Verdict, weight []float64) Agreement {
	out := Agreement{math.NaN(), math.NaN(), math.NaN()}
	if a.Labels != nil && b.Labels != nil {
		out.Labels = evaluate.WeightedARI(a.Labels, b.Labels, weight)
	}
	if a.Scores != nil && b.Scores != nil {
		out.Scores = rankCorrelation(a.Scores, b.Scores)
	}
	if a.Flagged != nil && b.Flagged != nil {
		var both, any float64
		for i := range a.Flagged {
			w := 1.0
			if weight != nil {
				w = weight[i]
			}
			if a.Flagged[i] && b.Flagged[i] {
				both += w
			}
			if a.Flagged[i] || b.Flagged[i] {
				any += w
			}
		}
		out.Flagged = both / any
	}
	return out
}

// of returns what is said of the given rows, of all if they are nil.
func (v *Verdict) of(rows []int) *Verdict {
	return &Verdict{pick(v.Labels, rows), pick(v.Scores, rows), pick(v.Flagged, rows)}
}

func pick[T any](v []T, rows []int) []T {
	if rows == nil || v == nil {
		return v
	}
	p := make([]T, len(rows))
	for k, i := range rows {
		p[k] = v[i]
	}
	return p
}

// subsample returns a share of the rows, in order.
func subsample(env algo.Env, i int, x *features.Matrix, share float64) []int {
	n, _ := x.Dims()
	rows := env.Rand("stability/subsample", i).Perm(n)[:max(1, int(share*float64(n)))]
	slices.Sort(rows)
	return rows
}

// windows cuts the rows by their times into at most n windows of about equally
// many rows, those of one time together; none if that makes fewer than two.
func windows(time []int64, n int) [][]int {
	if len(time) == 0 || n < 2 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(time))
	var ends []int64 // the last time of each window
	for k := range n {
		end := sorted[(k+1)*len(sorted)/n-min(1, (k+1)*len(sorted)/n)]
		if len(ends) == 0 || end > ends[len(ends)-1] {
			ends = append(ends, end)
		}
	}
	if len(ends) < 2 {
		return nil
	}
	of := make([][]int, len(ends))
	for i, t := range time {
		k, _ := slices.BinarySearch(ends, t)
		of[k] = append(of[k], i)
	}
	return of
}

func take(x *features.Matrix, rows []int) *features.Matrix {
	_, d := x.Dims()
	y := x.Other(mat.NewDense(len(rows), d, nil))
	y.Weight = pick(x.Weight, rows)
	for k, i := range rows {
		y.X.SetRow(k, x.X.RawRowView(i))
		y.Row = append(y.Row, x.TableRow(i))
	}
	return y
}

// Mean returns the mean of what pick takes of agreements, and the least: NaN
// if there is none.
func Mean(as []Agreement, pick func(Agreement) float64) (mean, least float64) {
	n := 0.0
	least = math.Inf(1)
	for _, a := range as {
		if v := pick(a); v == v {
			mean, least, n = mean+v, min(least, v), n+1
		}
	}
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	return mean / n, least
}

// Package ecod scores rows by how far out in its tail the value of each of
// their columns is: outlier detection by empirical cumulative distribution
// functions.
//
// A column's share is −ln of the part of the samples that lie as far out as
// the row's value or farther, to the left or to the right, whichever is less;
// the score is the sum of the shares. In a column whose skewness is 0 the
// share is the sum of both sides, as in PyOD. There are no parameters, the
// scale of a column does not matter, and nothing is random.
//
// # What it finds and misses
//
// It finds rows that are extreme in a column or, a little, in many. It is
// blind to rows in the middle of a column's range where no others are (hbos
// sees those), and to values that are common each but rare together. Columns
// that say the same thing count once each. Where most rows have one value,
// as 0, all others are strange by how few there are beyond them.
//
// The papers' score takes, for a row, the greatest of three sums: of all left
// tails, of all right tails, and of the tails that the skewness of the columns
// chooses. The authors' implementation, PyOD's, takes the greatest for each
// column instead, and so does this package: its scores are PyOD's.
//
// # References
//
//   - Li, Zhao, Hu, Botta, Ionescu, Chen: ECOD: Unsupervised Outlier Detection
//     Using Empirical Cumulative Distribution Functions. IEEE TKDE 35(12),
//     2022. doi:10.1109/TKDE.2022.3159580
//   - Zhao, Nasrullah, Li: PyOD: A Python Toolbox for Scalable Outlier
//     Detection. JMLR 20(96), 2019. The scores are those of PyOD 3.6.
package ecod

import (
	"context"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/internal/tail"

	"github.com/spf13/pflag"
)

// Algorithm is ECOD.
var Algorithm = &algo.Algorithm{
	Name: "ecod",
	Doc: `ECOD: the sum of how far out in its tail each column's value is

A column's share is -ln of the part of the samples at least as far to the left,
or to the right, as the row's value: whichever is less. The score, equal to
PyOD's, is the sum of the shares, which are kept. It has no parameters and does
not depend on the columns' scales; it is blind to gaps in the middle of a
column, and to values that are common each but rare together.`,
	Refs: []string{
		"Li, Zhao, Hu, Botta, Ionescu, Chen: ECOD: Unsupervised Outlier Detection Using Empirical Cumulative Distribution Functions. IEEE TKDE 35(12), 2022. doi:10.1109/TKDE.2022.3159580",
		"Zhao, Nasrullah, Li: PyOD: A Python Toolbox for Scalable Outlier Detection. JMLR 20(96), 2019.",
	},
	Cost:  "O(n·d) time (radix sorts), 8·n·(d+1) bytes for scores and shares, 32 for each distinct value of a column and 32·n a worker",
	Gives: algo.Scores,
	Score: "the sum over the columns of -ln of the part of the samples at least as far out as the row's value, in the tail that holds less",
	New:   func() algo.Method { return &ECOD{} },
	Load:  score.Load,
}

// score is a column's share as PyOD works it out: the greatest of the left
// tail, the right one, and the one that the skewness chooses, which are both
// where it chooses none.
var score tail.Score = func(left, right float64, skew int) float64 {
	if skew == 0 {
		return tail.Unlikely(left * right)
	}
	return tail.Unlikely(min(left, right))
}

// ECOD is the algorithm; it has no parameters.
type ECOD struct{}

// Flags declares no parameters.
func (*ECOD) Flags(*pflag.FlagSet) {}

// Check finds nothing to report.
func (*ECOD) Check() error { return nil }

// Bytes counts scores, shares, tails and sorted columns.
func (*ECOD) Bytes(n, distinct, d, workers int) int64 { return tail.Bytes(n, distinct, d, workers) }

// Fit scores the rows of x. The result has the share of each column in Columns
// ("share_NAME"), which sum to the score, what was found of each column in
// Tables ("tails"), and a Model that is an Explainer, scores new rows by the
// tails of x, and gives those of x the same scores.
func (*ECOD) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	return score.Fit(ctx, x, env)
}

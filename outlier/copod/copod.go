// Package copod scores rows by how unlikely their values are under the
// empirical copula of the columns: copula-based outlier detection.
//
// A column's share is the larger of two: −ln of the part of the samples at
// least as far out as the row's value, in the tail to which the column is
// skewed; and the mean of that of both tails. In a column whose skewness is 0
// it is the sum of both. The score is the sum of the shares. There are
// no parameters, the scale of a column does not matter, and nothing is random.
//
// # What it finds and misses
//
// As ecod, whose forerunner it is, it finds what is extreme in columns, and no
// gaps or combinations. It differs where a column is skewed, as counts and
// bytes are: a value in the short tail, such as a small count, has at most
// half of the share that ecod gives it. Take copod where only the long tail
// is of interest, else ecod.
//
// The paper takes, for a row, the greatest of its three sums over the columns;
// PyOD, the authors' implementation, takes the greatest for each column, and
// so does this package: its scores are PyOD's.
//
// # References
//
//   - Li, Zhao, Botta, Ionescu, Hu: COPOD: Copula-Based Outlier Detection.
//     ICDM 2020. doi:10.1109/ICDM50108.2020.00135
//   - Zhao, Nasrullah, Li: PyOD: A Python Toolbox for Scalable Outlier
//     Detection. JMLR 20(96), 2019. The scores are those of PyOD 3.6.
package copod

import (
	"context"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/internal/tail"

	"github.com/spf13/pflag"
)

// Algorithm is COPOD.
var Algorithm = &algo.Algorithm{
	Name: "copod",
	Doc: `COPOD: the sum of how unlikely each column's value is under the empirical copula

A column's share is -ln of the part of the samples at least as far out as the
row's value in the tail to which the column is skewed, or the mean of that of
both tails, whichever is more. The score, equal to PyOD's, is the sum of the
shares, which are kept. It has no parameters and does not depend on the
columns' scales. Beside ecod it makes less of values in a column's short tail.`,
	Refs: []string{
		"Li, Zhao, Botta, Ionescu, Hu: COPOD: Copula-Based Outlier Detection. ICDM 2020. doi:10.1109/ICDM50108.2020.00135",
		"Zhao, Nasrullah, Li: PyOD: A Python Toolbox for Scalable Outlier Detection. JMLR 20(96), 2019.",
	},
	Cost:  "O(n·d) time (radix sorts), 8·n·(d+1) bytes for scores and shares, 32 for each distinct value of a column and 32·n a worker",
	Gives: algo.Scores,
	Score: "the sum over the columns of -ln of the part of the samples at least as far out as the row's value: in the tail to which the column is skewed or, if that is more, the mean of both tails",
	New:   func() algo.Method { return &COPOD{} },
	Load:  score.Load,
}

// score is a column's share as PyOD works it out: the tail that the skewness
// chooses, which are both where it chooses none, or the mean of both.
var score tail.Score = func(left, right float64, skew int) float64 {
	switch {
	case skew == 0:
		return tail.Unlikely(left * right)
	case skew < 0 && left <= right:
		return tail.Unlikely(left)
	case skew > 0 && right <= left:
		return tail.Unlikely(right)
	}
	return tail.Unlikely(left*right) / 2
}

// COPOD is the algorithm; it has no parameters.
type COPOD struct{}

// Flags declares no parameters.
func (*COPOD) Flags(*pflag.FlagSet) {}

// Check finds nothing to report.
func (*COPOD) Check() error { return nil }

// Bytes counts scores, shares, tails and sorted columns.
func (*COPOD) Bytes(n, distinct, d, workers int) int64 { return tail.Bytes(n, distinct, d, workers) }

// Fit scores the rows of x. The result has the share of each column in Columns
// ("share_NAME"), which sum to the score, what was found of each column in
// Tables ("tails"), and a Model that is an Explainer, scores new rows by the
// tails of x, and gives those of x the same scores.
func (*COPOD) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	return score.Fit(ctx, x, env)
}

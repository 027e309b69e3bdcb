// Package tail is what ecod and copod have in common: scores that are sums of
// one share a column, each worked out from how small the column's two tails
// are at the row's value.
//
// For a value v of a column of W samples (a row of weight w is w samples)
//
//	left(v)  = samples ≤ v / W
//	right(v) = samples ≥ v / W
//
// so that copies of a value count on both sides. A [Score] makes of these,
// and of the sign of the column's skewness, the share.
//
// # Skewness
//
// Both papers take the sign of the third central moment. It is 0 for a column
// of one value, and where the moment is no larger than what the rounding of
// the values could have made of 0, so that a symmetric column is symmetric
// whatever its scale is. PyOD calls only an exact 0 so: on symmetric columns
// of fractions, such as standardised ones, its sign is that of rounding
// errors, and its scores can differ from these.
//
// # Rows that were not learned from
//
// The tails are always those of the samples learned from. A value between two
// of theirs has the left tail of the lower and the right tail of the upper
// one. A value beyond all of them is taken for one more sample: its tail is
// 1/(W+1) (with an outermost value of less than one sample, that part of a
// sample instead of the 1). So it is stranger than any value learned from, a
// row's score depends on no other new row, and Apply gives the rows learned
// from the scores of Fit. PyOD puts the new rows among the old ones first:
// for its scores, Fit all of them together.
package tail

// Package loda scores rows by how rare their values are on many random
// directions: the lightweight on-line detector of anomalies.
//
// Each of --projections directions is a sum of ⌊√d⌋ of the d columns, drawn at
// random, with normally distributed weights, and has a histogram of --bins
// bins of equal width from the least to the greatest value. The score of a row
// is the mean over the directions of −ln of the part of the samples in its
// bin. A row of weight w is w samples.
//
// # What it finds and misses
//
// Beside hbos, which has a histogram a column, it also sees what is rare in a
// few columns together, as far as a sum shows it, and stands in little memory:
// directions and bins, whatever the number of rows. It is blunter: each
// histogram is coarse, one value far away leaves the others few bins, and the
// directions depend on the columns' scales. Scale first, long tails by log1p.
// Another --seed gives other directions; scores of two seeds differ the less,
// the more directions there are. With many columns some may be in none of the
// directions; Fit warns of it.
//
// # Bins that hold nothing
//
// count as half a sample, and so do those that an Update has not seen yet and
// values outside the range. PyOD scores a value by the bin after its own, so
// its scores differ, and are worse: over 15 data sets of ADBench its AUROC is
// 0.72 on average, and 0.77 with each value in its own bin.
//
// # Learning on
//
// A Model is an Updater: the samples of further rows are added to the bins
// that the first rows have set, and values beyond them get bins of the same
// width. Updates in any order, and of rows one by one or together, give the
// same model, which is that of all rows together if the first ones have the
// extreme values.
//
// # Reasons
//
// A row's score has a term for each direction. For a column, the terms of the
// directions with it are compared with those without it by Welch's t, as in
// section 3.3 of the paper: the higher, the more the column is a reason.
//
// # References
//
//   - Pevný: Loda: Lightweight on-line detector of anomalies. Machine Learning
//     102, 2016. doi:10.1007/s10994-015-5521-0
package loda

// Package hbos scores rows by how rare the value of each of their columns is:
// the Histogram-Based Outlier Score.
//
// Each column gets a histogram of its own. A row's share of a column is the
// logarithm of how low the bin is in which its value lies, and its score is
// the sum of its shares: a naive Bayes of rarity. Shares are kept, so that a
// score explains itself.
//
// # What it finds and misses
//
// On flow records it finds what is extreme in a column: many connections,
// bytes or ports, long durations, states and ports that few flows have. It
// knows no combinations of columns: much traffic to port 53 is not strange to
// it where both much traffic and port 53 are common. Columns that say the
// same thing count once each, so a flow that is strange in bytes, packets and
// rate at once comes before one that is as strange in one column only.
//
// # Modes
//
// All three take the number of bins from --bins. A row of weight w is w
// samples.
//
//   - pyod, the default, gives the scores of PyOD's HBOS: bins of equal width
//     from the least to the greatest value, share −log2(density + alpha), in
//     bits. The density has the unit 1/column, so the scale of a column
//     matters: in a column of bytes all densities are far below alpha, and
//     all shares the same but for the third digit. Scale first. A value on
//     the border of two bins counts in the upper and is scored by the lower
//     bin: PyOD's two rules, of numpy.histogram and numpy.digitize. Where
//     more than half of a column's samples lie on borders, Fit warns. Whole
//     numbers that have been scaled may lie beside a border by rounding only:
//     on 3,325 flow tuples of 23 standardised columns, means that differ in
//     the last bit change the sum of all scores by 3 %. A value outside the
//     range has the share of the outermost bin if it lies within tol widths
//     of it, beyond that the highest of the column's bins.
//   - static is the paper's: bins of equal width, share log(1/height), in
//     nats, where a column's fullest bin has height 1. Free of the columns'
//     scales. A border belongs to the upper bin, and the greatest value to
//     the last one.
//   - dynamic is the paper's, with bins of about equal content: better for
//     long tails, as of bytes and durations, where bins of equal width put
//     nearly all samples into the first. Distinct values are taken in
//     ascending order, and a bin is closed once it holds samples/bins; a
//     value that alone has more than that is a bin by itself. Copies of a
//     value stay together, so that bins depend neither on the order of rows
//     nor on weights against repetition. There can be up to about twice as
//     many bins as asked for, and fewer where values repeat. A bin reaches
//     from its first to its last value, and on both sides beyond by half the
//     smaller one of the gaps to its neighbours, so that none has the width
//     0; between bins can be empty space. Its density is samples/width, its
//     height that over the column's highest density.
//
// Empty bins, empty space and values outside the range, which only Apply can
// meet, have in static and dynamic mode half the lowest height that the
// column's bins have: they are stranger than anything seen, by log 2.
//
// # Number of bins
//
// --bins auto chooses the number for each column: in pyod and static mode by
// the penalised likelihood of Birgé and Rozenholc among the numbers below
// √samples, as PyOD works it out (1 added inside the logarithm, the penalty
// counted once a bin); in dynamic mode √samples, the paper's rule of thumb. A column with too
// narrow a range for so many different borders gets half as many bins, or
// half of that, and so on. A column of one value has, as in numpy, the range
// ±0.5 around it, and makes no difference between the rows.
//
// # Learning on
//
// In pyod and static mode a model can count further rows (Model.Update): the
// borders of the bins stay as they are, and values outside of them are not
// counted. The first rows should have the range of what is to come. Models of
// bins with the same borders can be merged: Merge.
//
// # Categories
//
// A column of text gets a bar for each of its values, as in the paper: its
// height is the value's relative frequency, in static and dynamic mode over the
// highest. In pyod mode the bar is 1 wide, so that its density is that frequency.
// A value that no row learned from has is scored as one outside the range of
// numbers. Update and Merge count values that are new, too.
//
// Chosen as one column of 0 and 1 for each value, NAME=VALUE, the values have
// bins of their own at the two ends, and a row adds up the rarity of the value
// that it has and those, small, of not having the others.
//
// # Cost
//
// O(n·d) time in three passes (ranges, bins, scores) and 8·n·(d+1) bytes for
// scores and shares, n·(d+5) for bins on the way; duplicates need no care. Bins that need sorted columns
// (dynamic mode, auto) add O(d·n·log n) time, and auto O(d·samples·log n).
//
// # References
//
//   - Goldstein, Dengel: Histogram-based Outlier Score (HBOS): A fast
//     Unsupervised Anomaly Detection Algorithm. KI-2012 Poster and Demo Track.
//   - Birgé, Rozenholc: How many bins should be put in a regular histogram.
//     ESAIM: Probability and Statistics 10, 2006. doi:10.1051/ps:2006001
//   - Zhao, Nasrullah, Li: PyOD: A Python Toolbox for Scalable Outlier
//     Detection. JMLR 20(96), 2019. The scores are those of PyOD 3.6.
package hbos

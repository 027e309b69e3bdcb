// Package iforest scores rows by how few random splits part them from the
// others: the Isolation Forest.
//
// Each tree is grown from a sample of the rows, without replacement. At a
// node a column is drawn among those that differ in the node's samples, and a
// value between the least and the greatest; the samples up to it go left, the
// others right, until a sample is alone, its copies are alone with it, or the
// depth ⌈log2 sample⌉ is reached. A leaf of m samples stands for a path of
// its depth + c(m), c being the mean path of a search without success in a
// binary tree. The score of a row is 2^(−mean path/c(sample)).
//
// # What it finds and misses
//
// It finds what lies far out and what is thin on the ground in several
// columns together, in any scale of the columns and among many copies: most
// flow tables are mostly copies of few rows, and a sample of 256 has seen
// them all. For the same reason it knows rare rows only as "not among the
// sample": two kinds of rare rows at the same distance are much the same to
// it. With splits of one column, scores have traces parallel to the axes:
// what lies between two clusters in one column and two in another looks too
// ordinary. Splits by planes (--extension) have none, but depend on the
// columns' scales, are slower, and dilute one strange column among many
// ordinary ones.
//
// # Against PyOD and scikit-learn
//
// The same method with other random numbers: columns that are constant in a
// node are not drawn for it, and the harmonic number in c is the paper's
// approximation, as there. Trees of theirs give the same scores here, to
// rounding. What Apply and Fit say of the same row is the same.
//
// # Planes
//
// With --extension e a split draws e+1 columns, if so many differ in the
// node, a normal vector with standard normal components in them, and a point
// in the range of the node's samples; one side of the plane through the point
// goes left (Hariri et al.). A side can be empty: then its leaf has the path
// of its depth.
//
// # Cost
//
// Equal rows are found and the distinct ones sorted, so that each is scored
// once and the order of rows doesn't matter. Then the time is that of the
// distinct rows going through the trees, about 1.5 ns a row, tree and level:
// blocks of rows that stay in the cache go through a tree level by level.
package iforest

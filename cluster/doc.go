// Package cluster is the home of the clustering algorithms, a package each:
// they put rows that are alike into one group and number the groups.
//
// # Which one when
//
//   - k-means (package kmeans) divides all rows among k centres. Choose it to
//     summarise a table of any size into a few kinds of traffic that can be
//     named by their centres, when every row is to belong to one of them. Its
//     clusters are round and of about the same spread; it has no noise, and
//     what is strange is what is far from its centre or in a tiny cluster.
//   - DBSCAN (package dbscan) joins rows that have neighbours within a
//     distance. Choose it to find what belongs to no group: rows in sparse
//     places become noise. Its clusters have any shape and their number need
//     not be known, but one distance must suit them all.
//   - HDBSCAN* (package hdbscan) keeps the clusters that last over many distances.
//     Choose it where groups differ in density; it needs only how small a
//     cluster may be. On flow tables, which are full of small groups of equal
//     rows, it finds many clusters and calls much noise.
//   - OPTICS (package optics) puts the rows into an order in which clusters of
//     any density are valleys. Choose it to see at which distances there are
//     clusters at all, and to cut them at any eps, or by the steepness of their
//     edges where one eps does not suit all.
//   - Ward's clustering (package ward) merges rows from the bottom up. Choose it
//     for a tree of clusters, or to see by the heights of the last mergers how
//     many there are. All rows belong to one; it is for thousands of rows, and
//     begins with groups of rows where there are more.
//   - Spectral clustering (package spectral) parts a graph of near rows where
//     it is thin. Choose it for clusters of any shape, when their number is
//     known and they are not empty space apart. It has no noise; far rows
//     become parts of the graph, and so clusters, of their own.
//
// All measure Euclidean distance: scale the columns first, and take the
// logarithm of byte counts. All work on the distinct rows and their weights,
// so that the many equal rows of flow tables (idle bins, single lookups) cost
// hardly more than one.
//
// # Costs
//
// For n rows of d columns, m of them distinct; k clusters, s starts of i
// iterations:
//
//	            time                                 memory besides the rows   grows badly with
//	collapsing  n·d·log n                            12·n + m·(8·d+16) bytes   -
//	k-means     m·k·d·i·s at most, mostly a fifth    20·m bytes a worker       k (and the starts it needs)
//	DBSCAN      m·d·log m where neighbours are few   some copies of m rows     d, and eps that reaches many
//	            directions or crowded, up to m²·d
//	HDBSCAN*    m·d·log m where DBSCAN has it, a     some copies of m rows     d
//	            few times as much
//	spectral    m²·d for each of 10 to 100           some 130 vectors of m      m, but with knn or landmarks
//	            products; knn, landmarks: m·log m
//	OPTICS      as DBSCAN, some dozen times as much  some copies of m rows     d
//	Ward        g²·d, for g rows or groups           two copies of m rows      g, 10,000 at most by default
//
// Collapsing is part of each.
package cluster

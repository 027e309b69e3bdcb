// Package spectral groups rows by the eigenvectors of a graph that joins near
// rows: normalised cuts. See [Algorithm].
//
// # What it finds and misses
//
// Clusters of any shape, where k-means needs round ones; and, unlike DBSCAN,
// of as many as are asked for, parted where the graph is thin rather than
// where it is empty. There is no noise.
//
// On flow records with standardised columns the graph of --gamma 1 falls into
// parts: nearly all samples in one, and a few parts of some rows far out. Then
// these are the clusters, as they are of scikit-learn where it has the memory;
// the stats components and eigenvalues_1 and a warning say so. It is a finding
// about the far rows, not about the bulk. To part the bulk, scale columns by
// log1p, or join more: a smaller --gamma, --affinity knn, or --landmarks with
// a small gamma.
//
// # Which parameters matter
//
// The scaling of the columns and gamma, far more than --k: gamma is 1 over the
// squared distance at which rows stop being alike. --gamma median suits tables
// without a crowded middle; --gamma local and --affinity knn adapt to density,
// and so follow the crowd. The stat eigengap, what the first eigenvalue left
// out falls short of the last taken, should be large: k is then a number of
// clusters that the graph has. --assign hardly matters where it is.
//
// # Exactness and cost
//
// The graph is that of all samples, by way of the m distinct rows and their
// weights: its eigenvalues above 0 agree with those of the graph written out
// to 1e-12. Degrees are summed without a difference, so that rows far from all
// others keep their digits. Affinities are worked out in tiles of 64 rows by 64, by
// sums of squared differences and an exponential good to two units in the last
// place, and multiplied by eight vectors at a time; sums are made in an order
// that doesn't depend on the number of workers. With AVX2 that takes about 5 ns
// of a core for two rows, without it 50; both give the same bits.
//
// The eigenvectors are searched for by Davidson's method. What makes it quick is
// the coarse problem: 512 groups around rows far from each other, whose own
// eigenvectors are where the search begins, and by which it is corrected. Mostly
// 2 to 15 products are enough to bring residuals below 1e-10; clouds of even
// density without clusters, in which a gap between eigenvalues is small, take a
// hundred. The memory, besides the rows, is about 130 vectors.
package spectral

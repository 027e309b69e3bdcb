// Package kmeans groups rows around k centres: each row belongs to the centre
// nearest to it, and each centre is the mean of its rows. See [Algorithm].
//
// # What it finds and misses
//
// K-means summarises. On flow records it parts the bulk into kinds of traffic
// that a person can name by their centres: lookups of a few bytes, web
// sessions, bulk transfers up, bulk transfers down; and on address pairs the
// idle bins from the busy ones. It is a fast first look at a table, a
// compression of it to k weighted centres, and, by the distance to the centre,
// an outlier score for rows that resemble no kind.
//
// It misses anomalies that are many or extreme: whatever is far out and not
// alone, such as a flood or a scan of thousands of equal flows, pulls a centre
// to itself and is then near to it, with a low score. A small cluster far from
// the others says as much as a high score: look at the column samples of the
// table centres. Byte counts have tails so long that standardised columns
// leave nearly all rows in one cluster and spend the others on single rows;
// log1p scaling makes the kinds visible. Clusters are round and of about the
// same spread: chains, rings and dense cores in sparse surroundings are cut
// up, and are for DBSCAN to find.
//
// # Which parameters matter
//
// The scaling of the columns, before all parameters. Then --k: the elbow is a
// guess that looks at the inertia alone and depends on the range, which should
// reach well past the k expected (1..4 misses three clear clusters in a row,
// 1..10 finds them); the inertia of heavy-tailed columns falls smoothly, without
// any elbow worth the name, so try the k on both sides of it. --n-init guards
// against bad luck: it sets both how many starts there are and how long the
// best is bettered by breathing (Fritzke 2020). --init random is there for
// comparison; k-means|| makes 5 passes where k-means++ makes k, and is as good,
// but no quicker while the rows are in memory. --tol and --max-iter seldom matter.
//
// The rules of --choose ask different questions, and on flow records they seldom
// agree: the silhouette takes few clusters far apart (2, for the bulk and the
// few huge rows); X-means as many as the range allows, since long tails are no
// normal distribution; the gap statistic either so (pairs of addresses) or 1
// (tuples), since a box that few huge rows have made is nearly empty.
//
// --batch is for tables whose distinct rows are many millions. On 41,340
// distinct pairs of addresses, where most samples are one row of zeros, batches
// of 256 to 4,096 rows ended within 0.01 % of the inertia of all rows (k = 8,
// seeds 0 to 2). The end is then no fixed point of Lloyd's iteration: a centre is
// the mean of what batches gave it, not of its rows.
//
// # Exactness and cost
//
// Rows are collapsed to the m distinct ones and their weights, in O(n·d·log n).
// An iteration takes O(m·k·d) at most. Bounds on each row's distances to its
// own and to the next centre (Hamerly 2010) spare most rows the search (60 to
// 98 % on flow features); where k·d is large, bounds on the distance to each
// centre (Elkan 2003) spare much of what searches are left. Sums are made anew
// only for blocks of rows in which a label changed, so that later iterations
// cost less. The bounds only skip what cannot change anything, with a margin
// above all rounding: centres, labels and inertia are to the last bit those of
// Lloyd's plain iteration from the same places. Distances are sums of squared
// differences, never differences of squared norms, which lose all digits far
// from the origin; where the processor has AVX2 a row is measured against four
// centres at once, with the same bits.
//
// A breath with b centres more draws them in O(b·m·d·ln k) at most, merges in
// O(b·(k+b)²·d), and moves all as an iteration does, four times. The rows are
// measured against the kept centres once, not for each breath. By default at
// least 15 breaths are taken for k of 2 or more, more while they better the
// centres; they cost about twice what ten starts do. What is found is a local
// optimum, not proven to be the best; another --seed may find another.
//
// Starts run side by side, and where there are more workers than starts, the
// rows of each are shared out. Sums are made over blocks of fixed size, in
// order, so that results don't depend on the number of workers.
package kmeans

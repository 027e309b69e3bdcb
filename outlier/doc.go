// Package outlier is the home of the algorithms that give each row a score of
// how strange it is, a package each. None of them draws a line between
// ordinary and strange: scores rank, and a rule of package threshold says
// which are anomalies.
//
// Which one when:
//
//   - hbos: first, always. It reads the table three times, takes columns one
//     by one, and its score is a sum of one share a column, so that it says
//     why. It can't see a row whose values are each common but not together.
//   - ecod: for what is extreme in columns, on any scale, without parameters;
//     it says why. It can't see a gap in the middle of a column.
//   - copod: as ecod, for columns of which only the long tail is of interest.
//   - loda: for what is rare in a few columns together, in little memory: the
//     model is some histograms, and learns on. Coarse; random, too.
//   - iforest: for rows that are strange in several columns together, in any
//     scale and at any size. It draws samples, so that the seed matters a bit.
//   - hst: for streams: a model that learns on at next to no cost, and forgets.
//   - knn: for rows that stand alone in all columns together, exactly. Its cost
//     grows with the square of the distinct rows where columns are many.
//   - lof: for rows that stand apart from a cluster however dense that is; it
//     compares densities, which copies of rows make boundless: see --distinct.
package outlier

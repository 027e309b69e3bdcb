// Package features turns flow records into tables: one row for each group of
// records, one column for each feature of the group.
//
// A [Grouping] says which records make a row and what is said of them, and a
// [Builder] gathers it in one pass. The same Builder serves a file read once,
// a stream cut into windows and the parts of a distributed run, since what it
// has gathered can be written down and taken up by another ([Builder.Merge]).
//
// A [Table] is the form in which everything is kept: features, labels, scores,
// models and alerts; it is written and read as Arrow. A [Matrix] is the part of
// a table that an algorithm learns from.
package features

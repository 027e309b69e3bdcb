// Package columnar reads flow records from Arrow and Parquet files: a row is a
// record, and its columns are found by their names, or as --columns says.
package columnar

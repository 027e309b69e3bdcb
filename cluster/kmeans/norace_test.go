//go:build !race

package kmeans_test

// raced tells whether the race detector looks on.
const raced = false

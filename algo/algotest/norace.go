//go:build !race

package algotest

// raced tells whether the race detector looks on, which makes all some twenty
// times as slow.
const raced = false

//go:build race

package kmeans_test

const raced = true

//go:build !amd64

package evaluate

const fast = false

func distancesAVX2(q *[lanes]float64, rows, weight *float64, n, d int, sum *[lanes]float64) {
	panic("unreachable")
}

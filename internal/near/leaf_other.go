//go:build !amd64

package near

const fast, fastCoarse = false, false

func insideAVX2(columns, q *float64, d, n int, limit float64, d2 *[lanes]float64) uint32 {
	panic("near: no AVX2")
}

func boxWithinAVX2(columns, box *float64, d, n int, limit, d2 *[lanes]float64) uint32 {
	panic("near: no AVX2")
}

func takeAVX2(d2 *float64, place *int64, n, k int, rows uint32, apart *[leafRows]float64, first int) (left uint32, now int) {
	panic("near: no AVX2")
}

func coarseAVX2(columns, half *float32, d, n int, q *float32, m int, at uint32, limit *[leafRows]float32) uint64 {
	panic("near: no AVX2")
}

package hbos

import "toolkit/features"

const (
	// chunkRows is how many rows a worker takes at a time. What is summed is
	// summed by chunk and then in the order of the chunks, so that sums don't
	// depend on the number of workers.
	chunkRows = 1 << 15

	// blockRows is how many rows are read column by column: few enough to
	// stay in the cache from one column to the next.
	blockRows = 256
)

// chunks returns how many chunks of that many rows x has.
func chunks(x *features.Matrix, rows int) int {
	n, _ := x.Dims()
	return (n + rows - 1) / rows
}

// blocks calls f for each column of each block of rows in a chunk. The
// block's values are v[0], v[stride], …, its rows lo to hi-1 of x.
func blocks(x *features.Matrix, chunk, rows int, f func(j, lo, hi int, v []float64, stride int)) {
	n, d := x.Dims()
	raw := x.X.RawMatrix()
	end := min((chunk+1)*rows, n)
	for lo := chunk * rows; lo < end; lo += blockRows {
		hi := min(lo+blockRows, end)
		for j := range d {
			f(j, lo, hi, raw.Data[lo*raw.Stride+j:(hi-1)*raw.Stride+j+1], raw.Stride)
		}
	}
}

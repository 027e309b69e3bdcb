package hbos

import (
	"context"
	"sync"
	"sync/atomic"

	"toolkit/features"
)

const (
	// chunkRows is how many rows a worker takes at a time. What is summed is
	// summed by chunk and then in the order of the chunks, so that sums don't
	// depend on the number of workers.
	chunkRows = 1 << 15

	// blockRows is how many rows are read column by column: few enough to
	// stay in the cache from one column to the next.
	blockRows = 256
)

// each calls f(0) to f(n-1) from up to workers goroutines. When ctx is done
// it calls no more of them and returns ctx.Err().
func each(ctx context.Context, workers, n int, f func(i int)) error {
	var next atomic.Int64
	work := func() {
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			f(i)
		}
	}
	var wg sync.WaitGroup
	for range min(workers, n) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return ctx.Err()
}

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

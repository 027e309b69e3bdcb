package hbos

import (
	"slices"

	"toolkit/features"
)

// runs are where runs of equal rows end: of each block of rows, counted from its
// first, or nil if each row of it is a run by itself. Only the first row of a run is looked at:
// in tables that have a row for each bin of time most are equal to the one before.
type runs [][]int32

// newRuns returns room for the runs of x, which find finds.
func newRuns(x *features.Matrix) runs { return make(runs, chunks(x, blockRows)) }

// find finds the runs of the block of row lo.
func (r runs) find(x *features.Matrix, lo int) {
	n, d := x.Dims()
	raw := x.X.RawMatrix()
	hi := min(lo+blockRows, n)
	var found [blockRows]int32
	ends := found[:0]
	before := raw.Data[lo*raw.Stride : lo*raw.Stride+d]
	for i := lo + 1; i < hi; i++ {
		row := raw.Data[i*raw.Stride : i*raw.Stride+d]
		if !slices.Equal(row, before) {
			ends = append(ends, int32(i-lo))
		}
		before = row
	}
	if len(ends) < hi-lo-1 {
		r[lo/blockRows] = append(slices.Clone(ends), int32(hi-lo))
	}
}

// A block is some rows of a matrix by their runs.
type block struct {
	lo, hi int       // the rows
	n      int       // how many runs there are
	ends   []int32   // as in runs
	weight []float64 // of each run; nil if 1 each
	values []float64 // of the first rows of the runs
	stride int
}

// column returns the values of column j in the first rows of the runs: v[0],
// v[stride], ….
func (b *block) column(j int) []float64 { return b.values[j : (b.n-1)*b.stride+j+1] }

// each calls f for each block of a chunk of rows, a multiple of blockRows. What
// it is given holds until it returns.
func (r runs) each(x *features.Matrix, chunk, rows int, f func(*block)) {
	n, d := x.Dims()
	raw := x.X.RawMatrix()
	var weight, values []float64
	for lo := chunk * rows; lo < min((chunk+1)*rows, n); lo += blockRows {
		hi := min(lo+blockRows, n)
		b := block{lo: lo, hi: hi, n: hi - lo, ends: r[lo/blockRows], values: raw.Data[lo*raw.Stride:], stride: raw.Stride}
		if x.Weight != nil {
			b.weight = x.Weight[lo:hi]
		}
		if b.ends != nil {
			values, weight = values[:0], weight[:0]
			from := 0
			for _, end := range b.ends {
				to := int(end)
				values = append(values, b.values[from*raw.Stride:from*raw.Stride+d]...)
				w := float64(to - from)
				if b.weight != nil {
					w = 0
					for _, one := range b.weight[from:to] {
						w += one
					}
				}
				weight = append(weight, w)
				from = to
			}
			b.n, b.weight, b.values, b.stride = len(b.ends), weight, values, d
		}
		f(&b)
	}
}

// spread writes what is said of each run for each of its rows.
func spread(to, of []float64, ends []int32) {
	from := int32(0)
	for k, end := range ends {
		v, rows := of[k], to[from:end]
		for i := range rows {
			rows[i] = v
		}
		from = end
	}
}

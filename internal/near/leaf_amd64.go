package near

import "golang.org/x/sys/cpu"

// fast tells whether the processor has AVX2, and the system keeps its
// registers; fastCoarse whether it has FMA too.
var (
	fast       = cpu.X86.HasAVX2
	fastCoarse = cpu.X86.HasAVX2 && cpu.X86.HasFMA
)

// insideAVX2 is insideGo for n rows of d columns that are laid out column by
// column, four at a time: each lane adds up one row in the order of its
// columns, so that the sums are the same to the last bit. Only the lowest n
// bits of what it returns mean anything, and of d2 what they point to.
//
//go:noescape
func insideAVX2(columns, q *float64, d, n int, limit float64, d2 *[lanes]float64) uint32

// boxWithinAVX2 works out the squared distances of n rows laid out in that way
// to a box: the least value of each of d columns, then the greatest. It returns
// which rows are within their limits; if none is, d2 means nothing.
//
//go:noescape
func boxWithinAVX2(columns, box *float64, d, n int, limit, d2 *[lanes]float64) uint32

// takeAVX2 is nearby.take without a branch that depends on where a row comes: each
// is inserted in all steps of four that there are. It returns what is left and how
// many rows there are then.
//
//go:noescape
func takeAVX2(d2 *float64, place *int64, n, k int, rows uint32, apart *[leafRows]float64, first int) (left uint32, now int)

// coarseAVX2 adds to half of each of 16 rows, of n laid out column by column in
// d columns, its product with each of four of m rows q laid out in that way,
// whose numbers are the bytes of at. It returns, 16 bits for each of the four,
// where that isn't less than their limit.
//
//go:noescape
func coarseAVX2(columns, half *float32, d, n int, q *float32, m int, at uint32, limit *[leafRows]float32) uint64

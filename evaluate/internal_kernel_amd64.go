package evaluate

import "golang.org/x/sys/cpu"

// fast tells whether the processor has AVX2, and the system keeps its registers.
var fast = cpu.X86.HasAVX2

// distancesAVX2 is distancesGo to the last bit, four lanes at a time, for n rows
// of d columns.
//
//go:noescape
func distancesAVX2(q *[lanes]float64, rows, weight *float64, n, d int, sum *[lanes]float64)

package kmeans

import "golang.org/x/sys/cpu"

// fast tells whether the processor has AVX2, and the system keeps its
// registers. The functions below do what those of the same name with Go at the
// end do, to the last bit: a lane is a point.
var fast = cpu.X86.HasAVX2

//go:noescape
func nearestAVX2(v *[lanes]float64, row *float64, d, blocks int, out *ranking)

//go:noescape
func nearestBoundedAVX2(v *[lanes]float64, row *float64, d, blocks int, far, drift *float64, limit float64, out *ranking)

//go:noescape
func potsAVX2(rows *float64, n, d int, upper, w *float64, label *int32, reach *float64, block *[lanes]float64, pots *[lanes]float64) (rest float64)

//go:build !amd64

package kmeans

const fast = false

func nearestAVX2(*[lanes]float64, *float64, int, int, *ranking) { panic("unreachable") }

func nearestBoundedAVX2(*[lanes]float64, *float64, int, int, *float64, *float64, float64, *ranking) {
	panic("unreachable")
}

func potsAVX2(*float64, int, int, *float64, *float64, *int32, *float64, *[lanes]float64, *[lanes]float64) float64 {
	panic("unreachable")
}

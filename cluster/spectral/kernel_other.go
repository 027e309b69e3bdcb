//go:build !amd64

package spectral

const fast = false

func affinitiesAVX2(dst *[side]float64, a *float64, ca, sa float64, b *float64, cb, sb *[side]float64, d int) {
	panic("spectral: no AVX2")
}

func multiplyAVX2(k0, k1 *[side]float64, xa, ya *[2 * width]float64, xB, yB *panel) {
	panic("spectral: no AVX2")
}

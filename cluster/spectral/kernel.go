package spectral

import "math"

// side is the number of rows in a side of a tile, width the number of columns
// in a panel: vectors are multiplied by eight at a time, as what a tile costs
// is mostly its exponentials.
const (
	side  = 64
	width = 8
)

// affinities sets dst[j], for the rows j of a block, to
// exp(sa + sb[j] − ca·cb[j]·|a−b_j|²), 0 where the last term is beyond
// vanish. b holds the block by columns.
func affinities(dst *[side]float64, a []float64, ca, sa float64, b []float64, cb, sb *[side]float64) {
	if fast {
		affinitiesAVX2(dst, &a[0], ca, sa, &b[0], cb, sb, len(a))
		return
	}
	affinitiesGo(dst, a, ca, sa, b, cb, sb)
}

func affinitiesGo(dst *[side]float64, a []float64, ca, sa float64, b []float64, cb, sb *[side]float64) {
	clear(dst[:])
	for k, v := range a {
		col := b[k*side:][:side]
		for j, w := range col {
			dst[j] = math.FMA(v-w, v-w, dst[j])
		}
	}
	for j, d2 := range dst {
		t := float64(ca * cb[j] * d2) // rounded, never part of a fused operation
		if t > vanish {
			dst[j] = 0
			continue
		}
		dst[j] = expNeg((sa + sb[j]) - t)
	}
}

// A panel is a block's rows of eight vectors.
type panel = [side * width]float64

// multiply adds the products of two rows of a tile, k0 and k1, with the panels
// of its two blocks: yA += k·xB for the rows at place i and i+1 of block A,
// yB += kᵀ·xA for all of block B.
func multiply(k0, k1 *[side]float64, i int, xA, yA, xB, yB *panel) {
	if fast {
		multiplyAVX2(k0, k1, (*[2 * width]float64)(xA[i*width:]), (*[2 * width]float64)(yA[i*width:]), xB, yB)
		return
	}
	multiplyGo(k0, k1, (*[2 * width]float64)(xA[i*width:]), (*[2 * width]float64)(yA[i*width:]), xB, yB)
}

func multiplyGo(k0, k1 *[side]float64, xa, ya *[2 * width]float64, xB, yB *panel) {
	for j := range side {
		x, y := (*[width]float64)(xB[j*width:]), (*[width]float64)(yB[j*width:])
		u, v := k0[j], k1[j]
		for c := range width {
			ya[c] = math.FMA(u, x[c], ya[c])
			ya[width+c] = math.FMA(v, x[c], ya[width+c])
			y[c] = math.FMA(v, xa[width+c], math.FMA(u, xa[c], y[c]))
		}
	}
}

// nothing is the s of a row that is not there: whatever is added to it, its
// affinities are 0.
const nothing = -1e300

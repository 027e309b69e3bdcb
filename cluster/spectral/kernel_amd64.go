package spectral

// fast tells whether the processor has AVX2 and FMA, and the system keeps
// their registers.
var fast = hasAVX2()

// hasAVX2 asks the processor.
func hasAVX2() bool

// affinitiesAVX2 is affinitiesGo to the last bit, four rows at a time, for a
// of d columns.
//
//go:noescape
func affinitiesAVX2(dst *[side]float64, a *float64, ca, sa float64, b *float64, cb, sb *[side]float64, d int)

// multiplyAVX2 is multiplyGo to the last bit, four columns at a time.
//
//go:noescape
func multiplyAVX2(k0, k1 *[side]float64, xa, ya *[2 * width]float64, xB, yB *panel)

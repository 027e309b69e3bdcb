package spectral

import (
	"math"
	"math/rand/v2"
	"testing"
)

// expNeg is math.Exp, which is right to within one unit in the last place, to
// within two such units.
func TestExp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	worst := 0.0
	for i := range 2_000_000 {
		x := -708 * r.Float64()
		switch i % 4 {
		case 1:
			x /= 100
		case 2:
			x = -math.Exp(-40 * r.Float64())
		case 3:
			x = -float64(i%1400) * math.Ln2 / 2 // where the rounding to k turns
		}
		if x < floor {
			continue
		}
		want := math.Exp(x)
		worst = max(worst, math.Abs(expNeg(x)-want)/(math.Nextafter(want, 2)-want))
	}
	if worst > 2 {
		t.Errorf("expNeg is up to %v units in the last place from math.Exp", worst)
	}
	t.Logf("worst %v ulp", worst)
	for x, want := range map[float64]float64{0: 1, -708.001: 0, -1e300: 0, math.Inf(-1): 0} {
		if got := expNeg(x); got != want {
			t.Errorf("expNeg(%v) = %v, want %v", x, got, want)
		}
	}
}

// The assembly gives the bits of the Go code.
func TestKernels(t *testing.T) {
	if !fast {
		t.Log("this processor has no AVX2: nothing to compare")
		return
	}
	r := rand.New(rand.NewPCG(2, 0))
	for range 2000 {
		d := 1 + r.IntN(12)
		scale := math.Exp(8 * r.NormFloat64())
		a, b := make([]float64, d), make([]float64, d*side)
		for i := range a {
			a[i] = scale * r.NormFloat64()
		}
		for i := range b {
			b[i] = scale * r.NormFloat64()
		}
		var cb, sb, got, want [side]float64
		for j := range side {
			cb[j], sb[j] = r.Float64(), 3*r.NormFloat64()-5
			switch r.IntN(10) {
			case 0:
				for k := range d {
					b[k*side+j] = a[k]
				}
				sb[j] = 0
			case 1:
				sb[j] = nothing
			case 2:
				cb[j] = 1e300
			}
		}
		affinitiesAVX2(&got, &a[0], 1.5, -0.5, &b[0], &cb, &sb, d)
		affinitiesGo(&want, a, 1.5, -0.5, b, &cb, &sb)
		if got != want {
			t.Fatalf("affinities in %d columns: %v, want %v", d, got, want)
		}

		var x, y [2 * width]float64
		var xB, yB panel
		for i := range x {
			x[i], y[i] = r.NormFloat64(), r.NormFloat64()
		}
		for i := range xB {
			xB[i], yB[i] = r.NormFloat64(), r.NormFloat64()
		}
		y2, yB2 := y, yB
		multiplyAVX2(&got, &want, &x, &y, &xB, &yB)
		multiplyGo(&got, &want, &x, &y2, &xB, &yB2)
		if y != y2 || yB != yB2 {
			t.Fatal("products differ")
		}
	}
}

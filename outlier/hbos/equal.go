package hbos

// Values of a column have places: 2b is the lower border of bin b, 2b+1 is
// the rest of it, and after those of all bins comes the place of what no bin
// holds. PyOD counts a border to the bin above it and scores it by the bin
// below.

// lanes is how many sums count keeps for each place. Rows take turns: adding
// to a number that has just been written takes longer than all the rest.
const lanes = 4

// place sets dst to the places of values in equal-width bins. A value outside
// the range, but within reach widths of the outermost bin, is in that bin.
func (h *histogram) place(dst []int32, v []float64, stride int) {
	bounds, perUnit := h.bounds, h.perUnit
	end := len(bounds) - 1
	first, last := bounds[0].low, bounds[end].high
	for i, at := 0, 0; i < len(dst); i, at = i+1, at+stride {
		x := v[at]
		if !(x >= first && x <= last) {
			dst[i] = int32(h.outside(x))
			continue
		}
		b := min(int((x-first)*perUnit), end)
		for x < bounds[b].low { // rounding can be off by one
			b--
		}
		for x >= bounds[b].high && b < end {
			b++
		}
		p := 2*b + 1
		if x == bounds[b].low {
			p--
		}
		dst[i] = int32(p)
	}
}

// outside returns the place of a value that is not in the range.
func (h *histogram) outside(x float64) int {
	end := len(h.bounds) - 1
	lowest, highest := h.bounds[0], h.bounds[end]
	switch {
	case x < lowest.low && lowest.low-x <= (lowest.high-lowest.low)*h.reach:
		return 0
	case x > highest.high && x-highest.high <= (highest.high-highest.low)*h.reach:
		return 2*end + 1
	}
	return 2*end + 2
}

// counted fills in the samples of the bins and how many of them each scores,
// from the sum of each place.
func (h *histogram) counted(sums []float64, mode Mode) {
	for b := range h.samples {
		border, rest := sums[2*b], sums[2*b+1]
		h.samples[b] = border + rest
		h.scored[b] += rest
		if mode == PyOD && b > 0 {
			h.scored[b-1] += border
		} else {
			h.scored[b] += border
		}
	}
}

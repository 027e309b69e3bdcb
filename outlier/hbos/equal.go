package hbos

// count adds values of weights w (nil for 1 each) to equal-width bins, from
// the lowest border up: samples[b] gets those of bin b, a border belonging to
// the upper bin, and borders[b] those of them that lie on the bin's lower
// border, but for the first. All values are in the range.
func (h *histogram) count(samples, borders []float64, v []float64, stride int, w []float64) {
	low, high := h.low, h.high[:len(h.low)]
	samples, borders = samples[:len(low)], borders[:len(low)]
	first, perUnit, last := low[0], h.perUnit, len(low)-1
	one := 1.0
	for i, at := 0, 0; at < len(v); i, at = i+1, at+stride {
		x := v[at]
		b := min(int((x-first)*perUnit), last)
		for b > 0 && x < low[b] { // rounding can be off by one
			b--
		}
		for b < last && x >= high[b] {
			b++
		}
		if w != nil {
			one = w[i]
		}
		samples[b] += one
		if x == low[b] && b > 0 {
			borders[b] += one
		}
	}
}

// equalShares sets dst to the shares of values in equal-width bins. A value
// outside the range counts as unseen, but in PyOD's mode within tol widths of
// the outermost bin. There a border belongs to the lower bin, too.
func (h *histogram) equalShares(dst, v []float64, stride int, pyod bool, tol float64) {
	low, high, share := h.low, h.high[:len(h.low)], h.share[:len(h.low)]
	first, perUnit, last := low[0], h.perUnit, len(low)-1
	end := high[last]
	for i, at := 0, 0; i < len(dst) && at < len(v); i, at = i+1, at+stride {
		x := v[at]
		switch {
		case !(x >= first):
			dst[i] = h.unseen
			if pyod && first-x <= (high[0]-first)*tol {
				dst[i] = share[0]
			}
			continue
		case x > end:
			dst[i] = h.unseen
			if pyod && x-end <= (end-low[last])*tol {
				dst[i] = share[last]
			}
			continue
		}
		b := min(int((x-first)*perUnit), last)
		for b > 0 && x < low[b] {
			b--
		}
		for b < last && x >= high[b] {
			b++
		}
		if pyod && x == low[b] && b > 0 {
			b--
		}
		dst[i] = share[b]
	}
}

package hbos

import "toolkit/features"

// A placer finds the places of the values of a matrix.
type placer struct {
	hists []*histogram
	mode  Mode
	bars  [][]int32 // of columns of categories, the place of each
}

func newPlacer(hists []*histogram, mode Mode, x *features.Matrix) *placer {
	p := &placer{hists, mode, make([][]int32, len(hists))}
	for j, h := range hists {
		if names := x.CategoriesOf(j); names != nil {
			p.bars[j] = h.barOf(names)
		}
	}
	return p
}

// place sets dst to the places of values of column j.
func (p *placer) place(j int, dst []int32, v []float64, stride int) {
	switch h := p.hists[j]; {
	case p.bars[j] != nil:
		for i := range dst {
			dst[i] = p.bars[j][int(v[i*stride])]
		}
	case p.mode == Dynamic:
		h.placeInGaps(dst, v, stride)
	default:
		h.place(dst, v, stride)
	}
}

// mostPlaces is how many places a column may have for those of its values to be
// kept.
const mostPlaces = 1 << 16

// newPlaces returns room for the places of all values, column by column, in 2
// bytes each, so that they take less time to write and to read than to be found
// twice; nil if a column has too many.
func newPlaces(hists []*histogram, n int) []uint16 {
	for _, h := range hists {
		if 2*len(h.low)+1 > mostPlaces {
			return nil
		}
	}
	return make([]uint16, n*len(hists))
}

// look sets shares to those of places.
func look[P uint16 | int32](h *histogram, shares []float64, places []P) {
	of := h.shareAt
	for i, p := range places {
		shares[i] = of[p]
	}
}

// count adds the weights w (nil for 1 each) of values to the lanes of their
// places.
func count(sums []float64, places []int32, w []float64) {
	one := 1.0
	for i, p := range places {
		if w != nil {
			one = w[i]
		}
		sums[int(p)*lanes+i&(lanes-1)] += one
	}
}

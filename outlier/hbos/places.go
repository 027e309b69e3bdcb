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

// places are those of the first value of each run, block by block and in a block
// column by column, in a byte each, so that they take less time to write and to
// read than to be found twice.
type places struct {
	of []uint8
	runs
	columns int
}

// mostPlaces is how many places a column may have for those of its values to be
// kept.
const mostPlaces = 1 << 8

// newPlaces returns room for the places of the rows of x, nil if a column has too
// many.
func newPlaces(hists []*histogram, x *features.Matrix, of runs) *places {
	for _, h := range hists {
		if 2*len(h.low)+1 > mostPlaces {
			return nil
		}
	}
	n, d := x.Dims()
	return &places{make([]uint8, n*d), of, d}
}

// column returns the places of column j in a block of n runs from row lo on.
func (p *places) column(lo, n, j int) []uint8 {
	from := lo*p.columns + j*n
	return p.of[from : from+n]
}

// look sets shares to those of places.
func look[P uint8 | int32](h *histogram, shares []float64, places []P) {
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

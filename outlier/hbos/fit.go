package hbos

import (
	"context"
	"fmt"
	"math"

	"toolkit/algo"
	"toolkit/features"
)

// histograms makes the histogram of each column of x. Where bins are of equal
// width it returns each value's place too, if that can be kept.
func (h *HBOS) histograms(ctx context.Context, x *features.Matrix, env algo.Env) (hists []*histogram, places *places, warnings []error, err error) {
	_, d := x.Dims()
	of := newRuns(x)
	lo, hi, err := ranges(ctx, x, of, env.NumWorkers())
	if err != nil {
		return nil, nil, nil, err
	}
	env.Step(1, 3)
	if hists, err = barsOf(ctx, x, env.NumWorkers()); err != nil {
		return nil, nil, nil, err
	}
	if h.Mode == Dynamic {
		err := algo.Each(ctx, env.NumWorkers(), d, func(j int) {
			p, k := points(x, j), int(h.Bins)
			if hists[j] != nil {
				hists[j].fill(p, x.CategoriesOf(j))
				return
			}
			if h.Bins == Auto {
				k = contentBins(p)
			}
			hists[j] = equalContent(p, k)
		})
		return hists, nil, nil, err
	}

	k, err := h.numBins(ctx, x, env.NumWorkers())
	if err != nil {
		return nil, nil, nil, err
	}
	for j := range d {
		if hists[j] != nil {
			continue
		}
		lo, hi := widen(lo[j], hi[j])
		used := k[j]
		g := equalWidth(lo, hi, used, h.Mode.reach(h.Tol))
		for g == nil {
			used /= 2
			g = equalWidth(lo, hi, used, h.Mode.reach(h.Tol))
		}
		hists[j] = g
		if used < k[j] && h.Bins != Auto {
			warnings = append(warnings, fmt.Errorf("column %s has too narrow a range, %v to %v, for %d bins: it gets %d", x.Names[j], lo, hi, k[j], used))
		}
	}
	if places, err = countAll(ctx, x, of, hists, h.Mode, env.NumWorkers()); err != nil {
		return nil, nil, nil, err
	}
	for _, g := range hists {
		g.equalWidthShares(h.Mode, h.Alpha)
	}
	return hists, places, warnings, nil
}

// ranges returns the least and the greatest value of each column, and finds the
// runs of x.
func ranges(ctx context.Context, x *features.Matrix, of runs, workers int) (lo, hi []float64, err error) {
	rows, d := x.Dims()
	n := chunks(x, chunkRows)
	lows, highs := make([]float64, n*d), make([]float64, n*d)
	err = algo.Each(ctx, workers, n, func(c int) {
		lows, highs := lows[c*d:(c+1)*d], highs[c*d:(c+1)*d]
		copy(lows, x.X.RawRowView(c*chunkRows))
		copy(highs, lows)
		for lo := c * chunkRows; lo < min((c+1)*chunkRows, rows); lo += blockRows {
			of.find(x, lo)
		}
		of.each(x, c, chunkRows, func(b *block) {
			for j := range d {
				l, h := lows[j], highs[j]
				for v := b.column(j); ; v = v[b.stride:] {
					if v[0] < l {
						l = v[0]
					}
					if v[0] > h {
						h = v[0]
					}
					if len(v) == 1 {
						break
					}
				}
				lows[j], highs[j] = l, h
			}
		})
	})
	if err != nil {
		return nil, nil, err
	}
	lo, hi = lows[:d], highs[:d]
	for j := range d {
		for c := range n {
			lo[j], hi[j] = min(lo[j], lows[c*d+j]), max(hi[j], highs[c*d+j])
		}
		lo[j], hi[j] = lo[j]+0, hi[j]+0 // makes -0 a 0
		if math.IsInf(hi[j]-lo[j], 0) {
			return nil, nil, fmt.Errorf("column %s: %v to %v is too wide a range for a histogram: scale the column or leave it out", x.Names[j], lo[j], hi[j])
		}
	}
	return lo, hi, nil
}

// numBins returns the number of equal-width bins of each column.
func (h *HBOS) numBins(ctx context.Context, x *features.Matrix, workers int) ([]int, error) {
	_, d := x.Dims()
	k := make([]int, d)
	if h.Bins != Auto {
		for j := range k {
			k[j] = int(h.Bins)
		}
		return k, nil
	}
	err := algo.Each(ctx, workers, d, func(j int) {
		if x.CategoriesOf(j) != nil {
			return
		}
		k[j], _ = regularBins(ctx, points(x, j)) // its only error is ctx's, which each returns
	})
	return k, err
}

// countAll fills in the samples of bars and of equal-width bins, and returns the
// places of the values, nil if they can't be kept. Values that are in no bin are
// not counted.
func countAll(ctx context.Context, x *features.Matrix, of runs, hists []*histogram, mode Mode, workers int) (*places, error) {
	p, places := newPlacer(hists, mode, x), newPlaces(hists, x, of)
	first := make([]int, len(hists)+1) // column j has the places from first[j] to first[j+1]-1 of all
	for j, h := range hists {
		first[j+1] = first[j] + 2*len(h.low) + 1
	}
	size := lanes * first[len(hists)]                              // of the sums of a chunk
	rows := max(chunkRows, (size+blockRows-1)/blockRows*blockRows) // so that they take no more than 8 bytes a row
	n := chunks(x, rows)
	sums := make([]float64, n*size)
	err := algo.Each(ctx, workers, n, func(c int) {
		var found [blockRows]int32
		of.each(x, c, rows, func(b *block) {
			for j := range hists {
				at := found[:b.n]
				p.place(j, at, b.column(j), b.stride)
				if places != nil {
					kept := places.column(b.lo, b.n, j)
					for k, p := range at {
						kept[k] = uint8(p)
					}
				}
				count(sums[c*size+lanes*first[j]:c*size+lanes*first[j+1]], at, b.weight)
			}
		})
	})
	if err != nil {
		return nil, err
	}
	all := make([]float64, first[len(hists)])
	for i, s := range sums {
		all[i%size/lanes] += s
	}
	for j, h := range hists {
		h.counted(all[first[j]:first[j+1]], mode)
	}
	return places, nil
}

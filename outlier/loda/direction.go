package loda

import (
	"context"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/features"
)

// A direction is some of the columns, ascending, and what each is weighed by.
type direction struct {
	columns []int
	weights []float64
}

// columnsOf returns how many of d columns a direction has.
func columnsOf(d int) int { return int(math.Sqrt(float64(d))) }

// draw returns k directions in d columns.
func draw(env algo.Env, k, d int) []direction {
	dirs := make([]direction, k)
	for p := range dirs {
		r := env.Rand("loda", p)
		dirs[p].columns = slices.Clone(r.Perm(d)[:columnsOf(d)])
		slices.Sort(dirs[p].columns)
		for range dirs[p].columns {
			dirs[p].weights = append(dirs[p].weights, r.NormFloat64())
		}
	}
	return dirs
}

// blockRows is how many rows are projected at a time: few enough to stay in
// the cache from one direction to the next.
const blockRows = 256

// project sets dst to where the rows from lo on lie on the direction.
func (d *direction) project(dst []float64, x *features.Matrix, lo int) {
	raw := x.X.RawMatrix()
	for k, j := range d.columns {
		w, at := d.weights[k], lo*raw.Stride+j
		if k == 0 {
			for i := range dst {
				dst[i] = w * raw.Data[at]
				at += raw.Stride
			}
			continue
		}
		for i := range dst {
			dst[i] += float64(w * raw.Data[at]) // rounded on all machines: no fused multiply-add
			at += raw.Stride
		}
	}
}

// chunkRows returns how many rows a worker takes at a time. What is summed is
// summed by chunk and then in the order of the chunks, so that sums don't
// depend on the number of workers; and sums take no more than 8 bytes a row.
func chunkRows(sums int) int { return max(1<<13, sums) }

// each calls f for each direction of each block of each chunk of rows: v is
// where the rows from lo on lie. All calls of a chunk are from one goroutine.
func (m *Model) each(ctx context.Context, x *features.Matrix, rows, workers int, f func(chunk, p, lo int, v []float64)) error {
	n, _ := x.Dims()
	return algo.Each(ctx, workers, (n+rows-1)/rows, func(c int) {
		buf := make([]float64, blockRows)
		for lo, end := c*rows, min((c+1)*rows, n); lo < end; lo += blockRows {
			v := buf[:min(blockRows, end-lo)]
			for p := range m.directions {
				m.directions[p].project(v, x, lo)
				f(c, p, lo, v)
			}
		}
	})
}

// ranges returns the least and the greatest value on each direction.
func (m *Model) ranges(ctx context.Context, x *features.Matrix, workers int) (lo, hi []float64, err error) {
	n, _ := x.Dims()
	k := len(m.directions)
	rows := chunkRows(2 * k)
	chunks := (n + rows - 1) / rows
	lows, highs := make([]float64, k*chunks), make([]float64, k*chunks)
	err = m.each(ctx, x, rows, workers, func(c, p, first int, v []float64) {
		at := c*k + p
		if first == c*rows {
			lows[at], highs[at] = v[0], v[0]
		}
		l, h := lows[at], highs[at]
		for _, u := range v {
			if u < l {
				l = u
			}
			if u > h {
				h = u
			}
		}
		lows[at], highs[at] = l, h
	})
	if err != nil {
		return nil, nil, err
	}
	lo, hi = lows[:k], highs[:k]
	for at := k; at < len(lows); at++ {
		lo[at%k], hi[at%k] = min(lo[at%k], lows[at]), max(hi[at%k], highs[at])
	}
	return lo, hi, nil
}

// counted returns the histograms with the rows of x added.
func (m *Model) counted(ctx context.Context, x *features.Matrix, hists []*histogram, workers int) ([]*histogram, error) {
	n, _ := x.Dims()
	bins := hists[0].bins()
	size := bins * len(hists)
	rows := chunkRows(size)
	chunks := (n + rows - 1) / rows
	sums := make([]float64, size*chunks)
	beyond := make([][]strays, chunks) // what no bin of the first rows holds
	err := m.each(ctx, x, rows, workers, func(c, p, lo int, v []float64) {
		h, sum := hists[p], sums[c*size+p*bins:c*size+(p+1)*bins]
		for i, u := range v {
			if u >= h.low && u <= h.high {
				sum[h.within(u)] += x.W(lo + i)
			} else {
				beyond[c] = append(beyond[c], strays{p, h.beyond(u), x.W(lo + i)})
			}
		}
	})
	if err != nil {
		return nil, err
	}
	out := make([]*histogram, len(hists))
	for p, h := range hists {
		out[p] = h.clone()
	}
	for at, s := range sums {
		out[at%size/bins].inside[at%bins] += s
	}
	for _, c := range beyond {
		for _, s := range c {
			out[s.direction].outside[s.bin] += s.samples
		}
	}
	samples := x.Samples()
	for _, h := range out {
		h.samples += samples
		h.derive()
	}
	return out, nil
}

// strays are samples outside the first range of a direction.
type strays struct {
	direction    int
	bin, samples float64
}

// unused returns the names of the columns that are in no direction.
func (m *Model) unused() []string {
	used := make([]bool, len(m.names))
	for _, d := range m.directions {
		for _, j := range d.columns {
			used[j] = true
		}
	}
	var names []string
	for j, name := range m.names {
		if !used[j] {
			names = append(names, name)
		}
	}
	return names
}

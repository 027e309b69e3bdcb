package evaluate

import (
	"context"
	"math"

	"toolkit/algo"
	"toolkit/features"
)

const (
	lanes = 8  // rows whose distances to a row are worked out together
	tile  = 64 // rows that a worker takes at a time
)

// Silhouettes returns the silhouette of each row (Rousseeuw 1987): (b−a) /
// max(a, b), a being the mean distance to the other samples of its cluster, b
// to those of the cluster for which that is least; 0 for a cluster of one
// sample and where all distances are 0. A row of weight w is w samples, at the
// distance 0 of each other. Rows of labels below 0, noise, have NaN and count
// for no other row. All are NaN if there are fewer than two clusters.
//
// Each distinct row is compared with each: O(u²·d) time for u of them, about
// 4 ns a pair of 8 columns, a third of that where the processor has AVX2, and
// O(n·d) memory.
func Silhouettes(ctx context.Context, x *features.Matrix, labels []int32, workers int) ([]float64, error) {
	c := newClustered(x, labels)
	of := make([]float64, len(labels))
	var s []float64
	if len(c.label) > 1 {
		var err error
		if s, err = c.silhouettes(ctx, workers); err != nil {
			return nil, err
		}
	}
	for i, g := range c.of {
		if of[i] = math.NaN(); g >= 0 && s != nil {
			of[i] = s[g]
		}
	}
	return of, nil
}

// silhouettes returns the silhouette of each distinct row.
func (c *clustered) silhouettes(ctx context.Context, workers int) ([]float64, error) {
	u := len(c.weight)
	s := make([]float64, u)
	err := algo.Each(ctx, workers, (u+tile-1)/tile, func(t int) {
		q := make([][lanes]float64, c.d)
		for lo := t * tile; lo < min((t+1)*tile, u); lo += lanes {
			for i := range lanes {
				for j, v := range c.row(min(lo+i, u-1)) { // the last once more where there are too few
					q[j][i] = v
				}
			}
			var inside, own, beside [lanes]float64 // mean distance to the own cluster, its samples; mean distance to the nearest other one
			for i := range beside {
				beside[i] = math.Inf(1)
			}
			for k, samples := range c.samples {
				from, to := c.cluster(k)
				for i, sum := range distances(q, c.rows[from*c.d:to*c.d], c.weight[from:to]) {
					switch g := lo + i; {
					case g >= from && g < to:
						own[i] = samples
						inside[i] = sum / (samples - 1)
					default:
						beside[i] = min(beside[i], sum/samples)
					}
				}
			}
			for i := lo; i < min(lo+lanes, u); i++ {
				s[i] = silhouette(inside[i-lo], beside[i-lo], own[i-lo])
			}
		}
	})
	return s, err
}

// silhouette is 0 where a cluster is one sample, or all distances are 0.
func silhouette(inside, beside, own float64) float64 {
	if most := max(inside, beside); own > 1 && most > 0 {
		return (beside - inside) / most
	}
	return 0
}

// distances returns for each of the lanes of q, which has them column by column,
// the sum of the distances to rows, each times its weight.
func distances(q [][lanes]float64, rows, weight []float64) (sum [lanes]float64) {
	if fast && len(weight) > 0 && len(q) > 0 {
		distancesAVX2(&q[0], &rows[0], &weight[0], len(weight), len(q), &sum)
		return sum
	}
	return distancesGo(q, rows, weight)
}

func distancesGo(q [][lanes]float64, rows, weight []float64) (sum [lanes]float64) {
	for _, w := range weight {
		row := rows[:len(q)]
		for half := 0; half < lanes; half += 4 {
			var s0, s1, s2, s3 float64
			for j, v := range row {
				l := (*[4]float64)(q[j][half:])
				v0, v1, v2, v3 := l[0]-v, l[1]-v, l[2]-v, l[3]-v
				s0 += float64(v0 * v0)
				s1 += float64(v1 * v1)
				s2 += float64(v2 * v2)
				s3 += float64(v3 * v3)
			}
			to := (*[4]float64)(sum[half:])
			to[0] += float64(w * math.Sqrt(s0))
			to[1] += float64(w * math.Sqrt(s1))
			to[2] += float64(w * math.Sqrt(s2))
			to[3] += float64(w * math.Sqrt(s3))
		}
		rows = rows[len(q):]
	}
	return sum
}

// simplified returns the silhouette of each distinct row with the distances to
// the clusters' centres in place of the mean distances (Hruschka, de Castro,
// Campello 2004).
func (c *clustered) simplified(ctx context.Context, centres []float64, workers int) ([]float64, error) {
	s := make([]float64, len(c.weight))
	err := algo.Each(ctx, workers, (len(s)+tile-1)/tile, func(t int) {
		for g := t * tile; g < min((t+1)*tile, len(s)); g++ {
			var inside, own float64
			beside := math.Inf(1)
			for k := range c.label {
				dist := math.Sqrt(squareDistance(c.row(g), centres[k*c.d:(k+1)*c.d]))
				if from, to := c.cluster(k); g >= from && g < to {
					inside, own = dist, c.samples[k]
				} else {
					beside = min(beside, dist)
				}
			}
			s[g] = silhouette(inside, beside, own)
		}
	})
	return s, err
}

func squareDistance(a, b []float64) (s float64) {
	for j, v := range a {
		v -= b[j]
		s += float64(v * v)
	}
	return s
}

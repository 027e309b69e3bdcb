package tail

import (
	"math"
	"slices"

	"toolkit/features"
)

// A column is the tails of one column at its distinct values, ascending.
type column struct {
	values []float64
	left   []float64 // samples at the value or below
	right  []float64 // samples at the value or above
	skew   int       // sign of the skewness

	// What derive works out.
	share     []float64 // of the value
	least     float64   // of the shares
	low, high float64   // the values between which neither tail is below ordinary
}

// ordinary is how much of the samples a tail holds at least at an ordinary
// value.
const ordinary = 0.05

// gather returns the column of those values, ascending, of rows of the
// weights of x.
func gather(order []keyed, x *features.Matrix) *column {
	distinct := 1
	for i := 1; i < len(order); i++ {
		if order[i].key != order[i-1].key {
			distinct++
		}
	}
	part := make([]float64, 4*distinct)
	c := &column{
		values: part[:distinct:distinct], left: part[distinct : 2*distinct : 2*distinct],
		right: part[2*distinct : 3*distinct : 3*distinct], share: part[3*distinct:],
	}
	samples := c.left
	for i, k := 0, -1; i < len(order); i++ {
		if i == 0 || order[i].key != order[i-1].key {
			k++
			c.values[k] = order[i].value()
		}
		samples[k] += x.W(int(order[i].row))
	}
	var above, below float64
	for k := len(samples) - 1; k >= 0; k-- {
		above += samples[k]
		c.right[k] = above
	}
	c.skew = skewness(c.values, samples, above)
	for k, w := range samples {
		below += w
		c.left[k] = below
	}
	return c
}

// derive fills in what follows from values, tails and skewness.
func (c *column) derive(score Score) {
	last := len(c.values) - 1
	c.low, c.high, c.least = c.values[0], c.values[last], math.Inf(1)
	for k := range c.values {
		l, r := c.left[k]/c.left[last], c.right[k]/c.right[0]
		share := score(l, r, c.skew)
		c.share[k] = share
		if share < c.least {
			c.least = share
		}
		if l < ordinary {
			c.low = c.values[k+1]
		}
		if r >= ordinary {
			c.high = c.values[k]
		}
	}
}

// Unlikely returns how strange it is to be in that part of the samples: −ln.
func Unlikely(part float64) float64 { return 0 - math.Log(part) } // a −0 would be told from 0

// shareOf returns the share of any value.
func (c *column) shareOf(v float64, score Score) float64 {
	k, ok := slices.BinarySearch(c.values, v)
	if ok {
		return c.share[k]
	}
	l, r := c.tails(k)
	return score(l, r, c.skew)
}

// tails returns the tails between values k−1 and k.
func (c *column) tails(k int) (left, right float64) {
	end := len(c.values) - 1
	switch {
	case k == 0:
		one := min(1, c.left[0])
		return one / (c.right[0] + one), 1
	case k > end:
		one := min(1, c.right[end])
		return 1, one / (c.left[end] + one)
	}
	return c.left[k-1] / c.left[end], c.right[k] / c.right[0]
}

// skewness returns the sign of the third central moment of values with as
// many samples each, all of them in total.
func skewness(values, samples []float64, total float64) int {
	n := len(values)
	one := 1 / total
	var half sum // of the mean: neither it nor a difference can overflow
	for k := 0; k < n; {
		var part float64
		for end := min(k+run, n); k < end; k++ {
			part += samples[k] * one * (values[k] / 2)
		}
		half.add(part)
	}
	mean := half.value()
	reach := max(mean-values[0]/2, values[n-1]/2-mean)
	if !(reach > 0) {
		return 0
	}
	perReach := min(1/reach, math.MaxFloat64)
	var cube sum
	var size, square float64
	for k := 0; k < n; {
		var part float64
		for end := min(k+run, n); k < end; k++ {
			u, w := (values[k]/2-mean)*perReach, samples[k]
			part += w * u * u * u
			size += w * math.Abs(u*u*u)
			square += w * u * u
		}
		cube.add(part)
	}
	// A value can be off by half a unit in its last place, which moves its
	// cube by 3·u² times that; and so can the mean, and more by the rounding
	// of sums.
	const eps = 0x1p-52
	far := max(math.Abs(values[0]), math.Abs(values[n-1])) / 2 * perReach
	doubt := run * eps * (size + 3*far*square)
	switch m := cube.value(); {
	case m > doubt:
		return 1
	case m < -doubt:
		return -1
	}
	return 0
}

// run is how many numbers are summed up before what rounding takes from the
// sum is carried.
const run = 16

// A sum carries what rounding takes from it (Neumaier 1974).
type sum struct{ hi, lost float64 }

func (s *sum) add(v float64) {
	t := s.hi + v
	if math.Abs(s.hi) >= math.Abs(v) {
		s.lost += (s.hi - t) + v
	} else {
		s.lost += (v - t) + s.hi
	}
	s.hi = t
}

func (s *sum) value() float64 { return s.hi + s.lost }

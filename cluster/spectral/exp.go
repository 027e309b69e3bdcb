package spectral

import "math"

// floor is the least exponent of which exp is worked out: below it the result
// is 0, where math.Exp would go on to numbers of less than full precision.
const floor = -708

// vanish is the exponent beyond which e^-x rounds to 0 in float64: such rows
// have no affinity at all.
const vanish = 745.1332191019412

// Constants of expNeg. ln 2 is split in two, so that k·ln2Hi is exact.
const (
	log2e = 1.44269504088896338700e+00
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10
	magic = 1.5 * (1 << 52) // added to a number, leaves it rounded in the lowest bits
)

// taylor are 1/13!, 1/12!, … 1/0!. On ±ln2/2 what is left out is below 2^-57.
var taylor = [14]float64{
	1. / 6227020800, 1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320, 1. / 5040,
	1. / 720, 1. / 120, 1. / 24, 1. / 6, 1. / 2, 1, 1,
}

// expNeg returns e^x to about one unit in the last place for x up to 1, and 0
// for x below floor. It is math.Exp for a stretch of numbers at once: each
// operation is one that processors have for vectors.
func expNeg(x float64) float64 {
	if x < floor {
		return 0
	}
	t := math.FMA(x, log2e, magic)
	k := t - magic
	r := math.FMA(-k, ln2Lo, math.FMA(-k, ln2Hi, x))
	p := taylor[0]
	for _, c := range taylor[1:] {
		p = math.FMA(p, r, c)
	}
	return math.Float64frombits(math.Float64bits(p) + math.Float64bits(t)<<52)
}

package pca

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// rounding is the share of the largest variance below which another is taken
// for what rounding has left of none.
const rounding = 1e-12

// real returns how many of the kept components have a variance that is not
// rounding: those count in t2, and have a coordinate when it is whitened.
func (m *model) real() int {
	n := 0
	for n < m.kept && m.variance[n] > rounding*m.variance[0] {
		n++
	}
	return n
}

// setLimits sets the limits of q and t2. The variances are those of the
// components that are not kept.
func (m *model) setLimits(variances []float64) {
	// What rounding leaves of rows in the plane is not above the limit.
	m.limitQ = max(limitQ(variances, m.method.Alpha), rounding*rounding*m.total)
	m.limitT2 = limitT2(m.weight, m.real(), m.method.Alpha)
}

// limitQ returns what the squared distance to the plane of the kept
// components exceeds with probability alpha, for a normal distribution of the
// given variances square to the plane (Jackson & Mudholkar 1979). Their h0 is
// not above 0 where one variance is much larger than many others; there it is
// the quantile of the multiple of a chi-squared distribution that has the same
// mean and variance (Box 1954).
func limitQ(variances []float64, alpha float64) float64 {
	var largest float64
	for _, v := range variances {
		largest = max(largest, v)
	}
	if largest == 0 {
		return 0
	}
	var phi1, phi2, phi3 float64 // of shares of the largest, whose cubes are finite
	for _, v := range variances {
		v /= largest
		phi1 += v
		phi2 += v * v
		phi3 += v * v * v
	}
	h0 := 1 - 2*phi1*phi3/(3*phi2*phi2)
	c := distuv.UnitNormal.Quantile(1 - alpha)
	root := 1 + c*math.Sqrt(2*phi2)*h0/phi1 + phi2*h0*(h0-1)/(phi1*phi1)
	if h0 <= 0 || root <= 0 {
		return largest * phi2 / phi1 * distuv.ChiSquared{K: phi1 * phi1 / phi2}.Quantile(1-alpha)
	}
	return largest * phi1 * math.Pow(root, 1/h0)
}

// limitT2 returns what T² of p components exceeds with probability alpha, for
// a row that is not among the n samples learned from (Tracy, Young & Mason
// 1992). It is NaN if there are no components, or not more samples than these.
func limitT2(n float64, p int, alpha float64) float64 {
	a := float64(p)
	if p == 0 || n <= a {
		return math.NaN()
	}
	return a * (n - 1) / n * (n + 1) / (n - a) * distuv.F{D1: a, D2: n - a}.Quantile(1-alpha)
}

// Package bound says how unlikely counts are: detectors choose their
// thresholds by false-alarm probabilities instead of by trying.
package bound

import "math"

// Binomial returns Chernoff's bound of ln P(X ≥ k) for X of n trials with
// probability p each (Hoeffding 1963, theorem 1): −n·KL(k/n ‖ p), and 0 where
// k/n ≤ p. P is never above it, and less than 8·√n times below.
func Binomial(n, k int64, p float64) float64 {
	if n <= 0 || p <= 0 || p >= 1 || float64(k) <= float64(n)*p {
		return 0
	}
	x := min(1, float64(k)/float64(n))
	kl := x * math.Log(x/p)
	if x < 1 {
		kl += (1 - x) * math.Log((1-x)/(1-p))
	}
	return -float64(n) * kl
}

// Share returns the largest share of n trials that is still as likely as
// e^level (level < 0): what Binomial calls ordinary. It is found by bisection.
func Share(n int64, p, level float64) float64 {
	low, high := p, 1.0
	for range 40 {
		mid := (low + high) / 2
		kl := mid*math.Log(mid/p) + (1-mid)*math.Log((1-mid)/(1-p))
		if -float64(n)*kl > level {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

package ensemble

import "math"

// mixtureSteps is after how many steps of EM the mixture is as good as it
// gets; it stops earlier when the likelihood grows by less than a millionth.
const mixtureSteps = 200

// Mixture gives a score the posterior probability of being anomalous, with
// ordinary scores exponentially and anomalous ones normally distributed, both
// fitted by expectation maximisation. Beyond the mean of the anomalous it does
// not fall again.
//
// Gao, Tan: Converting output scores from outlier detection algorithms into
// probability estimates. ICDM 2006.
func Mixture(scores []float64) Calibration {
	sorted := finite(scores)
	n := len(sorted)
	mean, sd := moments(sorted)
	if n < 4 || !(sd > 0) {
		return constant(0)
	}
	low := bound(sorted[0])
	// Begin with the highest twentieth as the anomalous.
	top := sorted[n-max(2, n/20):]
	m := mixture{low: low, share: float64(len(top)) / float64(n), rate: 1 / max(mean-low, 1e-300)}
	m.mean, m.sd = moments(top)
	floor := sd * 1e-3 // a normal of no width would take one point for itself
	m.sd = max(m.sd, floor)
	// Rows of a table give all their records the same score: each is taken once.
	var values, count []float64
	for _, s := range sorted {
		if s = bound(s); len(values) == 0 || s != values[len(values)-1] {
			values, count = append(values, s), append(count, 0)
		}
		count[len(count)-1]++
	}
	anomalous := make([]float64, len(values)) // how many of each
	last := math.Inf(-1)
	for range mixtureSteps {
		var likelihood, in, sum, out, rest float64
		for k, s := range values {
			p, l := m.posterior(s)
			a := p * count[k]
			anomalous[k] = a
			likelihood += l * count[k]
			in += a
			sum += a * s
			out += count[k] - a
			rest += (count[k] - a) * (s - low)
		}
		if in < 1e-9*float64(n) || out < 1e-9*float64(n) || rest <= 0 {
			break
		}
		mu, square := sum/in, 0.0
		for k, s := range values {
			square += anomalous[k] * (s - mu) * (s - mu)
		}
		m = mixture{low: low, share: in / float64(n), rate: out / rest, mean: mu, sd: max(math.Sqrt(square/in), floor)}
		if likelihood-last < 1e-6*math.Abs(likelihood) {
			break
		}
		last = likelihood
	}
	// The posterior of a normal against an exponential falls again on both
	// sides; a calibration must not.
	knots := make([]float64, 0, 257)
	span := max(m.mean+8*m.sd, bound(sorted[n-1])) - low
	highest := 0.0
	for i := range 257 {
		p, _ := m.posterior(low + span*float64(i)/256)
		highest = max(highest, p)
		knots = append(knots, highest)
	}
	return func(s float64) float64 {
		if math.IsNaN(s) {
			return s
		}
		at := max(0, min(256, (bound(s)-low)/span*256))
		i := min(int(at), 255)
		return knots[i] + (knots[i+1]-knots[i])*(at-float64(i))
	}
}

// A mixture is an exponential distribution from low on and a normal one.
type mixture struct {
	low, rate       float64
	share, mean, sd float64 // of the normal
}

// posterior returns the probability that s is of the normal, and the logarithm
// of its density.
func (m *mixture) posterior(s float64) (p, logDensity float64) {
	z := (s - m.mean) / m.sd
	a := math.Log(m.share) - z*z/2 - math.Log(m.sd*math.Sqrt(2*math.Pi))
	b := math.Log(1-m.share) + math.Log(m.rate) - m.rate*(s-m.low)
	top := max(a, b)
	sum := math.Exp(a-top) + math.Exp(b-top)
	return math.Exp(a-top) / sum, top + math.Log(sum)
}

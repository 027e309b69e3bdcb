package ensemble

import "math"

// A Method is what one method says of each record.
type Method struct {
	Name string

	// Claim says that the method speaks up by a rule of its own and says
	// nothing of other records, as detectors do. Others give every record a
	// score, of which there is always a highest: that alone is no finding.
	Claim bool

	P []float32 // probability of each record in 0…1; NaN where it could not judge. Of a claim, 1 or 0 until NewTrust has weighed it
}

// certain is the highest probability that is combined: of 1 no evidence could
// take anything away.
const certain = 1 - 1e-6

// Unify returns the probabilities of scores by a calibration.
func Unify(name string, scores []float64, c Calibration) Method {
	m := Method{Name: name, P: make([]float32, len(scores))}
	for i, s := range scores {
		m.P[i] = float32(c(s))
	}
	return m
}

// evidence is what a probability adds to a noisy-or: −ln(1−p).
func evidence(p float64) float64 { return -math.Log1p(-min(p, certain)) }

// probability is the inverse of evidence.
func probability(e float64) float64 { return -math.Expm1(-e) }

// Context moves the evidence of each record towards the mean of its pair of
// addresses, by that share: a record is judged by the company it keeps too.
// Pairs are numbers from 0. It changes m in place.
func (m *Method) Context(pair []int32, share float64) {
	if share == 0 {
		return
	}
	var sum, n []float64
	for i, p := range m.P {
		if p != p {
			continue
		}
		for int(pair[i]) >= len(sum) {
			sum, n = append(sum, 0), append(n, 0)
		}
		sum[pair[i]] += evidence(float64(p))
		n[pair[i]]++
	}
	for i, p := range m.P {
		if p == p {
			k := pair[i]
			m.P[i] = float32(probability((1-share)*evidence(float64(p)) + share*sum[k]/n[k]))
		}
	}
}

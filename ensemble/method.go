package ensemble

import "math"

// A Method is what one method says of each record.
type Method struct {
	Name string

	// Claim says that the method speaks up by a rule of its own and says
	// nothing of other records, as detectors do. Others give every record a
	// score, of which there is always a highest: that alone is no finding.
	Claim bool

	P []float32 // probability of each record in 0…1; NaN where it could not judge
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

// recordsPart is how much less it says against a detector that it flags many
// records than that it accuses many sources.
const recordsPart = 1. / 3

// Claimed returns the probabilities of records that are flagged or not: 0 for
// those that are not, for others 1 less the share of all sources that have a
// flagged record, or a third of the share of all records that are flagged if
// that is larger. What accuses half of all hosts says little of one; a flood of
// many records by one host is still the finding of one, unless it is half of
// all that is seen. The scores of alerts have no part in it: they are in units
// of their detectors, and tell how much there is of something more than how
// sure it is.
//
// Source is the number of each record's source address, from 0.
func Claimed(name string, flagged []bool, source []int32) Method {
	all, accused := map[int32]bool{}, map[int32]bool{}
	records := 0
	for i, f := range flagged {
		all[source[i]] = true
		if f {
			accused[source[i]] = true
			records++
		}
	}
	m := Method{Name: name, Claim: true, P: make([]float32, len(flagged))}
	if records == 0 {
		return m
	}
	share := max(float64(len(accused))/float64(len(all)), recordsPart*float64(records)/float64(len(flagged)))
	p := float32(min(certain, 1-share))
	for i, f := range flagged {
		if f {
			m.P[i] = p
		}
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

package ensemble

import (
	"math"
	"slices"
)

// recordsPart is how much less it says against a detector that it flags many
// records than that it accuses many sources.
const recordsPart = 1. / 3

// Claimed is what a detector says that flags records.
func Claimed(name string, flagged []bool) Method {
	m := Method{Name: name, Claim: true, P: make([]float32, len(flagged))}
	for i, f := range flagged {
		if f {
			m.P[i] = 1
		}
	}
	return m
}

// weigh gives the records that claims flag their probability: 1 less how often
// the claim would be made of a source that is like the others.
//
// That is the share of all sources that have a flagged record, or a third of
// the share of all records that are flagged if that is larger. What accuses
// half of all hosts says little of one; a flood of many records by one host is
// still the finding of one, unless it is most of what is seen. A source counts
// the less the more other claims accuse it, since it is then no false alarm: by
// the product of their shares, each to the power of 1−r², where r is the
// correlation of the two over sources, so that copies of a claim don't confirm
// it. The scores of alerts have no part in it: they are in units of their
// detectors, and tell how much there is of something more than how sure it is.
//
// It takes O(n·m + s·m²) for n records, m claims and s sources.
func weigh(ms []Method, source []int32) {
	sources := int(slices.Max(append([]int32{-1}, source...))) + 1
	seen := make([]bool, sources)
	for _, s := range source {
		seen[s] = true
	}
	var total float64
	for _, s := range seen {
		if s {
			total++
		}
	}
	var of []int // claims that are made of any record
	var accused [][]float64
	var records, share []float64
	for m := range ms {
		if !ms[m].Claim {
			continue
		}
		a, n, k := make([]float64, sources), 0.0, 0.0
		for i, p := range ms[m].P {
			if p == 0 {
				continue
			}
			n++
			if a[source[i]] == 0 {
				a[source[i]] = 1
				k++
			}
		}
		if n == 0 {
			continue
		}
		n /= float64(len(source))
		of, accused, records = append(of, m), append(accused, a), append(records, n)
		share = append(share, min(1, max(k/total, recordsPart*n)))
	}
	for k, m := range of {
		left := make([]float64, sources) // evidence of the others
		for j, a := range accused {
			if j == k {
				continue
			}
			r := max(0, phi(accused[k], a, seen))
			e := -(1 - r*r) * math.Log(share[j])
			for s, is := range a {
				left[s] += e * is
			}
		}
		var mine, all float64
		for s, e := range left {
			if seen[s] {
				u := math.Exp(-e)
				mine += u * accused[k][s]
				all += u
			}
		}
		often := max(mine/all, recordsPart*records[k], 0.5/total)
		p := float32(min(certain, max(0, 1-often)))
		for i, v := range ms[m].P {
			if v != 0 {
				ms[m].P[i] = p
			}
		}
	}
}

// phi is the correlation of two properties of the sources that are seen, 0 if
// all or none have one of them.
func phi(a, b []float64, seen []bool) float64 {
	var n, na, nb, both float64
	for s, is := range seen {
		if is {
			n++
			na, nb, both = na+a[s], nb+b[s], both+a[s]*b[s]
		}
	}
	d := math.Sqrt(na * (n - na) * nb * (n - nb))
	if d == 0 {
		return 0
	}
	return (n*both - na*nb) / d
}

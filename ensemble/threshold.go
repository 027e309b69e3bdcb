package ensemble

import (
	"cmp"
	"math"
	"slices"
)

// Threshold returns the lowest probability t such that, if the probabilities
// are true, at most alpha of the ordinary records have one of at least t: the
// expected number of false alarms, Σ(1−p) over p ≥ t, is at most alpha times
// that of ordinary records, Σ(1−p) over all. It returns what is expected at t
// too. If not even the highest probability meets alpha, t is +Inf and nothing
// is flagged.
func Threshold(p []float64, alpha float64) (t, expected float64) {
	sorted := finite(p)
	slices.Reverse(sorted)
	var ordinary float64
	for _, v := range sorted {
		ordinary += 1 - v
	}
	t = math.Inf(1)
	var alarms float64
	for i := 0; i < len(sorted); {
		j, sum := i, alarms
		for ; j < len(sorted) && sorted[j] == sorted[i]; j++ { // equal ones are flagged together
			sum += 1 - sorted[j]
		}
		if sum > alpha*ordinary {
			break
		}
		t, alarms, i = sorted[i], sum, j
	}
	if ordinary > 0 {
		expected = alarms / ordinary
	}
	return t, expected
}

// learnedThreshold returns the lowest probability of an anomalous record from
// which on at most alpha of the ordinary records are, and which share of them
// is, by labels; +Inf if there is none.
func learnedThreshold(p []float64, anomalous []bool, alpha float64) (t, share float64) {
	order := make([]int, 0, len(p))
	var ordinary float64
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
			ordinary += float64(1 - class(anomalous[i]))
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	t = math.Inf(1)
	var alarms float64
	for i := 0; i < len(order); {
		j, right := i, 0
		for ; j < len(order) && p[order[j]] == p[order[i]]; j++ { // equal ones are flagged together
			right += class(anomalous[order[j]])
		}
		alarms += float64(j - i - right)
		if alarms > alpha*ordinary {
			break
		}
		if right > 0 {
			t, share = p[order[i]], alarms/ordinary
		}
		i = j
	}
	return t, share
}

// Brier returns the mean squared distance of probabilities from labels.
func Brier(p []float64, anomalous []bool) float64 {
	var sum float64
	for i, v := range p {
		if anomalous[i] {
			v = 1 - v
		}
		sum += v * v / float64(len(p))
	}
	return sum
}

// A Bin of a reliability diagram.
type Bin struct {
	Low, High float64
	Records   int64
	Mean      float64 // of the probabilities
	Observed  float64 // share of the records that are anomalous
}

// Reliability returns the bins of a reliability diagram, those without a
// record left out.
func Reliability(p []float64, anomalous []bool, bins int) []Bin {
	all := make([]Bin, bins)
	for i, v := range p {
		if math.IsNaN(v) {
			continue
		}
		b := &all[min(bins-1, int(v*float64(bins)))]
		b.Records++
		b.Mean += v
		if anomalous[i] {
			b.Observed++
		}
	}
	out := all[:0]
	for k, b := range all {
		if b.Records > 0 {
			n := float64(b.Records)
			out = append(out, Bin{float64(k) / float64(bins), float64(k+1) / float64(bins), b.Records, b.Mean / n, b.Observed / n})
		}
	}
	return out
}

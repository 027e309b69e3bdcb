package ensemble

import (
	"cmp"
	"math"
	"slices"
)

// agreeSample is of how many records the agreement of methods is measured at
// the most: the standard error of a correlation is then below 0.4 %.
const agreeSample = 1 << 16

// Correlations returns Spearman's rank correlation of every two methods, on
// the records that both judge: 0 where one of them says the same of all. Of
// more than 65,536 records every k-th is taken. It takes O(m·n·log n + m²·n).
func Correlations(ms []Method) [][]float64 {
	m := len(ms)
	ranks := make([][]float64, m)
	for k := range ms {
		p := ms[k].P
		step := 1 + (len(p)-1)/agreeSample
		var some []float64
		for i := 0; i < len(p); i += step {
			some = append(some, float64(p[i]))
		}
		ranks[k] = midRanks(some)
	}
	out := make([][]float64, m)
	for a := range m {
		out[a] = make([]float64, m)
		out[a][a] = 1
		for b := range a {
			r := pearson(ranks[a], ranks[b])
			out[a][b], out[b][a] = r, r
		}
	}
	return out
}

// midRanks returns the rank of each value, the mean of their ranks for equal
// ones, and NaN for NaN.
func midRanks[T float32 | float64](vs []T) []float64 {
	order := make([]int, 0, len(vs))
	out := make([]float64, len(vs))
	for i, v := range vs {
		out[i] = math.NaN()
		if v == v {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(vs[a], vs[b]) })
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && vs[order[j]] == vs[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			out[order[k]] = float64(i+j-1) / 2
		}
		i = j
	}
	return out
}

func pearson(x, y []float64) float64 {
	var n, mx, my float64
	for i := range x {
		if !math.IsNaN(x[i]) && !math.IsNaN(y[i]) {
			n++
			mx += x[i]
			my += y[i]
		}
	}
	mx, my = mx/n, my/n
	var xx, yy, xy float64
	for i := range x {
		if !math.IsNaN(x[i]) && !math.IsNaN(y[i]) {
			dx, dy := x[i]-mx, y[i]-my
			xx, yy, xy = xx+dx*dx, yy+dy*dy, xy+dx*dy
		}
	}
	if !(xx > 0) || !(yy > 0) {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

// agreement returns the weight of each method that of names: its mean rank
// correlation with the others of them, at least 0, scaled so that weights sum
// to 1; equal weights where no two agree. Methods that find the same are
// likelier right than one that is alone.
func agreement(corr [][]float64, of func(m int) bool) []float64 {
	w := make([]float64, len(corr))
	var n, sum float64
	for a, row := range corr {
		if !of(a) {
			continue
		}
		n++
		for b, r := range row {
			if a != b && of(b) {
				w[a] += r
			}
		}
		w[a] = max(0, w[a])
		sum += w[a]
	}
	for m := range w {
		switch {
		case !of(m):
		case sum > 0:
			w[m] /= sum
		default:
			w[m] = 1 / n
		}
	}
	return w
}

// voiceWeight is what the scores of tables weigh in a noisy-or where something
// is claimed too: enough to order the records of which nothing is claimed.
// docs/detection.md has the measurement.
const voiceWeight = 0.03

// Weights say what each method weighs without labels.
type Weights struct {
	Claims []float64 // of each claim in a noisy-or; 0 for other methods
	Scores []float64 // of each other method in the voice of scores, their mean; they sum to 1
	Voice  float64   // of the voice in a noisy-or
}

// Weigh returns the weights of methods. A claim weighs 1, and less the more
// other claims say the same: 1 divided by the sum of the squares of its rank
// correlations with all claims, itself included, so that of k copies each has
// 1/k. Scores, of which there is always a highest, are one voice: the more a
// score agrees with the others, the more it weighs in their mean. It is as
// Correlations in time.
func Weigh(ms []Method) *Weights {
	corr := Correlations(ms)
	w := &Weights{Claims: make([]float64, len(ms)), Voice: 1}
	w.Scores = agreement(corr, func(m int) bool { return !ms[m].Claim })
	for a, row := range corr {
		if !ms[a].Claim {
			continue
		}
		w.Voice = voiceWeight
		var same float64
		for b, r := range row {
			if ms[b].Claim && r > 0 {
				same += r * r
			}
		}
		w.Claims[a] = 1 / max(1, same)
	}
	return w
}

// voice returns the mean of the scores' probabilities and puts each one's part
// in it into part; those that could not judge have none.
func (w *Weights) voice(p, part []float64) float64 {
	var sum, total float64
	for m, v := range p {
		part[m] = 0
		if w.Scores[m] > 0 && !math.IsNaN(v) {
			part[m] = w.Scores[m] * v
			sum += part[m]
			total += w.Scores[m]
		}
	}
	normalise(part, sum)
	if total == 0 {
		return 0
	}
	return sum / total
}

// groups puts methods that correlate in one group: about the square root of
// their number, by average linkage. The numbers of groups begin at 0.
func groups(ms []Method) []int {
	m := len(ms)
	group := make([]int, m)
	for k := range group {
		group[k] = k
	}
	corr := Correlations(ms)
	want := max(1, int(math.Round(math.Sqrt(float64(m)))))
	for n := m; n > want; n-- {
		bestA, bestB, best := -1, -1, math.Inf(-1)
		for a := range n {
			for b := range a {
				if l := linkage(corr, group, a, b); l > best {
					bestA, bestB, best = a, b, l
				}
			}
		}
		for k, g := range group {
			switch {
			case g == bestA:
				group[k] = bestB
			case g > bestA:
				group[k]--
			}
		}
	}
	return group
}

// linkage returns the mean correlation between two groups.
func linkage(corr [][]float64, group []int, a, b int) float64 {
	var sum, n float64
	for i, gi := range group {
		for j, gj := range group {
			if gi == a && gj == b {
				sum += corr[i][j]
				n++
			}
		}
	}
	return sum / n
}

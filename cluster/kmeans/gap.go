package kmeans

import (
	"context"
	"fmt"
	"math"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// The gap statistic compares the data with references in which there are no
// clusters.
const (
	references       = 10
	referenceSamples = 4000 // at most, of each; inertia is compared by sample
)

// gap takes the k by the gap statistic (Tibshirani, Walther, Hastie 2001): the
// first whose gap is at least that of the next less its standard error.
func (m *Method) gap(ctx context.Context, a *data, c *curve, env algo.Env) error {
	logs, err := m.referenceLogs(ctx, a, c.span(), env)
	if err != nil {
		return err
	}
	gaps := criterion{name: "gap", doc: fmt.Sprintf("Mean over %d uniform references of the logarithm of the inertia by sample, less that of the rows.", references)}
	errors := criterion{name: "gap_error", doc: "Standard error of the gap, by the spread of the references."}
	for i, f := range c.fits {
		var mean, sq float64
		for _, l := range logs {
			mean += l[i] / references
		}
		for _, l := range logs {
			sq += (l[i] - mean) * (l[i] - mean) / references
		}
		gap := math.Inf(1) // nothing is left to be explained
		if f.inertia > 0 {
			gap = mean - math.Log(f.inertia/a.total)
		}
		gaps.values = append(gaps.values, gap)
		errors.values = append(errors.values, math.Sqrt(sq*(1+1./references)))
	}
	c.criteria = []criterion{gaps, errors}
	var ok bool
	if c.chosen, ok = firstGap(gaps.values, errors.values); !ok {
		c.warning = fmt.Errorf("gap statistic: it still grows at the end of k = %v, so the k of the greatest is taken: raise the greatest --k", c.span())
	}
	return nil
}

// firstGap returns the index of the first gap that the next doesn't exceed by
// more than its error; without one, ok is false and the index that of the
// greatest gap. Gaps are +Inf where nothing is left to be explained.
func firstGap(gaps, errors []float64) (at int, ok bool) {
	for i := range gaps {
		if math.IsInf(gaps[i], 1) || i+1 < len(gaps) && gaps[i] >= gaps[i+1]-errors[i+1] {
			return i, true
		}
		if gaps[i] > gaps[at] {
			at = i
		}
	}
	return at, false
}

// referenceLogs returns, for each reference and k, the logarithm of the
// inertia by sample of rows drawn evenly from the box of a's. References are
// fitted from one start, bettered by breathing.
func (m *Method) referenceLogs(ctx context.Context, a *data, span K, env algo.Env) (logs [][]float64, err error) {
	one := *m
	one.NInit, one.Batch = 1, 0
	quiet := env
	quiet.Progress = nil
	samples := int(min(max(math.Round(a.total), float64(a.n)), referenceSamples))
	samples = max(samples, span.Max)
	high := a.high()
	for b := range references {
		name := fmt.Sprintf("%s gap %d", Algorithm.Name, b)
		rng := env.Rand(name, 0)
		x := mat.NewDense(samples, a.d, nil)
		for i := range samples {
			for j, low := range a.low {
				x.Set(i, j, low+rng.Float64()*(high[j]-low))
			}
		}
		ref, err := newData(features.Collapse(&features.Matrix{Names: make([]string, a.d), X: x}))
		if err != nil {
			return nil, err
		}
		log := make([]float64, span.Max-span.Min+1)
		for i := range log {
			log[i] = math.Inf(-1) // of more clusters than distinct rows
		}
		if span.Min <= ref.n {
			fits, err := one.fitAll(ctx, ref, span.Min, min(span.Max, ref.n), name, quiet)
			if err != nil {
				return nil, err
			}
			for i, f := range fits {
				log[i] = math.Log(f.inertia / ref.total)
			}
		}
		logs = append(logs, log)
	}
	return logs, nil
}

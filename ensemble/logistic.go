package ensemble

import (
	"math"
	"slices"
)

// Limits of the logistic regression: steps of Newton's method, sweeps over the
// weights in each, and by how much of itself the loss falls in the last step.
const (
	newtonSteps  = 50
	newtonSweeps = 200
	newtonStop   = 1e-9
)

// logistic returns the weights of the columns of x, those that free does not
// name not negative, and last the intercept, that make sigmoid(x·w) likeliest for targets in 0…1,
// each counting as often as its weight says (nil: once), less ridge/2 times the
// squares of how far the weights of columns are from those before (prior; nil:
// from 0). Row i of x is x[i·d:(i+1)·d].
//
// Newton's method, with the quadratic of each step minimised by coordinate
// descent within the bounds, and halved steps (Friedman, Hastie, Tibshirani:
// Regularization paths for generalized linear models via coordinate descent.
// 2010). It takes O(n·d²) a step.
func logistic(x []float64, d int, target, weight, prior []float64, free []bool, ridge float64) []float64 {
	if prior == nil {
		prior = make([]float64, d)
	}
	w := append(slices.Clone(prior), 0)
	loss := logLoss(x, d, target, weight, prior, w, ridge)
	grad, hess := make([]float64, d+1), make([]float64, (d+1)*(d+1))
	row := make([]float64, d+1)
	row[d] = 1 // of the intercept
	for range newtonSteps {
		clear(grad)
		clear(hess)
		for i, t := range target {
			copy(row, x[i*d:(i+1)*d])
			p := sigmoid(dot(row, w))
			g, h := p-t, max(p*(1-p), 1e-12)
			if weight != nil {
				g, h = g*weight[i], h*weight[i]
			}
			for a, va := range row {
				grad[a] += g * va
				if va == 0 {
					continue
				}
				to := hess[a*(d+1):]
				for b := a; b <= d; b++ {
					to[b] += h * va * row[b]
				}
			}
		}
		for a := range d + 1 {
			r, from := ridge, 0.0
			if a < d {
				from = prior[a]
			} else {
				r = 1e-9 // keeps the intercept finite where all targets are alike
			}
			grad[a] += r * (w[a] - from)
			hess[a*(d+1)+a] += r + 1e-12
			for b := range a {
				hess[a*(d+1)+b] = hess[b*(d+1)+a]
			}
		}
		aim := bounded(grad, hess, w, free)
		better := false
		for scale := 1.0; scale > 1e-6; scale /= 2 {
			next := slices.Clone(w)
			for a := range next {
				next[a] += scale * (aim[a] - w[a])
			}
			if l := logLoss(x, d, target, weight, prior, next, ridge); l < loss {
				better = loss-l > newtonStop*(1+math.Abs(loss))
				loss, w = l, next
				break
			}
		}
		if !better {
			break
		}
	}
	return w
}

// bounded minimises grad·s + s·hess·s/2 with w+s not negative but in the last
// and in those that free names, and returns w+s.
func bounded(grad, hess, w []float64, free []bool) []float64 {
	k := len(w)
	out, g := slices.Clone(w), slices.Clone(grad) // g is the gradient at out
	for range newtonSweeps {
		var moved float64
		for a := range k {
			h := hess[a*k : (a+1)*k]
			to := out[a] - g[a]/h[a]
			if a < k-1 && (free == nil || !free[a]) {
				to = max(0, to)
			}
			step := to - out[a]
			if step == 0 {
				continue
			}
			out[a] = to
			for b := range k {
				g[b] += step * h[b]
			}
			moved = max(moved, step*step*h[a])
		}
		if moved < 1e-14 {
			break
		}
	}
	return out
}

func dot(a, b []float64) float64 {
	var z float64
	for i, v := range a {
		z += v * b[i]
	}
	return z
}

func logLoss(x []float64, d int, target, weight, prior, w []float64, ridge float64) float64 {
	var sum float64
	for i, t := range target {
		z := dot(x[i*d:(i+1)*d], w) + w[d]
		// ln(1+exp(z)) − t·z, without overflow.
		l := max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) - t*z
		if weight != nil {
			l *= weight[i]
		}
		sum += l
	}
	for a, v := range w[:d] {
		sum += ridge / 2 * (v - prior[a]) * (v - prior[a])
	}
	return sum + 1e-9/2*w[d]*w[d]
}

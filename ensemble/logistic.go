package ensemble

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// logistic returns the weights of the columns of x, and last the intercept,
// that make sigmoid(x·w) likeliest for targets in 0…1, less ridge/2 times the
// squares of the weights of columns. Newton's method with halved steps; x
// should have columns of about the same scale. It takes O(n·d²) a step.
func logistic(x [][]float64, target []float64, ridge float64) []float64 {
	d := 0
	if len(x) > 0 {
		d = len(x[0])
	}
	w := make([]float64, d+1)
	loss := logLoss(x, target, w, ridge)
	grad, hess := mat.NewVecDense(d+1, nil), mat.NewSymDense(d+1, nil)
	for range 100 {
		grad.Zero()
		hess.Zero()
		for i, row := range x {
			p := sigmoid(dot(row, w))
			g, h := p-target[i], max(p*(1-p), 1e-12)
			for a := range d + 1 {
				va := at(row, a)
				grad.SetVec(a, grad.AtVec(a)+g*va)
				for b := a; b <= d; b++ {
					hess.SetSym(a, b, hess.At(a, b)+h*va*at(row, b))
				}
			}
		}
		for a := range d + 1 {
			r := ridge
			if a == d {
				r = 1e-9 // keeps the intercept finite where all targets are alike
			}
			grad.SetVec(a, grad.AtVec(a)+r*w[a])
			hess.SetSym(a, a, hess.At(a, a)+r+1e-12)
		}
		var chol mat.Cholesky
		var step mat.VecDense
		if !chol.Factorize(hess) || chol.SolveVecTo(&step, grad) != nil {
			break
		}
		next, better := make([]float64, d+1), false
		for scale := 1.0; scale > 1e-6; scale /= 2 {
			for a := range next {
				next[a] = w[a] - scale*step.AtVec(a)
			}
			if l := logLoss(x, target, next, ridge); l < loss {
				better = loss-l > 1e-10*(1+math.Abs(loss))
				loss = l
				copy(w, next)
				break
			}
		}
		if !better {
			break
		}
	}
	return w
}

// at returns column a of a row that ends in a 1 for the intercept.
func at(row []float64, a int) float64 {
	if a == len(row) {
		return 1
	}
	return row[a]
}

func dot(row, w []float64) float64 {
	z := w[len(row)]
	for a, v := range row {
		z += v * w[a]
	}
	return z
}

func logLoss(x [][]float64, target, w []float64, ridge float64) float64 {
	var l float64
	for i, row := range x {
		z := dot(row, w)
		// ln(1+exp(z)) − t·z, without overflow.
		l += max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) - target[i]*z
	}
	for _, v := range w[:len(w)-1] {
		l += ridge / 2 * v * v
	}
	return l + 1e-9/2*w[len(w)-1]*w[len(w)-1]
}

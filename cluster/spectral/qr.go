package spectral

import (
	"errors"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// clusterQR takes k rows of the eigenvectors u as axes, always the one that
// stands out farthest from those before, and turns them to be at right angles. A
// row is in the cluster of the axis along which it has most (Damle, Minden, Ying
// 2019). It draws nothing and needs no starts. Rows are not scaled to
// length 1.
func clusterQR(u [][]float64, rows []int32) ([][]float64, error) {
	k := len(u)
	all := mat.NewDense(len(rows), k, nil)
	for i, a := range rows {
		for j := range u {
			all.Set(i, j, u[j][a])
		}
	}
	left := mat.DenseCopyOf(all) // of each row, what is at right angles to the axes so far
	axes := mat.NewDense(k, k, nil)
	axis := make([]float64, k)
	for j := range k {
		best, most := 0, 0.0
		for i := range rows {
			if size := floats.Norm(left.RawRowView(i), 2); size > most {
				best, most = i, size
			}
		}
		if most == 0 {
			break
		}
		axes.SetCol(j, all.RawRowView(best))
		floats.ScaleTo(axis, 1/most, left.RawRowView(best))
		for i := range rows {
			row := left.RawRowView(i)
			floats.AddScaled(row, -floats.Dot(row, axis), axis)
		}
	}
	var svd mat.SVD
	if !svd.Factorize(axes, mat.SVDFull) {
		return nil, errors.New("turning the eigenvectors: no singular values; choose another --assign")
	}
	var across, right, turn mat.Dense
	svd.UTo(&across)
	svd.VTo(&right)
	turn.Mul(&across, right.T())
	clusters := make([][]float64, k)
	for c := range clusters {
		clusters[c] = mat.Col(nil, c, &turn)
	}
	return clusters, nil
}

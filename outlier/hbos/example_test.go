package hbos_test

import (
	"context"
	"fmt"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/hbos"

	"gonum.org/v1/gonum/mat"
)

func Example() {
	x := &features.Matrix{Names: []string{"num_conns", "time_flow"}, X: mat.NewDense(12, 2, []float64{
		1, 0, 2, 5, 1, 3, 1, 0, 3, 4, 2, 1, 900, 2, 1, 0, 1, 2, 2, 3, 3, 1, 1, 1,
	})}
	h := hbos.Default()
	h.Mode = hbos.Static
	r, err := algo.Fit(context.Background(), &h, x, algo.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, score := range r.Scores {
		if score > 2 {
			why := r.Model.(algo.Explainer).Explain(x, i)
			fmt.Printf("row %d: %.2f, since %v\n", i, score, why[0])
		}
	}
	// Output:
	// row 6: 2.80, since num_conns = 900, above 90.9 (86%)
}

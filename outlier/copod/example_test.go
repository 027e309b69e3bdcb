package copod_test

import (
	"context"
	"fmt"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/copod"

	"gonum.org/v1/gonum/mat"
)

func Example() {
	x := &features.Matrix{Names: []string{"num_conns", "time_flow"}, X: mat.NewDense(12, 2, []float64{
		1, 0, 2, 5, 1, 3, 1, 0, 3, 4, 2, 1, 900, 2, 1, 0, 1, 2, 2, 3, 3, 1, 1, 1,
	})}
	r, err := algo.Fit(context.Background(), copod.Algorithm.New(), x, algo.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("row 6: %.2f, of which %s %.2f\n", r.Scores[6], r.Columns[0].Name, r.Columns[0].Floats[6])
	new := &features.Matrix{Names: x.Names, X: mat.NewDense(1, 2, []float64{901, 0})}
	r, err = algo.Apply(context.Background(), r.Model, new)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("a new row: %.2f, since %v\n", r.Scores[0], r.Model.(algo.Explainer).Explain(new, 0)[0])
	// Output:
	// row 6: 3.18, of which share_num_conns 2.48
	// a new row: 3.26, since num_conns = 901, above 900 (92%)
}

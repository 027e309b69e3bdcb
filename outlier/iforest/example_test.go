package iforest_test

import (
	"context"
	"fmt"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/iforest"

	"gonum.org/v1/gonum/mat"
)

// Many bytes with many connections are common, and so are few with few; many
// bytes with few connections are not.
func Example() {
	x := &features.Matrix{Names: []string{"num_conns", "bytes_up"}, X: mat.NewDense(60, 2, nil)}
	for i := range 60 {
		size := float64(1 + i%10)
		x.X.SetRow(i, []float64{size, 100 * size})
	}
	x.X.SetRow(7, []float64{1, 1000})
	forest := iforest.Default()
	r, err := algo.Fit(context.Background(), &forest, x, algo.Env{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, score := range r.Scores {
		if score > 0.6 {
			fmt.Printf("row %d: %.2f\n", i, score)
			for _, why := range r.Model.(algo.Explainer).Explain(x, i) {
				fmt.Println(why)
			}
		}
	}
	// Output:
	// row 7: 0.74
	// bytes_up = 1000, above 400 (51%)
	// num_conns = 1, below 6 (49%)
}

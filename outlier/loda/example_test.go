package loda_test

import (
	"context"
	"fmt"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/loda"

	"gonum.org/v1/gonum/mat"
)

func Example() {
	x := &features.Matrix{Names: []string{"num_conns", "time_flow"}, X: mat.NewDense(40, 2, nil)}
	for i := range 40 {
		x.X.SetRow(i, []float64{float64(1 + i%3), float64(i % 5)})
	}
	x.X.SetRow(6, []float64{90, 2})
	l := loda.Default()
	r, err := algo.Fit(context.Background(), &l, x, algo.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, score := range r.Scores {
		if score > 2 {
			fmt.Printf("row %d: %.2f, since %v\n", i, score, r.Model.(algo.Explainer).Explain(x, i)[0])
		}
	}
	more := &features.Matrix{Names: x.Names, X: mat.NewDense(1, 2, []float64{90, 2}), Weight: []float64{100}}
	if err := r.Model.(algo.Updater).Update(context.Background(), more); err != nil {
		fmt.Println(err)
		return
	}
	after, err := algo.Apply(context.Background(), r.Model, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("after 100 more like it: %.2f\n", after.Scores[6])
	// Output:
	// row 6: 2.55, since num_conns = 90, above 3 (100%)
	// after 100 more like it: 0.29
}

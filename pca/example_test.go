package pca_test

import (
	"context"
	"fmt"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/pca"

	"gonum.org/v1/gonum/mat"
)

// Bytes up and down go together; a row that breaks the rule has a high score,
// and reasons for it.
func Example() {
	ordinary := &features.Matrix{
		Names: []string{"bytes_up", "bytes_dw"},
		X:     mat.NewDense(5, 2, []float64{100, 210, 200, 390, 300, 605, 400, 795, 500, 1000}),
	}
	method := pca.Default()
	method.Components = "1"
	learned, err := algo.Fit(context.Background(), &method, ordinary, algo.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range learned.Stats {
		fmt.Printf("%s %.4g\n", s.Name, s.Value)
	}

	others := ordinary.With(ordinary.Names, mat.NewDense(2, 2, []float64{250, 500, 450, 100}))
	judged, err := algo.Apply(context.Background(), learned.Model, others)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, score := range judged.Scores {
		fmt.Printf("row %d: pc1 %.1f, score %.1f\n", i, judged.Coords.At(i, 0), score)
	}
	for _, reason := range learned.Model.(algo.Explainer).Explain(others, 1) {
		fmt.Println(reason)
	}
	// Output:
	// components 1
	// explained_variance_ratio 0.9999
	// total_variance 1.236e+05
	// q_limit 128.4
	// q_above_limit_ratio 0
	// t2_limit 88.96
	// t2_above_limit_ratio 0
	// row 0: pc1 -111.8, score 0.3
	// row 1: pc1 -379.1, score 358.8
	// bytes_up = 450, above 138.6 (80%)
	// bytes_dw = 100, below 256.8 (20%)
}

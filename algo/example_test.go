package algo_test

import (
	"context"
	"fmt"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/features/scale"
	"toolkit/pca"

	"gonum.org/v1/gonum/mat"
)

// A chain learns from scaled columns, is kept as one table, and tells its
// reasons in the columns' own units.
func ExampleChain() {
	ctx := context.Background()
	x := &features.Matrix{
		Names: []string{"num_conns", "bytes_up", "bytes_dw"},
		X: mat.NewDense(5, 3, []float64{
			1, 900, 7_000,
			2, 2_100, 15_500,
			3, 2_900, 24_000,
			4, 4_100, 31_000,
			5, 5_000, 40_500,
		}),
	}
	steps, err := scale.New("log1p,standard")
	if err != nil {
		fmt.Println(err)
		return
	}
	method := pca.Default()
	method.Components = "1"
	chain := algo.NewChain(append(steps, algo.Step{Algorithm: pca.Algorithm, Method: &method})...)
	learned, err := algo.Fit(ctx, chain, x, algo.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}

	kept := learned.Model.State()
	model, err := algo.LoadChain(kept, append([]*algo.Algorithm{pca.Algorithm}, scale.Algorithms...))
	if err != nil {
		fmt.Println(err)
		return
	}
	other := x.With(x.Names, mat.NewDense(1, 3, []float64{4, 90_000, 31_000}))
	judged, err := algo.Apply(ctx, model, other)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: score %.2f\n", kept.Name, judged.Scores[0])
	for _, r := range model.(algo.Explainer).Explain(other, 0) {
		fmt.Println(r)
	}
	// Output:
	// pca: score 4.22
	// bytes_up = 90000, above 1.273e+04 (67%)
	// bytes_dw = 31000, below 8.409e+04 (17%)
	// num_conns = 4, below 7.754 (16%)
}

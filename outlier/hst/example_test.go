package hst_test

import (
	"context"
	"fmt"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/outlier/hst"

	"gonum.org/v1/gonum/mat"
)

// A model learns on from a stream, and what was strange becomes ordinary.
func ExampleModel_Update() {
	ctx := context.Background()
	block := func(rate float64) *features.Matrix {
		x := &features.Matrix{Names: []string{"rate"}, X: mat.NewDense(100, 1, nil)}
		for i := range 100 {
			x.X.Set(i, 0, rate+float64(i%7))
		}
		return x
	}
	first := block(10)
	first.X.Set(0, 0, 90)
	trees := hst.Default()
	trees.Window = 100
	r, err := algo.Fit(ctx, &trees, first, algo.Env{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, rate := range []float64{88, 88, 88} {
		next := block(rate)
		judged, err := algo.Apply(ctx, r.Model, next)
		if err == nil {
			err = r.Model.(algo.Updater).Update(ctx, next)
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.1f\n", judged.Scores[0])
	}
	// Output:
	// 15.0
	// 2.7
	// 2.7
}

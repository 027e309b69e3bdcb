package spectral_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"toolkit/algo"
	"toolkit/cluster/spectral"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// A ring around a crowd, which no two centres can tell apart.
func Example() {
	x := mat.NewDense(60, 2, nil)
	for i := range 60 {
		angle, radius := float64(i)*math.Pi/20, 3.0
		if i >= 40 {
			radius = 0.02 * float64(i-40)
		}
		x.SetRow(i, []float64{radius * math.Cos(angle), radius * math.Sin(angle)})
	}
	m := spectral.Default()
	m.K, m.Gamma = 2, 2
	r, err := algo.Fit(context.Background(), &m, &features.Matrix{Names: []string{"x", "y"}, X: x}, algo.Env{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Labels)
	// Output:
	// [0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1]
}

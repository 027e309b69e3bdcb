package hdbscan_test

import (
	"context"
	"fmt"

	"toolkit/algo"
	"toolkit/cluster/hdbscan"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

func Example() {
	x := &features.Matrix{
		Names: []string{"num_conns", "num_dst_port"},
		X:     mat.NewDense(7, 2, []float64{1, 1, 1, 2, 2, 1, 90, 80, 90, 95, 80, 90, 3, 30}),
	}
	m := hdbscan.Method{MinClusterSize: 3, MinSamples: 2, Selection: hdbscan.EOM}
	r, err := algo.Fit(context.Background(), &m, x, algo.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, label := range r.Labels {
		fmt.Printf("%v %2d %.2f %.2f\n", x.X.RawRowView(i), label, r.Columns[0].Floats[i], r.Scores[i])
	}
	fmt.Println(r.Model.(algo.Explainer).Explain(x, 6)[0])
	// Output:
	// [1 1]  0 1.00 0.00
	// [1 2]  0 1.00 0.00
	// [2 1]  0 1.00 0.00
	// [90 80]  1 1.00 0.00
	// [90 95]  1 1.00 0.00
	// [80 90]  1 1.00 0.00
	// [3 30]  0 0.04 0.96
	// num_dst_port = 30, above 2 (99%)
}

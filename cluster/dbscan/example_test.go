package dbscan_test

import (
	"context"
	"fmt"

	"toolkit/algo"
	"toolkit/cluster/dbscan"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

func Example() {
	x := &features.Matrix{
		Names:  []string{"num_conns", "num_dst_port"},
		X:      mat.NewDense(6, 2, []float64{1, 1, 1, 2, 2, 1, 9, 8, 9, 9, 3, 30}),
		Weight: []float64{5, 1, 1, 1, 2, 1},
	}
	m := dbscan.Method{Eps: 1, MinSamples: 3}
	r, err := algo.Fit(context.Background(), &m, x, algo.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, label := range r.Labels {
		fmt.Printf("%v %2d %s %.1f\n", x.X.RawRowView(i), label, r.Columns[0].String(i), r.Scores[i])
	}
	fmt.Println(r.Model.(algo.Explainer).Explain(x, 5)[0])
	// Output:
	// [1 1]  0 core 0.0
	// [1 2]  0 core 0.0
	// [2 1]  0 core 0.0
	// [9 8]  1 core 0.0
	// [9 9]  1 core 0.0
	// [3 30] -1 noise 21.8
	// num_dst_port = 30, above 9 (92%)
}

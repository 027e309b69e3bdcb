package kmeans_test

import (
	"context"
	"fmt"
	"log"

	"toolkit/algo"
	"toolkit/cluster/kmeans"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// Connections and ports of seven hosts: one of them scans, and another serves.
func Example() {
	x := &features.Matrix{
		Names: []string{"num_conns", "num_dst_port"},
		X: mat.NewDense(7, 2, []float64{
			3, 1,
			4, 2,
			90, 2,
			3, 2,
			2, 1,
			95, 94,
			4, 1,
		}),
	}
	m := kmeans.Default() // of 1 to 7 clusters the number at the elbow
	r, err := algo.Fit(context.Background(), &m, x, algo.Env{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("clusters of the rows:", r.Labels)
	centres := r.Model.State()
	for c := range centres.Len() {
		fmt.Printf("cluster %d:", c)
		for _, col := range centres.Columns[1:] {
			fmt.Printf(" %s %s", col.Name, col.String(c))
		}
		fmt.Println()
	}
	// Output:
	// clusters of the rows: [0 0 1 0 0 2 0]
	// cluster 0: samples 5 num_conns 3.2 num_dst_port 1.4
	// cluster 1: samples 1 num_conns 90 num_dst_port 2
	// cluster 2: samples 1 num_conns 95 num_dst_port 94
}

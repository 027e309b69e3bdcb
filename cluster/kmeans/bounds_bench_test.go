package kmeans

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
)

// Thirty moves at most of k centres among rows around 2·k places, with Hamerly's bounds
// alone and with Elkan's as well: what elkanPays goes by.
func BenchmarkBounds(b *testing.B) {
	const n = 6_000
	for _, d := range []int{8, 23, 57, 128} {
		for _, k := range []int{8, 32, 128} {
			rng := rand.New(rand.NewPCG(1, 0))
			places := make([]float64, 2*k*d)
			for i := range places {
				places[i] = 4 * rng.NormFloat64()
			}
			x, w := make([]float64, 0, n*d), make([]float64, n)
			for i := range n {
				w[i] = 1
				at := rng.IntN(2 * k)
				for _, v := range places[at*d : (at+1)*d] {
					x = append(x, v+3*rng.NormFloat64())
				}
			}
			a, err := dataOf(d, x, w)
			if err != nil {
				b.Fatal(err)
			}
			for _, name := range []string{"hamerly", "elkan"} {
				b.Run(fmt.Sprintf("d=%d/k=%d/%s", d, k, name), func(b *testing.B) {
					c := newCrew(1)
					defer c.dismiss()
					r := newRun(a, k, c)
					b.ReportAllocs()
					for b.Loop() {
						copy(r.centres, x)
						r.forget()
						if r.elkan = (elkan{}); name == "elkan" {
							r.elkan = newElkan(n, k)
						}
						if _, _, err := r.iterate(context.Background(), 30, 0, func() {}); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

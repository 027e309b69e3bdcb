// Command memory compares what each algorithm foretells of its memory (Method.Bytes, which --dry-run
// prints and --memory is held to) with the greatest size of the heap while it fits, less what was there
// before: on made-up rows of 8 columns, a fifth of them copies, with default parameters and two workers.
//
//	go run ./bench/memory [ALGORITHM]...
package main

import (
	"context"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/suite"

	"gonum.org/v1/gonum/mat"
)

const columns = 8

func main() {
	debug.SetGCPercent(5) // garbage is no part of what is needed
	fmt.Println("| | rows | foretold MiB | peak MiB | foretold / peak |")
	fmt.Println("|---|---|---|---|---|")
	for _, a := range suite.Algorithms {
		if len(os.Args) > 1 && !slices.Contains(os.Args[1:], a.Name) {
			continue
		}
		sizes := []int{10_000, 80_000}
		switch a.Name {
		case "spectral", "ward": // quadratic time
			sizes = []int{1_000, 4_000}
		}
		for _, n := range sizes {
			x, distinct := table(n)
			m := a.New()
			foretold := m.Bytes(n, distinct, columns, 2)
			peak, err := measure(m, x)
			if err != nil {
				log.Fatalf("%s of %d rows: %v", a.Name, n, err)
			}
			fmt.Printf("| %s | %d | %.2f | %.2f | %.2f |\n", a.Name, n, mib(foretold), mib(peak), float64(foretold)/float64(peak))
		}
	}
}

func mib(b int64) float64 { return float64(b) / (1 << 20) }

// table returns n rows with long tails.
func table(n int) (x *features.Matrix, distinct int) {
	rng := rand.New(rand.NewPCG(1, 0))
	x = &features.Matrix{Names: make([]string, columns), X: mat.NewDense(n, columns, nil)}
	for j := range columns {
		x.Names[j] = fmt.Sprint("c", j)
	}
	for i := range n {
		if i > 0 && i%5 == 0 {
			x.X.SetRow(i, x.X.RawRowView(rng.IntN(i)))
			continue
		}
		distinct++
		for j := range columns {
			x.X.Set(i, j, math.Exp(rng.NormFloat64()))
		}
	}
	return x, distinct
}

// measure returns the greatest size of the heap during a fit.
func measure(m algo.Method, x *features.Matrix) (peak int64, err error) {
	runtime.GC()
	before := heap()
	var stop atomic.Bool
	var watch sync.WaitGroup
	watch.Go(func() {
		for !stop.Load() {
			peak = max(peak, heap()-before)
			time.Sleep(200 * time.Microsecond)
		}
	})
	_, err = algo.Fit(context.Background(), m, x, algo.Env{Seed: 1, Workers: 2})
	now := heap() - before // the watch may not have come to it
	stop.Store(true)
	watch.Wait()
	peak = max(peak, now)
	runtime.KeepAlive(x) // was there before, and is not given back
	return peak, err
}

func heap() int64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

package algo

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
)

// An Env is what a program lends to a Method.
type Env struct {
	Seed     uint64
	Workers  int                     // 0 for as many as there are CPUs
	Memory   int64                   // bytes that a Method may take; 0 for no limit
	Progress func(done, total int64) // called now and then, from one goroutine at a time; may be nil
}

// Rand returns a source of random numbers of its own for the i-th use of that
// name, so that neither the order of uses nor their number changes any.
func (e Env) Rand(name string, i int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", name, i)
	return rand.New(rand.NewPCG(e.Seed, h.Sum64()))
}

// NumWorkers returns how many goroutines to compute with.
func (e Env) NumWorkers() int {
	if e.Workers > 0 {
		return e.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// Step tells Progress, if there is one, that done of total steps are taken.
func (e Env) Step(done, total int64) {
	if e.Progress != nil {
		e.Progress(done, total)
	}
}

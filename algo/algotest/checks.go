package algotest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"sync/atomic"

	"toolkit/algo"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// method returns a new method with the parameters of Set.
func (s *subject) method() algo.Method {
	m := s.New()
	fs := flagSet(m)
	for _, kv := range s.set {
		if err := fs.Set(kv[0], kv[1]); err != nil {
			s.fatalf("Set(%q, %q): %v", kv[0], kv[1], err)
		}
	}
	return m
}

func (s *subject) fitWith(m algo.Method, x *features.Matrix, env algo.Env) *algo.Result {
	r, err := algo.Fit(context.Background(), m, x, env)
	if err != nil {
		n, d := x.Dims()
		s.fatalf("Fit of %d×%d: %v", n, d, err)
	}
	if r == nil {
		s.fatalf("Fit returned neither a result nor an error")
	}
	return r
}

func (s *subject) fit(x *features.Matrix) *algo.Result {
	return s.fitWith(s.method(), x, algo.Env{Seed: 1, Workers: 2})
}

func (s *subject) declaration() {
	if err := algo.Validate([]*algo.Algorithm{s.Algorithm}); err != nil {
		s.errorf("%v", err)
	}
}

func (s *subject) gives() {
	x, _ := Blobs(300, 4, 1)
	s.wellFormed(x, s.fit(x))
	s.wellFormed(x, s.fitWith(s.New(), x, algo.Env{}))
	c := counts(300, 3, 1)
	s.wellFormed(c, s.fit(c))
}

func (s *subject) workers() {
	x, _ := Blobs(s.rows, 4, 1)
	for _, x := range []*features.Matrix{x, counts(s.rows, 4, 1)} {
		one := s.fitWith(s.method(), x, algo.Env{Seed: 3, Workers: 1})
		for _, workers := range []int{1, 3, 8} {
			var busy atomic.Bool
			env := algo.Env{Seed: 3, Workers: workers, Progress: func(done, total int64) {
				if !busy.CompareAndSwap(false, true) {
					panic("Progress called from two goroutines at a time")
				}
				if done < 0 || done > total {
					panic(fmt.Sprintf("Progress of %d out of %d", done, total))
				}
				busy.Store(false)
			}}
			s.same(fmt.Sprintf("1 worker and %d", workers), one, s.fitWith(s.method(), x, env))
		}
	}
}

func (s *subject) input() {
	x, _ := Blobs(100, 3, 1)
	x.Weight, x.Row = make([]float64, 100), make([]int64, 100)
	for i := range x.Weight {
		x.Weight[i], x.Row[i] = float64(1+i%3), int64(2*i)
	}
	was := features.Matrix{Names: slices.Clone(x.Names), X: mat.DenseCopyOf(x.X), Weight: slices.Clone(x.Weight), Row: slices.Clone(x.Row)}
	m := s.method()
	unchanged := func(who string) {
		if !reflect.DeepEqual(was, *x) {
			s.errorf("%s changed the matrix", who)
		}
		if was := s.method(); !reflect.DeepEqual(was, m) {
			s.errorf("%s changed the method: %+v, was %+v", who, m, was)
		}
	}
	r := s.fitWith(m, x, algo.Env{Seed: 1})
	unchanged("Fit")
	if r.Model != nil {
		if _, err := r.Model.Apply(context.Background(), x); err != nil {
			s.fatalf("Apply: %v", err)
		}
		unchanged("Apply")
	}
}

func (s *subject) strange() {
	ramp := func(n, d int, f func(i, j int) float64) *features.Matrix {
		x := mat.NewDense(n, d, nil)
		x.Apply(func(i, j int, _ float64) float64 { return f(i, j) }, x)
		return matrix(x)
	}
	for _, c := range []struct {
		what string
		x    *features.Matrix
	}{
		{"1×1", ramp(1, 1, func(int, int) float64 { return 0 })},
		{"1×3", ramp(1, 3, func(_, j int) float64 { return float64(j) })},
		{"2×1", ramp(2, 1, func(i, _ int) float64 { return float64(i) })},
		{"2×3", ramp(2, 3, func(i, j int) float64 { return float64(i - j) })},
		{"zeros", ramp(7, 1, func(int, int) float64 { return 0 })},
		{"equal rows", ramp(7, 2, func(_, j int) float64 { return 0.1 + float64(j) })},
		{"a constant column", ramp(20, 3, func(i, j int) float64 { return float64(i * (j % 2)) })},
		{"two distinct rows", ramp(10, 2, func(i, j int) float64 { return float64(i % 2 * (j + 1)) })},
		{"three distinct rows", ramp(40, 2, func(i, j int) float64 { return float64(i % 3 * (j + 1)) })},
		{"more columns than rows", ramp(4, 9, func(i, j int) float64 { return math.Sin(float64(9*i + j)) })},
		{"large and small numbers", ramp(30, 3, func(i, j int) float64 { return math.Pow(1e-9, float64(j-1)) * 1e6 * math.Sin(float64(3*i+j)) })},
		{"a large constant and a bit", ramp(30, 2, func(i, j int) float64 { return 1e15 + float64(i%5*j) })},
	} {
		for which, m := range []algo.Method{s.New(), s.method()} {
			r, err := algo.Fit(context.Background(), m, c.x, algo.Env{Workers: 2})
			if err != nil {
				s.errorf("%s: %v", c.what, err)
				continue
			}
			before := len(s.faults)
			s.wellFormed(c.x, r)
			if r.Model != nil {
				again, err := r.Model.Apply(context.Background(), c.x)
				if err != nil {
					s.errorf("Apply: %v", err)
				} else {
					s.near("Fit and Apply", r, again)
				}
				s.explain(c.x, r.Model)
			}
			for i := before; i < len(s.faults); i++ {
				s.faults[i] = fmt.Sprintf("%s (%s): %s", c.what, []string{"defaults", "Set"}[which], s.faults[i])
			}
		}
	}
}

func (s *subject) finite() {
	good, _ := Blobs(10, 2, 1)
	model := s.fit(good).Model
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		x, _ := Blobs(10, 2, 1)
		x.X.Set(4, 1, v)
		x.Row = []int64{10, 11, 12, 13, 14, 15, 16, 17, 18, 19}
		var bad *features.ValueError
		if _, err := algo.Fit(context.Background(), s.method(), x, algo.Env{}); !errors.As(err, &bad) || bad.Row != 14 || bad.Column != "f1" {
			s.errorf("Fit with %v in table row 14, column f1: error %v", v, err)
		}
		if model == nil {
			continue
		}
		if _, err := algo.Apply(context.Background(), model, x); !errors.As(err, &bad) || bad.Row != 14 || bad.Column != "f1" {
			s.errorf("Apply with %v in table row 14, column f1: error %v", v, err)
		}
	}
}

func (s *subject) weights() {
	blobs, _ := Blobs(90, 3, 5)
	for _, x := range []*features.Matrix{blobs, counts(90, 3, 5)} {
		n, _ := x.Dims()
		r := rand.New(rand.NewPCG(6, 0))
		var copies []int
		for i := range n {
			w := 1 + r.IntN(4)
			x.Weight = append(x.Weight, float64(w))
			for range w {
				copies = append(copies, i)
			}
		}
		got, want := spread(s.fit(x), copies), s.fit(rows(x, copies))
		s.near("weights and repeated rows", got, want)
	}
}

func (s *subject) order() {
	blobs, _ := Blobs(150, 3, 7)
	for _, x := range []*features.Matrix{blobs, counts(150, 3, 7)} {
		n, _ := x.Dims()
		perm := rand.New(rand.NewPCG(8, 0)).Perm(n)
		got, want := s.fit(rows(x, perm)), spread(s.fit(x), perm)
		want.Labels = renumber(want.Labels)
		got.Coords, want.Coords = nil, nil // an axis may turn round
		s.near("rows in order and shuffled", got, want)
	}
}

// scale checks that other units make no difference: of the data four times as
// large, a power of 2, so that no digit is lost, labels are the same, and scores
// up to their own unit and origin. Flags that are measured in the data's units
// go with it.
func (s *subject) scale() {
	const factor = 4
	blobs, _ := Blobs(150, 3, 9)
	for _, x := range []*features.Matrix{blobs, counts(150, 3, 9)} {
		m := s.method()
		fs := flagSet(m)
		for name, power := range s.scales {
			was, err := strconv.ParseFloat(fs.Lookup(name).Value.String(), 64)
			if err != nil {
				continue // chosen by the data
			}
			if err := fs.Set(name, strconv.FormatFloat(was*math.Pow(factor, float64(power)), 'g', -1, 64)); err != nil {
				s.fatalf("flag %s, which scales with the data: %v", name, err)
			}
		}
		large := mat.DenseCopyOf(x.X)
		large.Scale(factor, large)
		got, want := s.fitWith(m, x.With(x.Names, large), algo.Env{Seed: 1, Workers: 2}), s.fit(x)
		s.near("the data and four times as large", unitless(got), unitless(want))
	}
}

// unitless returns the labels of r, and its scores from 0 to 1.
func unitless(r *algo.Result) *algo.Result {
	out := &algo.Result{Labels: r.Labels}
	if r.Scores == nil {
		return out
	}
	low, high := slices.Min(r.Scores), slices.Max(r.Scores)
	for _, v := range r.Scores {
		if high > low {
			v = (v - low) / (high - low)
		}
		out.Scores = append(out.Scores, v)
	}
	return out
}

// spread returns the labels, scores and coordinates of the given rows.
func spread(r *algo.Result, rows []int) *algo.Result {
	out := new(algo.Result)
	if r.Coords != nil {
		_, p := r.Coords.Dims()
		out.Coords = mat.NewDense(len(rows), p, nil)
	}
	for k, i := range rows {
		if r.Labels != nil {
			out.Labels = append(out.Labels, r.Labels[i])
		}
		if r.Scores != nil {
			out.Scores = append(out.Scores, r.Scores[i])
		}
		if r.Coords != nil {
			out.Coords.SetRow(k, r.Coords.RawRowView(i))
		}
	}
	return out
}

// A countdown is a context that is done after having been asked a number of
// times, so that a fit can be stopped in its middle without a clock.
type countdown struct {
	context.Context
	cancel context.CancelFunc
	asked  atomic.Int64
	after  int64
}

func newCountdown(after int64) *countdown {
	ctx, cancel := context.WithCancel(context.Background())
	return &countdown{Context: ctx, cancel: cancel, after: after}
}

func (c *countdown) ask() {
	if c.asked.Add(1) > c.after {
		c.cancel()
	}
}

func (c *countdown) Err() error { c.ask(); return c.Context.Err() }

func (c *countdown) Done() <-chan struct{} { c.ask(); return c.Context.Done() }

// soon is how often a method may ask a context after it is done: once a
// worker and some more on the way out.
const soon = 64

func (s *subject) stops() {
	x, _ := Blobs(2000, 4, 1)
	env := algo.Env{Seed: 1, Workers: 2}
	count := newCountdown(math.MaxInt64)
	if _, err := algo.Fit(count, s.method(), x, env); err != nil {
		s.fatalf("Fit: %v", err)
	}
	asks := count.asked.Load()
	if asks < 2 {
		s.errorf("Fit asks ctx.Err() %d times: it must ask before its work and now and then during it", asks)
		return
	}
	for _, after := range []int64{0, asks / 2} {
		ctx := newCountdown(after)
		r, err := algo.Fit(ctx, s.method(), x, env)
		if !errors.Is(err, context.Canceled) || r != nil {
			s.errorf("cancelled at the %d. of %d times that Fit asks: error %v, want no result and %v", after+1, asks, err, context.Canceled)
		}
		if late := ctx.asked.Load() - after; late > soon {
			s.errorf("Fit asks ctx.Err() %d times more after it is cancelled", late)
		}
		ctx.cancel()
	}
}

func (s *subject) memory() {
	for _, m := range []algo.Method{s.New(), s.method()} {
		last := int64(0)
		for _, n := range []int{1, 1000, 100_000, 10_000_000} {
			b := m.Bytes(n, n, 8, 2)
			if b <= last {
				s.errorf("Bytes for %d rows is %d, want more than %d", n, b, last)
			}
			last = b
		}
		if few, all := m.Bytes(100_000, 100, 8, 2), m.Bytes(100_000, 100_000, 8, 2); few > all {
			s.errorf("Bytes for 100 distinct rows of 100000 is %d, for all distinct %d", few, all)
		}
	}
}

// floor is what the quality of a result on easy data must reach.
const floor = 0.9

func (s *subject) blobs() {
	if s.Gives&algo.Labels == 0 {
		return
	}
	for seed := range uint64(3) {
		x, truth := Blobs(300, 4, seed)
		if q := ari(s.fit(x).Labels, truth); !(q >= floor) {
			s.errorf("adjusted Rand index on blobs (seed %d) is %.3f, want at least %v", seed, q, floor)
		}
	}
}

func (s *subject) outliers() {
	if s.Gives&algo.Scores == 0 {
		return
	}
	for seed := range uint64(3) {
		x, planted := withOutliers(300, 4, seed)
		if q := auroc(s.fit(x).Scores, planted); !(q >= floor) {
			s.errorf("AUROC of planted outliers (seed %d) is %.3f, want at least %v", seed, q, floor)
		}
	}
}

package kmeans

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"toolkit/features"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// testData returns n rows of whole numbers below span (so that many distances
// tie), or of any numbers if span is 0, with weights from 1 to 3.
func testData(t interface{ Fatal(...any) }, n, d, span int, seed uint64) *data {
	return scaledData(t, n, d, span, seed, 1)
}

// scaledData is testData times a factor.
func scaledData(t interface{ Fatal(...any) }, n, d, span int, seed uint64, factor float64) *data {
	rng := rand.New(rand.NewPCG(seed, 0))
	x := &features.Matrix{Names: make([]string, d), X: mat.NewDense(n, d, nil), Weight: make([]float64, n)}
	for i := range n {
		x.Weight[i] = float64(1 + rng.IntN(3))
		for j := range d {
			if span > 0 {
				x.X.Set(i, j, factor*float64(rng.IntN(span)))
			} else {
				x.X.Set(i, j, factor*math.Exp(rng.NormFloat64()))
			}
		}
	}
	a, err := newData(features.Collapse(x))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// slow is Lloyd's iteration in the plainest way, without bounds. It sums as
// run does, so that even ties must fall alike.
func slow(a *data, centres []float64, k, maxIter int, tol float64) (label []int, moves int) {
	d, chunk := a.d, chunkSize(k)
	label = make([]int, a.n)
	for i := range label {
		label[i] = -1
	}
	assign := func() (same bool) {
		same = true
		for i := range a.n {
			best, least := 0, math.Inf(1)
			for c := range k {
				if s := sqDist(a.row(i), centres[c*d:(c+1)*d]); s < least {
					best, least = c, s
				}
			}
			same = same && label[i] == best
			label[i] = best
		}
		return same
	}
	relocated, shift := true, math.Inf(1)
	for ; ; moves++ {
		settled := assign() && !relocated || shift <= tol && !relocated
		if settled {
			var points [][]float64
			for c := range k {
				points = append(points, slices.Clone(centres[c*d:(c+1)*d]))
			}
			was := slices.Clone(points)
			slices.SortFunc(points, slices.Compare)
			for i, l := range label {
				label[i] = slices.IndexFunc(points, func(p []float64) bool { return slices.Equal(p, was[l]) })
			}
			copy(centres, slices.Concat(points...))
			settled = assign()
		}
		if settled || moves == maxIter {
			return label, moves
		}
		relocated, shift = false, 0
		// A cluster without rows gets the farthest row of one that has several.
		member := slices.Clone(label)
		sums, weights, counts := make([]float64, k*d), make([]float64, k), make([]int, k)
		for from := 0; from < a.n; from += chunk {
			part, weight := make([]float64, k*d), make([]float64, k)
			for i := from; i < min(from+chunk, a.n); i++ {
				c := label[i]
				weight[c] += a.w[i]
				counts[c]++
				for j, v := range a.row(i) {
					part[c*d+j] += float64(a.w[i] * (v - a.low[j]))
				}
			}
			for i, v := range part {
				sums[i] += v
			}
			for c, w := range weight {
				weights[c] += w
			}
		}
		for c := range k {
			if counts[c] > 0 {
				continue
			}
			far, dist := -1, 0.0
			for i := range a.n {
				if s := sqDist(a.row(i), centres[label[i]*d:(label[i]+1)*d]); member[i] == label[i] && counts[label[i]] > 1 && s > dist {
					far, dist = i, s
				}
			}
			if far < 0 {
				break
			}
			old := label[far]
			member[far], relocated = c, true
			counts[old]--
			counts[c]++
			weights[old] -= a.w[far]
			weights[c] += a.w[far]
			for j, v := range a.row(far) {
				sums[old*d+j] -= float64(a.w[far] * (v - a.low[j]))
				sums[c*d+j] += float64(a.w[far] * (v - a.low[j]))
			}
		}
		for c := range k {
			was := slices.Clone(centres[c*d : (c+1)*d])
			for j := range d {
				switch counts[c] {
				case 0:
				case 1:
					centres[c*d+j] = a.row(slices.Index(member, c))[j]
				default:
					centres[c*d+j] = a.low[j] + sums[c*d+j]/weights[c]
				}
			}
			shift += sqDist(centres[c*d:(c+1)*d], was)
		}
	}
}

// against compares runs from the given centres, with Hamerly's bounds alone and
// with Elkan's as well, with the slow one, to the bit.
func against(t interface{ Fatalf(string, ...any) }, a *data, first []float64, k, maxIter int, tol float64, prepare func(*run)) {
	c := newCrew(2)
	defer c.dismiss()
	want := slices.Clone(first)
	label, slowMoves := slow(a, want, k, maxIter, tol)
	var squares, distances float64
	for i, l := range label {
		s := sqDist(a.row(i), want[l*a.d:(l+1)*a.d])
		squares += a.w[i] * s
		distances += a.w[i] * math.Sqrt(s) / a.total
	}
	for _, bounds := range []elkan{{}, newElkan(a.n, k)} {
		r := newRun(a, k, c)
		copy(r.centres, first)
		prepare(r)
		r.elkan = bounds
		moves, _, err := r.iterate(context.Background(), maxIter, tol, func() {})
		if err != nil {
			t.Fatalf("%v", err)
		}
		if moves != slowMoves || !slices.Equal(r.centres, want) {
			t.Fatalf("n=%d d=%d k=%d, %d bounds: %d moves to %v, slowly %d to %v", a.n, a.d, k, bounds.places, moves, r.centres, slowMoves, want)
		}
		for i, l := range r.label {
			if int(l) != label[i] {
				t.Fatalf("n=%d d=%d k=%d, %d bounds: row %d is of %d, slowly of %d", a.n, a.d, k, bounds.places, i, l, label[i])
			}
		}
		inertia, mean := r.quality()
		if math.Abs(inertia-squares) > 1e-9*(1+squares) || math.Abs(mean-distances) > 1e-9*(1+distances) {
			t.Fatalf("inertia %v, mean distance %v, slowly %v and %v", inertia, mean, squares, distances)
		}
	}
}

// The bounds may change nothing, wherever centres begin: even at the same
// place, or where they have no rows.
func TestAgainstSlow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := testData(rt, rapid.IntRange(1, 60).Draw(rt, "n"), rapid.IntRange(1, 3).Draw(rt, "d"), rapid.IntRange(0, 4).Draw(rt, "span"), rapid.Uint64().Draw(rt, "seed"))
		k := rapid.IntRange(1, min(a.n, 9)).Draw(rt, "k")
		first := make([]float64, k*a.d)
		for i := range first {
			first[i] = float64(rapid.IntRange(-2, 6).Draw(rt, "centre"))
		}
		tol := rapid.SampledFrom([]float64{0, 0.01}).Draw(rt, "tol")
		against(rt, a, first, k, rapid.IntRange(1, 50).Draw(rt, "max-iter"), tol, (*run).forget)
	})
}

// As above with several chunks, and from the bounds that seeding leaves.
func TestAgainstSlowFromSeeds(t *testing.T) {
	for seed := range uint64(6) {
		a := testData(t, 5000, 1+int(seed), []int{0, 9}[seed%2], seed)
		k := min(a.n, 3+4*int(seed))
		c := newCrew(1)
		r := newRun(a, k, c)
		if err := r.seedPlusPlus(context.Background(), rand.New(rand.NewPCG(seed, 1))); err != nil {
			t.Fatal(err)
		}
		c.dismiss()
		first := slices.Clone(r.centres)
		against(t, a, first, k, 300, 0, func(s *run) {
			copy(s.label, r.label)
			copy(s.upper, r.upper)
			copy(s.lower, r.lower)
		})
	}
}

// As above with many centres and columns.
func TestAgainstSlowWide(t *testing.T) {
	for seed := range uint64(12) {
		d := 16 + int(seed)
		a := testData(t, 700, d, []int{0, 2}[seed%2], seed)
		k := min(a.n, 16+int(seed%3))
		against(t, a, a.x[:k*d], k, 40, 0, (*run).forget)
	}
}

// Distances that tie but for rounding must not be told apart by the bounds.
func TestAgainstSlowNearTies(t *testing.T) {
	for seed := range uint64(300) {
		a := scaledData(t, 80, 2, 5, seed, 0.1)
		k := 2 + int(seed%6)
		against(t, a, a.x[:k*a.d], k, 50, 0, (*run).forget)
	}
}

// k-means++ in the plainest way draws the same rows.
func TestPlusPlusAgainstSlow(t *testing.T) {
	for seed := range uint64(7) {
		a := testData(t, 2500, 2, 0, seed)
		k := 2 + 3*int(seed)
		r := newRun(a, k, newCrew(1))
		if err := r.seedPlusPlus(context.Background(), rand.New(rand.NewPCG(seed, 1))); err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		draw := func(mass func(i int) float64) int {
			sum, passed := 0.0, 0.0
			for i := range a.n {
				sum += mass(i)
			}
			u := rng.Float64() * sum
			for i := range a.n {
				if passed += mass(i); u < passed {
					return i
				}
			}
			return a.n - 1
		}
		chosen := []int{draw(func(i int) float64 { return a.w[i] })}
		nearest := func(i int, extra ...int) float64 {
			least := math.Inf(1)
			for _, c := range slices.Concat(chosen, extra) {
				least = min(least, sqDist(a.row(i), a.row(c)))
			}
			return least
		}
		for len(chosen) < k {
			best, least := 0, math.Inf(1)
			for range 2 + int(math.Log(float64(k))) {
				c, sum := draw(func(i int) float64 { return a.w[i] * nearest(i) }), 0.0
				for i := range a.n {
					sum += a.w[i] * nearest(i, c)
				}
				if sum < least {
					best, least = c, sum
				}
			}
			chosen = append(chosen, best)
		}
		for g, c := range chosen {
			if !slices.Equal(r.centre(g), a.row(c)) {
				t.Fatalf("k=%d: centre %d is %v, slowly %v", k, g, r.centre(g), a.row(c))
			}
		}
	}
}

// After seeding, labels and bounds are the two nearest centres.
func TestSeeds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := testData(rt, rapid.IntRange(1, 60).Draw(rt, "n"), rapid.IntRange(1, 3).Draw(rt, "d"), rapid.IntRange(0, 4).Draw(rt, "span"), rapid.Uint64().Draw(rt, "seed"))
		k := rapid.IntRange(1, a.n).Draw(rt, "k")
		for _, seed := range []func(*run, context.Context, *rand.Rand) error{(*run).seedPlusPlus, (*run).seedRandom, (*run).seedParallel} {
			r := newRun(a, k, newCrew(1))
			if err := seed(r, context.Background(), rand.New(rand.NewPCG(1, 2))); err != nil {
				rt.Fatal(err)
			}
			for c := range k {
				for b := range c {
					if slices.Equal(r.centre(b), r.centre(c)) {
						rt.Fatalf("centres %d and %d are the same row %v", b, c, r.centre(c))
					}
				}
			}
			for i := range a.n {
				var dist []float64
				for c := range k {
					dist = append(dist, math.Sqrt(sqDist(a.row(i), r.centre(c))))
				}
				if own := dist[r.label[i]]; own > r.upper[i] {
					rt.Fatalf("row %d: %v from its centre, bound %v", i, own, r.upper[i])
				}
				for c, v := range dist {
					if int32(c) != r.label[i] && v < r.lower[i] {
						rt.Fatalf("row %d: %v from centre %d, bound %v", i, v, c, r.lower[i])
					}
				}
			}
		}
	})
}

// Merging keeps the sum of weight times centre, and joins the two clusters
// whose merging costs least.
func TestMerge(t *testing.T) {
	a := testData(t, 400, 2, 0, 1)
	r := newRun(a, 7, newCrew(1))
	copy(r.centres, a.x)
	r.forget()
	if _, _, err := r.lloyd(context.Background(), 300, 0, func() {}); err != nil {
		t.Fatal(err)
	}
	// within returns the inertia about the means when clusters x and y are one.
	within := func(x, y int32) (sum float64) {
		for c := range int32(7) {
			var weight float64
			mean := make([]float64, a.d)
			of := func(i int) bool { l := r.label[i]; return l == c || l == y && c == x }
			if c == y && x != y {
				continue
			}
			for i := range a.n {
				if of(i) {
					weight += a.w[i]
					for j, v := range a.row(i) {
						mean[j] += a.w[i] * v
					}
				}
			}
			for j := range mean {
				mean[j] /= weight
			}
			for i := range a.n {
				if of(i) {
					sum += a.w[i] * sqDist(a.row(i), mean)
				}
			}
		}
		return sum
	}
	least := math.Inf(1)
	for y := range int32(7) {
		for x := range y {
			least = min(least, within(x, y))
		}
	}
	r.merge(6)
	got := 0.0
	for i, l := range r.label {
		got += a.w[i] * sqDist(a.row(i), r.centre(int(l)))
	}
	if math.Abs(got-least) > 1e-9*least {
		t.Errorf("inertia %v after merging two clusters, want %v", got, least)
	}
}

func TestDraw(t *testing.T) {
	a := testData(t, 3000, 2, 0, 1)
	r := newRun(a, 4, newCrew(1))
	r.weighOnly()
	for i := range a.n {
		if i%3 != 1 {
			r.upper[i] = 0
		}
	}
	for c := range r.mass {
		r.weigh(c)
	}
	rng := rand.New(rand.NewPCG(3, 0))
	counts := map[float64]float64{}
	const draws = 20000
	for range draws {
		i := r.draw(rng.Float64())
		if i%3 != 1 {
			t.Fatalf("drew row %d, which has no chance", i)
		}
		counts[a.w[i]]++
	}
	var weight [4]float64
	for i := 1; i < a.n; i += 3 {
		weight[int(a.w[i])] += a.w[i]
	}
	total := weight[1] + weight[2] + weight[3]
	for w, got := range counts {
		// Five standard deviations of a binomial count.
		p := weight[int(w)] / total
		if want := draws * p; math.Abs(got-want) > 5*math.Sqrt(draws*p*(1-p)) {
			t.Errorf("rows of weight %v drawn %v times, want about %v", w, got, want)
		}
	}
	for _, u := range []float64{0, math.Nextafter(1, 0)} {
		if i := r.draw(u); i%3 != 1 {
			t.Errorf("draw(%v) = %d, which has no chance", u, i)
		}
	}
}

func TestElbowRule(t *testing.T) {
	for _, c := range []struct {
		inertia []float64
		at      int
		ok      bool
	}{
		{[]float64{5}, 0, false},
		{[]float64{5, 1}, 0, false},
		{[]float64{3, 2, 1}, 0, false},
		{[]float64{4, 4, 4}, 0, false},
		{[]float64{3, 2.5, 0}, 0, false},
		{[]float64{100, 20, 15, 12, 10}, 1, true},
		{[]float64{100, 90, 20, 18, 17, 16}, 2, true},
		{[]float64{4, 2, 1, 1, 0}, 1, true}, // 1 and 2 lie equally deep: 1/4
	} {
		if at, ok := elbow(c.inertia); at != c.at || ok != c.ok {
			t.Errorf("%v: elbow %d %v, want %d %v", c.inertia, at, ok, c.at, c.ok)
		}
	}
}

// An iteration allocates nothing: twenty moves take what two do.
func TestIterationsAllocateNothing(t *testing.T) {
	a := testData(t, 4000, 4, 0, 1)
	allocs := func(moves int) float64 {
		c := newCrew(2)
		defer c.dismiss()
		r := newRun(a, 30, c)
		first := slices.Clone(a.x[:30*a.d])
		return testing.AllocsPerRun(5, func() {
			copy(r.centres, first)
			r.forget()
			if n, _, err := r.lloyd(context.Background(), moves, 0, func() {}); n != moves || err != nil {
				t.Fatalf("%d moves, error %v", n, err)
			}
		})
	}
	if few, many := allocs(2), allocs(20); many > few {
		t.Errorf("2 moves take %v allocations, 20 take %v", few, many)
	}
}

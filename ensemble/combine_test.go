package ensemble

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"toolkit/algo"
)

// methods returns probabilities of records by methods: three that know
// something of the truth, one that does not, some unjudged.
func methods(r *rand.Rand, n int) (ms []Method, anomalous []bool) {
	p := make([][]float64, 4)
	for i := range n {
		a := i%20 == 0
		anomalous = append(anomalous, a)
		for m := range p {
			v := r.Float64() * 0.4
			if a && m < 3 && r.Float64() < 0.7 {
				v = 0.6 + r.Float64()*0.4
			}
			if m == 2 && r.IntN(10) == 0 {
				v = math.NaN()
			}
			p[m] = append(p[m], v)
		}
	}
	return said(p...), anomalous
}

// said makes methods of probabilities, which claim nothing.
func said(p ...[]float64) []Method {
	var ms []Method
	for m, v := range p {
		ms = append(ms, Unify(string(rune('a'+m)), v, func(s float64) float64 { return s }))
	}
	return ms
}

func column(ms []Method, i int) []float64 {
	v := make([]float64, len(ms))
	for m := range ms {
		v[m] = float64(ms[m].P[i])
	}
	return v
}

// Every combination is in 0…1, its shares are not negative and sum to 1, it
// doesn't fall when a probability rises, and it is 0 where all are.
func TestCombiners(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	p, _ := methods(r, 2000)
	for _, c := range Combiners {
		combine := c.New(p)
		share := make([]float64, len(p))
		for i := range 300 {
			v := column(p, i)
			got := combine(v, share)
			var sum float64
			for m, s := range share {
				sum += s
				if s < 0 || math.IsNaN(v[m]) && s != 0 {
					t.Errorf("%s: share %v of method %d", c.Name, s, m)
				}
			}
			if !(got >= 0 && got <= 1) || math.Abs(sum-1) > 1e-9 {
				t.Fatalf("%s of %v: %v, shares %v", c.Name, v, got, share)
			}
			m := r.IntN(len(p))
			if higher := slices.Clone(v); !math.IsNaN(v[m]) {
				higher[m] = min(1, v[m]+0.2)
				if h := combine(higher, share); h < got-1e-12 {
					t.Errorf("%s falls from %v to %v", c.Name, got, h)
				}
			}
		}
		if z := combine(make([]float64, len(p)), share); z != 0 || slices.Max(share) != 0 {
			t.Errorf("%s of zeros: %v, shares %v", c.Name, z, share)
		}
	}
}

// A detector and its copies count as one, and all that only score together
// weigh little beside it.
func TestWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var one, other []float64
	for range 1000 {
		one, other = append(one, r.Float64()), append(other, r.Float64())
	}
	ms := said(one, one, one)
	for m := range ms {
		ms[m].Claim = true
	}
	share := make([]float64, 3)
	if got := noisyOr(Weights(ms))([]float64{0.3, 0.3, 0.3}, share); math.Abs(got-0.3) > 1e-9 {
		t.Errorf("three copies of 0.3 make %v", got)
	}
	ms = said(one, other, other)
	ms[0].Claim = true
	w := Weights(ms)
	if math.Abs(w[0]-1) > 1e-12 || math.Abs(w[1]+w[2]-rankWeight) > 1e-12 || w[1] != w[2] {
		t.Errorf("weights of a claim and two scores: %v", w)
	}
	ms[0].Claim = false
	if w := Weights(ms); math.Abs(w[0]+w[1]+w[2]-1) > 1e-12 || w[1] > 0.6*w[0] {
		t.Errorf("weights of three scores, two alike: %v", w)
	}
}

// A method that agrees with none has little weight.
func TestAgreementWeights(t *testing.T) {
	p, _ := methods(rand.New(rand.NewPCG(3, 3)), 20_000)
	w := AgreementWeights(p)
	if slices.Max(w) == w[3] || w[3] > w[0]/3 {
		t.Errorf("weights %v: the last is of a method that says nothing", w)
	}
}

// Ranks by hand: Spearman's correlation of 1 2 3 4 with 1 3 2 4 is 0.8.
func TestCorrelations(t *testing.T) {
	c := Correlations(said([]float64{1, 2, 3, 4}, []float64{10, 30, 20, 40}, []float64{7, 7, 7, 7}))
	if math.Abs(c[0][1]-0.8) > 1e-12 || c[0][2] != 0 || c[1][0] != c[0][1] {
		t.Errorf("correlations %v", c)
	}
}

// A stack is better than any of its methods, leaves out what says nothing,
// and its probabilities are true.
func TestStack(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	p, y := methods(r, 20_000)
	s := FitStack(p, make([]float64, 4), []bool{true, true, true, true}, y, nil, none)
	share := make([]float64, len(p))
	var out []float64
	for i := range y {
		out = append(out, s.Combine(column(p, i), share))
	}
	if math.Abs(mean(out)-0.05) > 0.005 {
		t.Errorf("mean probability %v, want 0.05", mean(out))
	}
	for m := range p {
		if b := Brier(replace(p[m].P), y); Brier(out, y) > b {
			t.Errorf("Brier score %v, that of method %d alone is %v", Brier(out, y), m, b)
		}
	}
	if s.Weight[3] > s.Weight[0]/5 || slices.Min(s.Weight) < 0 {
		t.Errorf("weights %v", s.Weight)
	}
}

func replace(p []float32) []float64 {
	out := make([]float64, len(p))
	for i, v := range p {
		if v == v {
			out[i] = float64(v)
		}
	}
	return out
}

// No record is judged by what was learned from its own block.
func TestFolds(t *testing.T) {
	block := make([]int32, 1000)
	r := rand.New(rand.NewPCG(5, 5))
	for i := range block {
		block[i] = r.Int32N(50)
	}
	fold := Fold(block, len(block), algo.Env{Seed: 1})
	of := map[int32]uint8{}
	count := [Folds]int{}
	for i, f := range fold {
		if g, ok := of[block[i]]; ok && g != f {
			t.Fatalf("block %d is in folds %d and %d", block[i], f, g)
		}
		if _, ok := of[block[i]]; !ok {
			of[block[i]] = f
			count[f]++
		}
	}
	if slices.Min(count[:]) != slices.Max(count[:]) {
		t.Errorf("blocks by fold: %v", count)
	}
	// Labels that have nothing to do with the scores can't be learned.
	scores, y := make([]float64, len(block)), make([]bool, len(block))
	for i := range scores {
		scores[i], y[i] = r.Float64(), r.IntN(2) == 0
	}
	m := said(scores)[0].calibrated(y, fold, none, Isotonic)
	if b := Brier(replace(m.P), y); b < 0.24 {
		t.Errorf("Brier score of nothing: %v", b)
	}
}

// The threshold is the lowest that brute force finds.
func TestThreshold(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for range 200 {
		var p []float64
		for range 1 + r.IntN(40) {
			p = append(p, float64(r.IntN(11))/10)
		}
		alpha := r.Float64() / 2
		rate := func(t float64) float64 {
			var alarms, ordinary float64
			for _, v := range p {
				ordinary += 1 - v
				if v >= t {
					alarms += 1 - v
				}
			}
			return alarms / max(ordinary, 1e-300)
		}
		want := math.Inf(1)
		for _, v := range p {
			if rate(v) <= alpha+1e-15 {
				want = min(want, v)
			}
		}
		got, expected := Threshold(p, alpha)
		if got != want || !math.IsInf(got, 1) && math.Abs(expected-rate(got)) > 1e-9 {
			t.Fatalf("threshold %v (%v expected), want %v, for %v at %v", got, expected, want, p, alpha)
		}
	}
}

func TestReliability(t *testing.T) {
	bins := Reliability([]float64{0.05, 0.05, 0.95, 1, math.NaN()}, []bool{false, true, true, true, true}, 10)
	if len(bins) != 2 || bins[0].Observed != 0.5 || bins[1].Observed != 1 || bins[1].Records != 2 || math.Abs(bins[1].Mean-0.975) > 1e-12 {
		t.Errorf("bins %+v", bins)
	}
}

func BenchmarkStack(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(map[int]string{1_000: "n=1k", 100_000: "n=100k"}[n], func(b *testing.B) {
			p, y := methods(rand.New(rand.NewPCG(1, 1)), n)
			b.ReportAllocs()
			for b.Loop() {
				FitStack(p, make([]float64, 4), []bool{true, true, true, true}, y, nil, none)
			}
		})
	}
}

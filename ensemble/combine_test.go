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

// A detector and its copies count as one, and all scores together weigh
// little beside it; those that agree make the mean.
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
	if got := noisyOr(Weigh(ms))([]float64{0.3, 0.3, 0.3}, share); math.Abs(got-0.3) > 1e-9 {
		t.Errorf("three copies of 0.3 make %v", got)
	}
	ms = said(one, other, other)
	ms[0].Claim = true
	w := Weigh(ms)
	if math.Abs(w.Claims[0]-1) > 1e-12 || w.Voice != voiceWeight || w.Scores[1] != 0.5 || w.Scores[2] != 0.5 {
		t.Errorf("weights of a claim and two scores: %+v", w)
	}
	// 1 − (1−0.5)·(1−mean(0.2, 0.4))^0.03
	got := noisyOr(w)([]float64{0.5, 0.2, 0.4}, share)
	if want := 1 - 0.5*math.Pow(0.7, voiceWeight); math.Abs(got-want) > 1e-9 {
		t.Errorf("a claim of 0.5 and scores of 0.2 and 0.4 make %v, want %v", got, want)
	}
	if math.Abs(share[2]-2*share[1]) > 1e-12 {
		t.Errorf("shares %v: of the scores the second says twice as much", share)
	}
	ms[0].Claim = false
	if w := Weigh(ms); w.Voice != 1 || w.Scores[0] > 0.1 {
		t.Errorf("weights of three scores, two alike: %+v", w)
	}
}

// A method that agrees with none has little weight.
func TestAgreementWeights(t *testing.T) {
	p, _ := methods(rand.New(rand.NewPCG(3, 3)), 20_000)
	w := agreement(Correlations(p), func(int) bool { return true })
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

// A stack is better than any of its methods, hears what says the contrary, and
// its probabilities are true.
func TestStack(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	ms, y := methods(r, 20_000)
	contrary := make([]float64, len(y))
	for i := range contrary {
		contrary[i] = 1 - float64(ms[0].P[i])
	}
	briers := make([]float64, len(ms))
	for m := range ms {
		briers[m] = Brier(replace(ms[m].P), y)
	}
	ms[0] = said(contrary)[0]
	rec := Records{Anomalous: y, Pair: make([]int32, len(y))}
	for i := range rec.Pair {
		rec.Pair[i] = int32(i)
	}
	d := newStacking(ms, Weigh(ms))
	s := d.fit(rec, make([]uint8, len(y)), none)
	x, share := make([]float64, len(ms)+1), make([]float64, len(ms))
	var out []float64
	for i := range y {
		out = append(out, d.judge(s, i, x, share))
		if sum := mean(share) * float64(len(share)); sum != 0 && math.Abs(sum-1) > 1e-9 {
			t.Fatalf("shares %v", share)
		}
	}
	if math.Abs(mean(out)-0.05) > 1e-6 {
		t.Errorf("mean probability %v, want 0.05", mean(out))
	}
	for m, b := range briers {
		if Brier(out, y) > b {
			t.Errorf("Brier score %v, that of method %d alone is %v", Brier(out, y), m, b)
		}
	}
	if s.Weight[0] > -1 || s.Weight[1] < 1 {
		t.Errorf("weights %v, the first of what says the contrary", s.Weight)
	}
}

// Few pairs change little, however many records they have.
func TestStackHeld(t *testing.T) {
	ms, y := methods(rand.New(rand.NewPCG(8, 8)), 5000)
	rec := Records{Anomalous: y, Pair: make([]int32, len(y))}
	for i := range rec.Pair {
		rec.Pair[i] = int32(i % 4)
	}
	s := newStacking(ms, Weigh(ms)).fit(rec, make([]uint8, len(y)), none)
	for m, w := range s.Weight {
		if math.Abs(w) > 0.1 {
			t.Errorf("weight %v of method %d, learned from four pairs", w, m)
		}
	}
	if Learnable(rec.Pair, y) {
		t.Error("four pairs are said to be enough")
	}
}

// none is no fold.
const none = Folds

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
	m := said(scores)[0].calibrated(y, fold, Isotonic)
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

// By hand: a quarter of four ordinary records may be flagged, down to 0.1; a
// fifth is none of them. Below 0.1 there is nothing to be found.
func TestLearnedThreshold(t *testing.T) {
	p := []float64{0.9, 0.8, 0.7, 0.6, 0.1, 0.05, 0.04, 0.03}
	y := []bool{true, true, true, false, true, false, false, false}
	for alpha, want := range map[float64][2]float64{0.2: {0.7, 0}, 0.25: {0.1, 0.25}, 0.9: {0.1, 0.25}} {
		if got, share := learnedThreshold(p, y, alpha); got != want[0] || share != want[1] {
			t.Errorf("alpha %v: %v, %v flagged; want %v", alpha, got, share, want)
		}
	}
	if got, _ := learnedThreshold(p[5:], y[5:], 0.5); !math.IsInf(got, 1) {
		t.Errorf("a threshold of %v where there is nothing anomalous", got)
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
			ms, y := methods(rand.New(rand.NewPCG(1, 1)), n)
			rec := Records{Anomalous: y, Pair: make([]int32, n)}
			for i := range rec.Pair {
				rec.Pair[i] = int32(i / 10)
			}
			d, fold := newStacking(ms, Weigh(ms)), make([]uint8, n)
			b.ReportAllocs()
			for b.Loop() {
				d.fit(rec, fold, none)
			}
		})
	}
}

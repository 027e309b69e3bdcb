package threshold

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"toolkit/features"

	"github.com/spf13/pflag"
)

// values are testdata/scipy.json: numpy and scipy, internal/ref/gen_threshold.py.
type values struct {
	Scores []struct {
		Name             string
		Scores           []float64
		IQR, Median, MAD float64
		MeanDeviation    float64 `json:"mean_deviation"`
	}
	Tails []struct {
		Name                     string
		Excesses                 []float64
		Shape, Scale, Likelihood float64
	}
}

func reference(t *testing.T) (v values) {
	data, err := os.ReadFile("testdata/scipy.json")
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err != nil || len(v.Scores) == 0 || len(v.Tails) == 0 {
		t.Fatal("reference values: ", err)
	}
	return v
}

func limit(kind Kind, scores, weight []float64) float64 {
	r := Default()
	r.Kind = kind
	l, _ := r.Limit(scores, weight)
	return l
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*max(1, math.Abs(want))) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestFences(t *testing.T) {
	equal := 0
	for _, c := range reference(t).Scores {
		near(t, c.Name+": iqr", limit(IQR, c.Scores, nil), c.IQR, 1e-12)
		want := c.Median + 3.5*1.4826*c.MAD
		if c.MAD == 0 {
			equal++
			want = c.Median + 3.5*1.2533*c.MeanDeviation
		}
		near(t, c.Name+": mad", limit(MAD, c.Scores, nil), want, 1e-12)
	}
	if equal == 0 {
		t.Error("no case with a median absolute deviation of 0")
	}
}

// likelihood returns the mean logarithm of the density of y.
func likelihood(y []peak, shape, scale float64) (l float64) {
	for _, p := range y {
		l -= p.part * math.Log(scale)
		switch shape {
		case -1: // uniform
		case 0:
			l -= p.part * p.excess / scale
		default:
			l -= p.part * (1 + 1/shape) * math.Log1p(shape*p.excess/scale)
		}
	}
	return l
}

func TestFitPareto(t *testing.T) {
	for _, c := range reference(t).Tails {
		var y []peak
		for _, e := range c.Excesses {
			y = append(y, peak{e, 1 / float64(len(c.Excesses))})
		}
		shape, scale := fitPareto(y)
		near(t, c.Name+": shape", shape, c.Shape, 1e-5)
		near(t, c.Name+": scale", scale, c.Scale, 1e-5)
		near(t, c.Name+": likelihood", likelihood(y, shape, scale), c.Likelihood, 1e-9)
	}
}

// The limit of pot is exceeded about as often as asked for.
func TestPOTRisk(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for name, draw := range map[string]func() float64{
		"exponential": r.ExpFloat64,
		"normal":      r.NormFloat64,
		"uniform":     r.Float64,
		"pareto":      func() float64 { return math.Pow(r.Float64(), -0.5) },
	} {
		scores := make([]float64, 100_000)
		for i := range scores {
			scores[i] = draw()
		}
		l := limit(POT, scores[:50_000], nil)
		above := 0.0
		for _, s := range scores[50_000:] {
			if s > l {
				above++
			}
		}
		if share := above / 50_000; share < 0.0005 || share > 0.002 {
			t.Errorf("%s: %v of new samples are above %v, want about 0.001", name, share, l)
		}
	}
}

// A row of weight w is w rows; the order of rows does not matter.
func TestWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		n := 1 + r.IntN(60)
		scores, weight := make([]float64, n), make([]float64, n)
		var repeated []float64
		for i := range n {
			scores[i], weight[i] = math.Floor(4*r.ExpFloat64()), float64(1+r.IntN(4))
			if r.IntN(2) == 0 {
				scores[i] += r.Float64()
			}
			repeated = append(repeated, slices.Repeat([]float64{scores[i]}, int(weight[i]))...)
		}
		r.Shuffle(len(repeated), func(i, j int) { repeated[i], repeated[j] = repeated[j], repeated[i] })
		for _, kind := range Kinds {
			if a, b := limit(kind, scores, weight), limit(kind, repeated, nil); a != b {
				t.Fatalf("%s of %v with weights %v is %v, of repeated rows %v", kind, scores, weight, a, b)
			}
		}
		slices.Sort(repeated)
		for _, p := range []float64{0, 0.1, 0.25, 0.5, 0.75, 1} {
			if a, b := collapse(scores, weight).quantile(p), features.Quantile(repeated, p); a != b {
				t.Fatalf("quantile %v of %v with weights %v is %v, of repeated rows %v", p, scores, weight, a, b)
			}
		}
	}
}

func TestContamination(t *testing.T) {
	f := func(share float64, scores, weight []float64, want float64) {
		t.Helper()
		r := Default()
		r.Contamination = share
		if got, _ := r.Limit(scores, weight); got != want {
			t.Errorf("limit of %v, weights %v, at %v is %v, want %v", scores, weight, share, got, want)
		}
	}
	ten := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	f(0.2, ten, nil, 8)
	f(0.29, ten, nil, 8)
	f(0.05, ten, nil, 10)
	f(0.2, []float64{0, 0, 0, 0, 0, 0, 0, 9, 9, 9}, nil, 9) // no part of equal scores
	f(0.3, []float64{0, 0, 0, 0, 0, 0, 0, 9, 9, 9}, nil, 0)
	f(0.5, []float64{3, 1, 2}, []float64{1, 2, 1}, 1)
	f(0.49, []float64{3, 1, 2}, []float64{1, 2, 1}, 2)
}

func TestLimitOfFewScores(t *testing.T) {
	for _, scores := range [][]float64{{5}, {5, 5, 5}, {0, math.Copysign(0, -1)}, {1, 2}, {1, 1, 1, 2}, {1, 2, 3}, {-1e300, 1e300}, {0, 5e-324}} {
		for _, kind := range Kinds {
			r := Rule{kind, 0.02, 0.001}
			l, words := r.Limit(scores, nil)
			if math.IsNaN(l) || words == "" {
				t.Errorf("%s of %v: limit %v, %q", kind, scores, l, words)
			}
			if slices.Min(scores) == slices.Max(scores) && (l < scores[0] || !strings.HasPrefix(words, "none")) {
				t.Errorf("%s of %v, all equal: limit %v, %q", kind, scores, l, words)
			}
		}
	}
}

// A tail of fewer samples than the risk is anomalous as a whole.
func TestPOTOfFewPeaks(t *testing.T) {
	scores := append(make([]float64, 10_000), 1, 2, 3)
	if l := limit(POT, scores, nil); l != 0 {
		t.Errorf("limit %v of 10000 zeros and 1, 2, 3, want 0", l)
	}
}

func TestWords(t *testing.T) {
	scores := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 90}
	for kind, want := range map[Kind]string{
		Contamination: "score above 90: the highest scores, of at most 2 % of the samples",
		IQR:           "score above 22: the third quartile of the scores and 1.5 times their interquartile range, 7",
		MAD:           "score above 28.7564: the median of the scores and 3.5 times their scaled median absolute deviation, 5.93",
		POT:           "exceeded by chance by 0.1 % of the samples, by a generalised Pareto distribution (shape ",
	} {
		r := Rule{kind, 0.02, 0.001}
		if _, words := r.Limit(scores, nil); !strings.Contains(words, want) {
			t.Errorf("%s: %q, want %q", kind, words, want)
		}
	}
}

func TestParameters(t *testing.T) {
	r := Default()
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	for _, arg := range []string{"--threshold=guess", "--contamination=0", "--contamination=1", "--contamination=NaN", "--risk=0", "--risk=0.02", "--risk=NaN"} {
		r := Default()
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		r.Flags(fs)
		if err := fs.Parse([]string{arg}); err != nil {
			t.Fatal(err)
		}
		if r.Check() == nil {
			t.Errorf("%s: no error", arg)
		}
	}
}

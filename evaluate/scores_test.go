package evaluate

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// readCases reads reference values that internal/ref/gen_evaluate.py made;
// the file names the versions of what it used.
func readCases[T any](t *testing.T, file string) []T {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var content struct{ Cases []T }
	if err := json.Unmarshal(data, &content); err != nil {
		t.Fatal(err)
	}
	if len(content.Cases) == 0 {
		t.Fatalf("%s has no cases", file)
	}
	return content.Cases
}

func closeTo(a, b, tol float64) bool { return math.Abs(a-b) <= tol }

func TestScoresAsScikitLearn(t *testing.T) {
	type expect struct {
		Name              string
		Positive, Flagged []bool
		Score             []float64
		AUROC, AUPR       float64
		TP, FP, FN, TN    int64
		Precision, Recall float64
		F1                float64
	}
	const tol = 1e-13
	for _, want := range readCases[expect](t, "testdata/scores.json") {
		t.Run(want.Name, func(t *testing.T) {
			f := func(what string, got *float64, want float64) {
				t.Helper()
				if got == nil || !closeTo(*got, want, tol) {
					t.Errorf("%s = %s, want %v", what, share(got), want)
				}
			}
			f("AUROC", AUROC(want.Score, want.Positive), want.AUROC)
			f("average precision", AveragePrecision(want.Score, want.Positive), want.AUPR)
			c := NewConfusion(want.Flagged, want.Positive)
			if c != (Confusion{want.TP, want.FP, want.FN, want.TN}) {
				t.Errorf("confusion %+v, want %d %d %d %d", c, want.TP, want.FP, want.FN, want.TN)
			}
			f("precision", c.Precision(), want.Precision)
			f("recall", c.Recall(), want.Recall)
			f("F1", c.F1(), want.F1)
		})
	}
}

func TestUndefinedScoresAreAbsent(t *testing.T) {
	for _, positive := range [][]bool{{}, {true}, {false}, {true, true}, {false, false}} {
		score := make([]float64, len(positive))
		if auroc, ap := AUROC(score, positive), AveragePrecision(score, positive); auroc != nil || ap != nil {
			t.Errorf("%v: AUROC %s, average precision %s; want none", positive, share(auroc), share(ap))
		}
	}
	f := func(c Confusion, precision, recall, f1 bool) {
		t.Helper()
		if (c.Precision() != nil) != precision || (c.Recall() != nil) != recall || (c.F1() != nil) != f1 {
			t.Errorf("%+v: precision %s, recall %s, F1 %s", c, share(c.Precision()), share(c.Recall()), share(c.F1()))
		}
	}
	f(Confusion{}, false, false, false)
	f(Confusion{TN: 3}, false, false, false)
	f(Confusion{FP: 3}, true, false, true)
	f(Confusion{FN: 3}, false, true, true)
	f(Confusion{TP: 1}, true, true, true)
}

// cases of few distinct scores, so that ties abound, with what is odd among
// floating-point numbers.
func drawScores(t *rapid.T) (score []float64, positive []bool) {
	values := []float64{math.Inf(-1), -1e300, -1, math.Copysign(0, -1), 0, 5e-324, 1, 2, 1e300, math.Inf(1), math.NaN()}
	n := rapid.IntRange(0, 60).Draw(t, "n")
	for range n {
		score = append(score, rapid.SampledFrom(values).Draw(t, "score"))
		positive = append(positive, rapid.Bool().Draw(t, "positive"))
	}
	return score, positive
}

// below compares as the documentation says: NaN is below all others.
func below(a, b float64) bool { return a < b || a != a && b == b }

func TestAUROCCountsPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		score, positive := drawScores(t)
		var won, pairs float64
		for i, p := range positive {
			for j, q := range positive {
				if p && !q {
					pairs++
					switch {
					case below(score[j], score[i]):
						won++
					case !below(score[i], score[j]):
						won += 0.5
					}
				}
			}
		}
		got := AUROC(score, positive)
		if (got == nil) != (pairs == 0) || got != nil && *got != won/pairs {
			t.Fatalf("AUROC = %s, want %v of %v", share(got), won, pairs)
		}
	})
}

func TestAveragePrecisionTriesEveryThreshold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		score, positive := drawScores(t)
		var c Confusion
		for _, p := range positive {
			c.add(false, p, 1)
		}
		defined := c.FN > 0 && c.TN > 0
		total := float64(c.FN)
		thresholds := slices.Clone(score)
		slices.SortFunc(thresholds, func(a, b float64) int { return falseFirst(below(a, b), below(b, a)) })
		var want, recall float64
		for _, limit := range thresholds {
			var tp, flagged float64
			for i, s := range score {
				if !below(s, limit) {
					flagged++
					if positive[i] {
						tp++
					}
				}
			}
			if defined {
				want += (tp/total - recall) * tp / flagged
				recall = tp / total
			}
		}
		got := AveragePrecision(score, positive)
		if (got != nil) != defined || defined && !closeTo(*got, want, 1e-13) {
			t.Fatalf("average precision %s, want %v", share(got), want)
		}
	})
}

// Scores only rank: any rising function of them and any order of the records
// gives the same bits, and turning both scores and truth round gives the
// same area under the ROC curve.
func TestScoresOnlyRank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 50).Draw(t, "n")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		score, turned, risen := make([]float64, n), make([]float64, n), make([]float64, n)
		positive, negative, shuffled := make([]bool, n), make([]bool, n), make([]bool, n)
		for i, k := range rng.Perm(n) {
			s, p := float64(rng.IntN(20)), rng.IntN(3) == 0
			score[i], positive[i] = s, p
			turned[i], negative[i] = -s, !p
			risen[k], shuffled[k] = math.Exp(s/7)-3, p
		}
		same := func(what string, a, b *float64) {
			if (a == nil) != (b == nil) || a != nil && *a != *b {
				t.Fatalf("%s: %s and %s", what, share(a), share(b))
			}
		}
		same("AUROC, risen and shuffled", AUROC(score, positive), AUROC(risen, shuffled))
		same("average precision, risen and shuffled", AveragePrecision(score, positive), AveragePrecision(risen, shuffled))
		same("AUROC, both turned", AUROC(score, positive), AUROC(turned, negative))
	})
}

func TestSumLosesNothingBetween(t *testing.T) {
	for _, terms := range [][]float64{{1, 1e100, 1, -1e100}, {1e100, 1, -1e100, 1}, {-1e100, 1, 1, 1e100}} {
		var s sum
		for _, x := range terms {
			s.add(x)
		}
		if s.value() != 2 {
			t.Errorf("%v add up to %v, want 2", terms, s.value())
		}
	}
}

func BenchmarkAUROC(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		score, positive := make([]float64, n), make([]bool, n)
		for i := range score {
			score[i], positive[i] = rng.NormFloat64(), rng.IntN(50) == 0
		}
		b.Run(fmt.Sprintf("n=%dk", n/1000), func(b *testing.B) {
			for b.Loop() {
				AUROC(score, positive)
			}
		})
	}
}

package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestJaccard(t *testing.T) {
	if j := Jaccard(1, 2, 5); j == nil || *j != 1.0/8 {
		t.Errorf("Jaccard(1, 2, 5) = %s, want 1/8", share(j))
	}
	if j := Jaccard(0, 0, 0); j != nil {
		t.Errorf("Jaccard of empty sets = %v, want none", *j)
	}
}

// Agreement and counts, by sets of numbers.
func TestAgreementCountsSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		rec, views := drawRecords(rng, rapid.IntRange(1, 200).Draw(t, "n"))
		ev := Evaluate(rec, views, Options{})
		index := make([]int32, len(rec.Pair))
		for i := range index {
			index[i] = int32(i)
		}
		for u, number := range [][]int32{index, rec.Pair, rec.Host} {
			var sets [2]map[int32]bool
			either := map[int32]bool{}
			for k, v := range views {
				sets[k] = map[int32]bool{}
				for i, f := range v.Flagged {
					if f && !math.IsNaN(v.Score[i]) {
						sets[k][number[i]] = true
						either[number[i]] = true
					}
				}
			}
			var both int64
			for m := range sets[0] {
				if sets[1][m] {
					both++
				}
			}
			x, y := int64(len(sets[0])), int64(len(sets[1]))
			a := ev.Agreement[u]
			if a.Both != both || a.OnlyA != x-both || a.OnlyB != y-both {
				t.Fatalf("%+v, want %d in both, %d and %d in all", a, both, x, y)
			}
			if len(either) > 0 && *a.Jaccard != float64(both)/float64(len(either)) {
				t.Fatalf("Jaccard %v, want %d/%d", *a.Jaccard, both, len(either))
			}
			f := ev.Methods[0].Flagged
			if got := [...]int64{f.Records, f.Pairs, f.Hosts}[u]; got != x {
				t.Fatalf("%d %s flagged, want %d", got, a.Unit, x)
			}
		}
	})
}

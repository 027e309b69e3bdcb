package evaluate

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The least errors are those of the best of all ways to judge the groups.
func TestConflicts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		group, anomalous := make([]int32, 30), make([]bool, 30)
		for i := range group {
			group[i], anomalous[i] = int32(r.IntN(5))-1, r.IntN(3) == 0
		}
		least := int64(len(group))
		for judge := range 16 { // a bit for each of the groups 0 to 3
			var wrong int64
			for i, g := range group {
				if g >= 0 && (judge>>g&1 == 1) != anomalous[i] {
					wrong++
				}
			}
			least = min(least, wrong)
		}
		var mixed, judged int64
		for i, g := range group {
			if g < 0 {
				continue
			}
			judged++
			for j, h := range group {
				if g == h && anomalous[i] != anomalous[j] {
					mixed++
					break
				}
			}
		}
		m, e, n := Conflicts(group, anomalous)
		if m != mixed || e != least || n != judged {
			t.Fatalf("%v %v: %d mixed, %d errors of %d; want %d, %d of %d", group, anomalous, m, e, n, mixed, least, judged)
		}
	}
}

// Labels that are flipped make of a perfect method what is said.
func TestNoise(t *testing.T) {
	const n = 400_000
	r := rand.New(rand.NewPCG(3, 4))
	var labelled, hits, flagged float64
	for range n {
		is := r.Float64() < 0.1
		label := is != (r.Float64() < 0.01)
		if label {
			labelled++
		}
		if is {
			flagged++
		}
		if is && label {
			hits++
		}
	}
	got := NoiseOf(labelled / n)
	if got == nil || got.Share != 0.01 || math.Abs(got.Precision-hits/flagged) > 0.002 || math.Abs(got.Recall-hits/labelled) > 0.01 {
		t.Errorf("%+v, want about precision %v, recall %v", got, hits/flagged, hits/labelled)
	}
	if got := NoiseOf(0.02); got == nil || got.Share != 0.001 {
		t.Errorf("of 2 %%: %+v", got)
	}
	if NoiseOf(0) != nil || NoiseOf(1) != nil {
		t.Error("said where there is one kind of label only")
	}
}

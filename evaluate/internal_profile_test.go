package evaluate

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"toolkit/features"
)

// A profile is the sorted silhouettes of the samples, for weighted rows those of
// their copies.
func TestProfiles(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	var rows, copies [][]float64
	var labels, copied []int32
	x := &features.Matrix{}
	for i := range 24 {
		row := []float64{float64(i%2)*5 + r.NormFloat64(), r.NormFloat64()}
		w := 1 + r.IntN(3)
		rows, labels, x.Weight = append(rows, row), append(labels, int32(i%2)), append(x.Weight, float64(w))
		for range w {
			copies, copied = append(copies, row), append(copied, int32(i%2))
		}
	}
	x.X = rowsOf(rows).X
	in := internalScores(t, x, labels, Exact, 1)
	each, err := Silhouettes(t.Context(), rowsOf(copies), copied, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(in.Profiles) != 2 {
		t.Fatalf("%d profiles", len(in.Profiles))
	}
	for k, p := range in.Profiles {
		var want []float64
		for i, s := range each {
			if copied[i] == int32(k) {
				want = append(want, s)
			}
		}
		slices.Sort(want)
		slices.Reverse(want)
		if p.Label != int32(k) || p.Samples != float64(len(want)) || !slices.EqualFunc(p.Silhouettes, want, about) {
			t.Errorf("cluster %d: %v, want %v", k, p, want)
		}
	}
	if n := in.ProfileTable().Len(); n != len(copies) {
		t.Errorf("a table of %d rows, want %d", n, len(copies))
	}
}

// Many samples and clusters make no longer profiles.
func TestProfilesAreBounded(t *testing.T) {
	var rows [][]float64
	var labels []int32
	for k := range 2 * profileClusters {
		for i := range 2 + 5*k {
			rows, labels = append(rows, []float64{float64(1000*k + i)}), append(labels, int32(k))
		}
	}
	in := internalScores(t, rowsOf(rows), labels, Simplified, 1)
	if len(in.Profiles) != profileClusters || in.Profiles[0].Label != profileClusters {
		t.Fatalf("%d profiles from cluster %d on, want those of the %d largest", len(in.Profiles), in.Profiles[0].Label, profileClusters)
	}
	for _, p := range in.Profiles {
		if len(p.Silhouettes) > profilePoints || !slices.IsSortedFunc(p.Silhouettes, func(a, b float64) int { return cmp.Compare(b, a) }) {
			t.Errorf("cluster %d: %v", p.Label, p.Silhouettes)
		}
	}
}
